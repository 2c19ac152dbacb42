/**
 * IP addresses as bytes.
 *
 * Source: RFC 4291 §2.2 for the forms of IPv6.
 * @module
 */

const V4_LENGTH = 4;
const V6_LENGTH = 16;
const GROUP_LENGTH = 2;
const BYTE = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;

/** 4 or 16 bytes of an IP literal; `undefined` for names, and for literals with a zone. */
export const ipBytes = (host: string): Uint8Array | undefined => {
  const bytes = host.includes(':') ? v6Bytes(host) : v4Bytes(host);
  return bytes === undefined ? undefined : Uint8Array.from(bytes);
};

const v4Bytes = (text: string): readonly number[] | undefined => {
  const parts = text.split('.');
  const isV4 =
    parts.length === V4_LENGTH && parts.every((part) => BYTE.test(part) && Number(part) <= 0xff);
  return isV4 ? parts.map(Number) : undefined;
};

const v6Bytes = (text: string): readonly number[] | undefined => {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const front = groupsOf(head, tail === undefined);
  const back = tail === undefined ? [] : groupsOf(tail, true);
  if (front === undefined || back === undefined) return undefined;
  const missing = V6_LENGTH - front.length - back.length;
  const isWhole = tail === undefined ? missing === 0 : missing >= GROUP_LENGTH;
  return isWhole ? [...front, ...Array<number>(missing).fill(0), ...back] : undefined;
};

/** The groups on one side of `::`, the last of which may be written as IPv4 where it is `last`. */
const groupsOf = (text: string, isLast: boolean): readonly number[] | undefined => {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const mayBeV4 = isLast && index === groups.length - 1;
    const read = GROUP.test(group) ? groupBytes(group) : mayBeV4 ? v4Bytes(group) : undefined;
    if (read === undefined) return undefined;
    bytes.push(...read);
  }
  return bytes;
};

const groupBytes = (group: string): readonly number[] => {
  const value = Number.parseInt(group, 16);
  return [value >>> 8, value & 0xff];
};

/** Whether an IP address is one by which a machine reaches itself only. */
export const isLoopback = (host: string): boolean =>
  host === '::1' || (host.startsWith('127.') && ipBytes(host) !== undefined);

/** Whether a URL is of a web server that only this machine reaches, and has no password in it. */
export const isLoopbackUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return /^https?:$/.test(protocol) && isLoopback(host) && username + password === '';
};
