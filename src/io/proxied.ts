/**
 * A network behind a proxy, whatever the proxy speaks: every connection leaves through it, under
 * one limit of time, and names are resolved there.
 * @module
 */
import { err, errAsync, ResultAsync, type Result } from 'neverthrow';
import { utf8 } from '../bytes/text.js';
import { onAbort } from './abort.js';
import { parseAddress, type NetworkAddress } from './address.js';
import type { Clock, DialError, Duplex, Network } from './contracts.js';
import { ipBytes } from './ip.js';

export interface ProxyOptions {
  /** `host:port` or `unix:/path`. */
  readonly proxy: string;
  readonly clock: Clock;
  /** From a dial to the proxy's consent; default a minute. */
  readonly deadlineMs?: number;
}

export type Reason = DialError['reason'];

/** Where a connection shall lead. */
export type Target = Extract<NetworkAddress, { readonly kind: 'tcp' }>;

export interface Wanted {
  readonly target: Target;
  /** The target as it was asked for. */
  readonly address: string;
}

/** Asks a proxy for a connection; the duplex is dropped whenever it does not give one. */
export type Negotiate = (duplex: Duplex, wanted: Wanted) => Promise<Result<Duplex, Reason>>;

const DEFAULT_DEADLINE_MS = 60_000;
const MAX_NAME_LENGTH = 255;

/** The same network from behind a proxy. Nothing is ever dialled but the proxy, and nobody listens. */
export const proxiedNetwork = (
  network: Network,
  options: ProxyOptions,
  negotiate: Negotiate,
): Network => ({
  dial: (address, signal) => {
    const target = targetOf(address);
    return target === undefined
      ? errAsync({ kind: 'dial', address, reason: 'bad-address' })
      : new ResultAsync(
          connect(network, options, { signal, ask: (to) => negotiate(to, { target, address }) }),
        ).mapErr((reason) => ({ kind: 'dial', address, reason }));
  },
  listen: (address) => errAsync({ kind: 'listen', address, reason: 'denied' }),
});

/** Sockets of this machine, and IPv6 zones, mean nothing to a proxy. */
const targetOf = (address: string): Target | undefined => {
  const parsed = parseAddress(address);
  if (parsed?.kind !== 'tcp' || parsed.port === 0) return undefined;
  const isUsable = parsed.host.includes(':')
    ? ipBytes(parsed.host) !== undefined
    : utf8(parsed.host).length <= MAX_NAME_LENGTH;
  return isUsable ? parsed : undefined;
};

interface Attempt {
  readonly signal: AbortSignal;
  readonly ask: (duplex: Duplex) => Promise<Result<Duplex, Reason>>;
}

/** One connection, under one limit of time; where it fails, nothing stays open. */
const connect = async (
  network: Network,
  { proxy, clock, deadlineMs = DEFAULT_DEADLINE_MS }: ProxyOptions,
  { signal, ask }: Attempt,
): Promise<Result<Duplex, Reason>> => {
  const limit = new AbortController();
  const forget = onAbort(signal, () => limit.abort());
  void clock.sleep(deadlineMs, limit.signal).then(() => limit.abort());
  let release = (): unknown => undefined;
  const connected = await network
    .dial(proxy, limit.signal)
    .mapErr((): Reason => 'proxy')
    .andThen((duplex) => {
      release = onAbort(limit.signal, () => duplex.destroy());
      return new ResultAsync(ask(duplex));
    });
  const wasCut = limit.signal.aborted;
  release();
  forget();
  limit.abort();
  return wasCut ? err(signal.aborted ? 'aborted' : 'timeout') : connected;
};
