/**
 * A network behind a SOCKS5 proxy: every connection leaves through it, and names are resolved there.
 *
 * Source: RFC 1928 (CONNECT only) and RFC 1929; replies above 0xf0 are Tor's (its proposal 304).
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import { concat, Writer } from '../bytes/writer.js';
import type { Duplex, Network } from './contracts.js';
import { ipBytes } from './ip.js';
import { Lookahead } from './lookahead.js';
import {
  proxiedNetwork,
  type ProxyOptions,
  type Reason,
  type Target,
  type Wanted,
} from './proxied.js';

export interface Socks5Options extends ProxyOptions {
  /** Sent to the proxy, which must take it; 1 to 255 bytes each. */
  readonly credentials?: Socks5Credentials;
}

export interface Socks5Credentials {
  readonly user: string;
  readonly password: string;
}

const VERSION = 5;
const METHOD = { none: 0, password: 2 } as const;
const PASSWORD_VERSION = 1;
const CONNECT = 1;
const RESERVED = 0;
const SUCCEEDED = 0;
const ADDRESS_TYPE = { v4: 1, name: 3, v6: 4 } as const;
const V4_LENGTH = 4;
const V6_LENGTH = 16;
const PORT_LENGTH = 2;
const MAX_LENGTH = 255;

/** What the proxy's reply says of the target; any other code says something of the proxy. */
const REPLIES: ReadonlyMap<number, Reason> = new Map([
  [1, 'unreachable'],
  [2, 'refused'],
  [3, 'unreachable'],
  [4, 'unreachable'],
  [5, 'refused'],
  [6, 'timeout'],
  // An onion service that is not found, or not reached, for one reason or another.
  [0xf0, 'unreachable'],
  [0xf1, 'unreachable'],
  [0xf2, 'unreachable'],
  [0xf3, 'unreachable'],
  [0xf4, 'unreachable'],
  [0xf5, 'unreachable'],
  [0xf6, 'unreachable'],
  [0xf7, 'timeout'],
]);

/**
 * The same network from behind a proxy. Nothing is ever dialled but the proxy, and nobody listens.
 *
 * @throws RangeError when the credentials have a length that the protocol does not know
 */
export const socks5Network = (network: Network, options: Socks5Options): Network => {
  const { credentials } = options;
  if (credentials !== undefined && !fits(credentials)) {
    throw new RangeError('credentials have 1 to 255 bytes');
  }
  return proxiedNetwork(network, options, (duplex, { target, address }) =>
    negotiate(duplex, { target, address, credentials }),
  );
};

/** Whether the protocol can carry these. */
export const fits = ({ user, password }: Socks5Credentials): boolean =>
  [user, password].every((text) => text !== '' && utf8(text).length <= MAX_LENGTH);

interface Wish extends Wanted {
  readonly credentials: Socks5Credentials | undefined;
}

/** Asks the proxy for a connection; the duplex is dropped whenever it does not give one. */
const negotiate = async (
  duplex: Duplex,
  { target, address, credentials }: Wish,
): Promise<Result<Duplex, Reason>> => {
  const from = new Lookahead(duplex);
  const refusal =
    (await introduce(duplex, from, credentials)) ?? (await request(duplex, from, target));
  if (refusal === undefined) return ok(from.rest(address));
  duplex.destroy();
  return err(refusal);
};

/**
 * Agrees on a method. Only the one that is wanted is offered: a proxy that ignored the credentials
 * would mix what they keep apart.
 */
const introduce = async (
  duplex: Duplex,
  from: Lookahead,
  credentials: Socks5Credentials | undefined,
): Promise<Reason | undefined> => {
  const method = credentials === undefined ? METHOD.none : METHOD.password;
  await duplex.write(Uint8Array.of(VERSION, 1, method));
  const [version, chosen] = (await from.take(2)) ?? [];
  if (version !== VERSION || chosen !== method) return 'proxy';
  if (credentials === undefined) return undefined;
  const [user, password] = [utf8(credentials.user), utf8(credentials.password)];
  const length = 3 + user.length + password.length;
  await duplex.write(
    new Writer(length)
      .u8(PASSWORD_VERSION)
      .u8(user.length)
      .bytes(user)
      .u8(password.length)
      .bytes(password)
      .done(),
  );
  const [passwordVersion, status] = (await from.take(2)) ?? [];
  return passwordVersion === PASSWORD_VERSION && status === SUCCEEDED ? undefined : 'proxy';
};

const request = async (
  duplex: Duplex,
  from: Lookahead,
  target: Target,
): Promise<Reason | undefined> => {
  await duplex.write(concat(Uint8Array.of(VERSION, CONNECT, RESERVED), encodeTarget(target)));
  const [version, code] = (await from.take(2)) ?? [];
  if (version !== VERSION || code === undefined) return 'proxy';
  if (code !== SUCCEEDED) return REPLIES.get(code) ?? 'proxy';
  return (await skipBound(from)) ? undefined : 'proxy';
};

const encodeTarget = ({ host, port }: Target): Uint8Array => {
  const literal = ipBytes(host);
  const end = Uint8Array.of(port >>> 8, port & 0xff);
  if (literal === undefined) {
    const name = utf8(host);
    return concat(Uint8Array.of(ADDRESS_TYPE.name, name.length), name, end);
  }
  const type = literal.length === V4_LENGTH ? ADDRESS_TYPE.v4 : ADDRESS_TYPE.v6;
  return concat(Uint8Array.of(type), literal, end);
};

/** The rest of a reply: where the proxy calls from, which is its own business. */
const skipBound = async (from: Lookahead): Promise<boolean> => {
  const [reserved, type] = (await from.take(2)) ?? [];
  if (reserved !== RESERVED || type === undefined) return false;
  const length = await boundLength(from, type);
  return length !== undefined && (await from.take(length + PORT_LENGTH)) !== undefined;
};

const boundLength = async (from: Lookahead, type: number): Promise<number | undefined> => {
  switch (type) {
    case ADDRESS_TYPE.v4:
      return V4_LENGTH;
    case ADDRESS_TYPE.v6:
      return V6_LENGTH;
    case ADDRESS_TYPE.name:
      return (await from.take(1))?.[0];
    default:
      return undefined;
  }
};
