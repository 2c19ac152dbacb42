/**
 * How connections leave: directly, or through a SOCKS5 proxy and nowhere else.
 *
 * Behind Tor every purpose has credentials of its own, and so a circuit of its own. Source:
 * mailproxy's proxy package, whose names these are; it sends the process id and start time where
 * these have random bytes, and shares the authority's circuit between accounts.
 * @module
 */
import { err, errAsync, ok, type Result } from 'neverthrow';
import { toBase64, toHex, utf8 } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import { parseAddress } from '../../io/address.js';
import type { Clock, Network, Random } from '../../io/contracts.js';
import { fits, type Socks5Credentials, socks5Network } from '../../io/socks5.js';
import type { ConfigError, UpstreamProxy } from '../types.js';

/** The network as one purpose may use it; purposes with different tags are kept apart. */
export type Outgoing = (tag: string) => Network;

export interface OutgoingDeps {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly proxy: UpstreamProxy | undefined;
}

const RUN_LENGTH = 8;
const TAG_LENGTH = 16;
/** Tor wants one that is not empty. */
const TOR_PASSWORD = '\0';
const ONION = /\.onion\.?:\d+$/i;

/** The ways out of one run of a client. */
export const outgoing = ({ network, clock, random, primitives, proxy }: OutgoingDeps): Outgoing => {
  if (proxy === undefined) return () => withoutOnions(network);
  const run = toHex(random(RUN_LENGTH));
  return (tag) => {
    const credentials =
      proxy.kind === 'tor'
        ? { user: torUser(primitives, run, tag), password: TOR_PASSWORD }
        : credentialsOf(proxy);
    return socks5Network(network, {
      proxy: proxy.address,
      clock,
      ...(credentials === undefined ? {} : { credentials }),
    });
  };
};

/** A resolver that is asked for an onion name learns who means to go there (RFC 7686). */
const withoutOnions = (network: Network): Network => ({
  dial: (address, signal) =>
    ONION.test(address)
      ? errAsync({ kind: 'dial', address, reason: 'bad-address' })
      : network.dial(address, signal),
  listen: (address) => network.listen(address),
});

/** Tag of an account's link to its provider. */
export const accountTag = (account: string): string => account;

/** Tag of an account's questions to an authority. */
export const authorityTag = (account: string, publicKey: Uint8Array): string =>
  `nonvoting:${toBase64(publicKey)}:${account}`;

/** Tag of an account's registration. */
export const registrationTag = (account: string): string => `registration:${account}`;

const torUser = ({ hash }: Primitives, run: string, tag: string): string =>
  `katzenpost/mailproxy:${run}:${toHex(hash.sha512_256(utf8(tag)).subarray(0, TAG_LENGTH))}`;

const credentialsOf = ({
  user,
  password,
}: Extract<UpstreamProxy, { readonly kind: 'socks5' }>): Socks5Credentials | undefined =>
  user === undefined || password === undefined ? undefined : { user, password };

/** Whether a proxy can be used. @errors `config` */
export const checkUpstream = (proxy: UpstreamProxy | undefined): Result<void, ConfigError> => {
  if (proxy === undefined) return ok(undefined);
  if (parseAddress(proxy.address) === undefined) {
    return refuse('address', 'must be host:port or unix:/path');
  }
  if (proxy.kind === 'tor') return ok(undefined);
  const { user, password } = proxy;
  if ((user === undefined) !== (password === undefined)) {
    return refuse(user === undefined ? 'user' : 'password', 'must be given with the other');
  }
  const credentials = credentialsOf(proxy);
  return credentials === undefined || fits(credentials)
    ? ok(undefined)
    : refuse('user', 'must have 1 to 255 bytes, as the password');
};

const refuse = (key: string, problem: string): Result<never, ConfigError> =>
  err({ kind: 'config', key: `upstreamProxy.${key}`, problem });
