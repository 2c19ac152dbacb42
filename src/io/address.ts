/**
 * Addresses of the network: `host:port`, `[v6]:port` or `unix:/path`.
 * @module
 */

export type NetworkAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const UNIX_PREFIX = 'unix:';
const TCP = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/;
const MAX_PORT = 65535;

/** Reads an address; `undefined` when it is none. Hosts are not looked up. */
export const parseAddress = (text: string): NetworkAddress | undefined => {
  if (text.startsWith(UNIX_PREFIX)) {
    const path = text.slice(UNIX_PREFIX.length);
    return path.startsWith('/') && !path.includes('\0') ? { kind: 'unix', path } : undefined;
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
