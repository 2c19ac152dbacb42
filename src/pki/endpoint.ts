/**
 * Rules for the `host:port` addresses that descriptors publish.
 *
 * Source: core pki v0.0.12. Names are held to what IDNA look-up lets through, and never looser,
 * because a document with one bad address is refused as a whole by everybody.
 * @module
 */

const PORT = /^[1-9]\d{0,4}$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_CHARACTERS = /^[0-9a-fA-F:.]+$/;
const IPV4_MAPPED = /^\[::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}\]$/;
const LABEL = /^(?:xn--[a-z0-9-]{1,58}|(?!..--)[a-z0-9-]{1,63})$/;

/** Whether a transport of this name needs an IP literal, and of which version. */
const IP_TRANSPORTS: ReadonlyMap<string, 4 | 6> = new Map([
  ['tcp4', 4],
  ['tcp6', 6],
]);

/** Whether every node may publish addresses of a transport; providers may publish any. */
export const isIpTransport = (transport: string): boolean => IP_TRANSPORTS.has(transport);

/** Whether an address fits its transport; those of unknown transports are not looked at. */
export const isAddressFor = (transport: string, address: string): boolean => {
  const version = IP_TRANSPORTS.get(transport);
  if (version === undefined && transport !== 'tcp') return true;
  const host = splitHost(address);
  if (host === undefined) return false;
  return version === undefined
    ? ipVersion(host) !== undefined || isHostName(host)
    : ipVersion(host) === version;
};

/** The host of `host:port` or `[host]:port`; `undefined` when the port is none. */
const splitHost = (address: string): string | undefined => {
  const at = address.lastIndexOf(':');
  const port = address.slice(at + 1);
  if (at <= 0 || !PORT.test(port) || Number(port) > 0xffff) return undefined;
  const host = address.slice(0, at);
  if (host.startsWith('[') && host.endsWith(']')) return host.slice(1, -1);
  return host.includes(':') ? undefined : host;
};

/** 4, also for an IPv4-mapped IPv6 literal; 6; or `undefined` for what is no literal. */
const ipVersion = (host: string): 4 | 6 | undefined => {
  if (IPV4.test(host)) return 4;
  if (!host.includes(':') || !IPV6_CHARACTERS.test(host)) return undefined;
  const canonical = urlHost(`[${host}]`);
  if (canonical === undefined) return undefined;
  return IPV4_MAPPED.test(canonical) ? 4 : 6;
};

const isHostName = (host: string): boolean => {
  const name = isAscii(host) ? host.toLowerCase() : urlHost(host);
  return (
    name !== undefined &&
    name.split('.').every((label) => LABEL.test(label) && !/^-|-$/.test(label))
  );
};

/** Whether all is printable ASCII. */
const isAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);

/** The host as URLs write it: IPv6 shortened, names in their ASCII form. */
const urlHost = (host: string): string | undefined => {
  if (/[\s/?#@\\%]/.test(host)) return undefined;
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return undefined;
  }
};
