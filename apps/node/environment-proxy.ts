/**
 * The proxy that the environment names, through which documents are fetched and descriptors posted.
 *
 * Source: mixminiond(8), `http_proxy`; the names and their order are those of curl(1). As with
 * others, loopback is never asked for through a proxy, and `HTTP_PROXY` in capitals is not read.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { parseAddress } from '../../src/io/address.js';
import type { Clock, Network } from '../../src/io/contracts.js';
import { httpConnectNetwork } from '../../src/io/http-connect.js';
import { fits, socks5Network, type Socks5Credentials } from '../../src/io/socks5.js';
import { isLoopback } from '../config/keys.js';

/** A variable that names no proxy; its value may hold a password. */
export interface BadProxy {
  readonly kind: 'bad-proxy';
  readonly variable: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A network that leads to directories, made of the one that leads everywhere. */
export type DirectoryVia = (network: Network) => Network;

/** The first that says something counts. */
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'all_proxy', 'ALL_PROXY'] as const;
const EXEMPT = ['no_proxy', 'NO_PROXY'] as const;

const PORTS: Readonly<Record<string, string>> = {
  'http:': '80',
  'socks5:': '1080',
  'socks5h:': '1080',
};

interface Proxy {
  readonly speaks: 'http' | 'socks5';
  /** `host:port`. */
  readonly proxy: string;
  readonly credentials?: Socks5Credentials;
}

/**
 * How directories are reached; directly where the environment names no proxy.
 *
 * @errors `bad-proxy`: there is a value, and it is no address of a proxy that can be used
 */
export const directoryViaEnvironment = (
  env: Environment,
  clock: Clock,
): Result<DirectoryVia, BadProxy> => {
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) return ok((network) => network);
  const proxy = proxyOf(env[variable] ?? '');
  if (proxy === undefined) return err({ kind: 'bad-proxy', variable });
  const exempt = EXEMPT.map((name) => env[name] ?? '').find((text) => text !== '') ?? '';
  return ok((network) => except(network, through(network, proxy, clock), exempt));
};

const proxyOf = (text: string): Proxy | undefined => {
  const url = urlOf(text.includes('://') ? text : `http://${text}`);
  const port = url && (url.port || PORTS[url.protocol]);
  if (url === undefined || url.hostname === '' || !port) return undefined;
  const proxy = `${url.hostname}:${port}`;
  const speaks = url.protocol === 'http:' ? 'http' : 'socks5';
  if (url.username === '') return { speaks, proxy };
  const credentials = credentialsOf(url);
  if (credentials === undefined || !fits(credentials)) return undefined;
  return { speaks, proxy, credentials };
};

const urlOf = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.protocol in PORTS ? url : undefined;
};

/** What stands for itself in an address is written with a percent sign. */
const credentialsOf = ({ username, password }: URL): Socks5Credentials | undefined => {
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
};

const through = (network: Network, { speaks, ...options }: Proxy, clock: Clock): Network =>
  speaks === 'http'
    ? httpConnectNetwork(network, { ...options, clock })
    : socks5Network(network, { ...options, clock });

/** Dials directly what is exempt, and listens where the network does. */
const except = (direct: Network, proxied: Network, exempt: string): Network => {
  const entries = exempt
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter(Boolean);
  return {
    dial: (address, signal) =>
      (isDirect(address, entries) ? direct : proxied).dial(address, signal),
    listen: (address) => direct.listen(address),
  };
};

/** Loopback, and what is named: `*`, a host, or a domain, which its hosts belong to. */
const isDirect = (address: string, exempt: readonly string[]): boolean => {
  const parsed = parseAddress(address);
  if (parsed?.kind !== 'tcp' || isLoopback(address)) return true;
  const host = parsed.host.toLowerCase();
  return exempt.some((entry) => {
    const name = entry.replace(/^\./, '').replace(/^\[(.*)\]$/, '$1');
    return entry === '*' || host === name || host.endsWith(`.${name}`);
  });
};
