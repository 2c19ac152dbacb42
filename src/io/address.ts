/**
 * Addresses of the network: `host:port`, `[v6]:port` or `unix:/path`; for listening also `fd:3`.
 * @module
 */
import { utf8 } from '../bytes/text.js';

export type NetworkAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const UNIX_PREFIX = 'unix:';
const TCP = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/;
const MAX_PORT = 65535;
const DESCRIPTOR = /^fd:(\d{1,5})$/;
/** The least that a system takes; longer ones are cut off silently. */
const MAX_SOCKET_PATH_BYTES = 103;

/** Whether a path can be that of a Unix socket. */
export const fitsSocket = (path: string): boolean => utf8(path).length <= MAX_SOCKET_PATH_BYTES;

/** The number of a socket that this process was given open, as `fd:3`; nobody can dial it. */
export const parseDescriptor = (text: string): number | undefined => {
  const [, digits] = DESCRIPTOR.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
};

/** Reads an address; `undefined` when it is none. Hosts are not looked up. */
export const parseAddress = (text: string): NetworkAddress | undefined => {
  if (DESCRIPTOR.test(text)) return undefined;
  if (text.startsWith(UNIX_PREFIX)) {
    const path = text.slice(UNIX_PREFIX.length);
    const valid = path.startsWith('/') && !path.includes('\0') && fitsSocket(path);
    return valid ? { kind: 'unix', path } : undefined;
  }
  const [, v6, name, digits] = TCP.exec(text) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  return host === undefined || port > MAX_PORT ? undefined : { kind: 'tcp', host, port };
};

/** The inverse of {@link parseAddress}. */
export const formatAddress = (address: NetworkAddress): string => {
  if (address.kind === 'unix') return `${UNIX_PREFIX}${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
};
