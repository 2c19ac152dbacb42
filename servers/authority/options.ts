/**
 * How an authority is told what it is, and which options make no network.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Io, ListenError } from '../../src/io/contracts.js';
import type { Rate, Rates } from '../../src/pki/document-codec.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import type { OpenStore, StoreError } from '../../src/store/store.js';
import type { KeyError } from '../node/keys.js';
import type { Places } from '../node/places.js';

/** A provider may only be listed under the name that it has here. */
export interface ListedProvider {
  readonly identifier: string;
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
}

/** What every document says about traffic. */
export interface NetworkParameters {
  readonly rates: Rates;
  /** Packets per minute that a client may send; 0: no limit. */
  readonly sendRatePerMinute: number;
}

/** What an authority may change its mind about while it runs. */
export interface AuthorityPolicy {
  readonly parameters: NetworkParameters;
  readonly layers: number;
  readonly minNodesPerLayer: number;
  /** Ed25519 identity keys of the mixes that may be listed. */
  readonly mixes: readonly Uint8Array[];
  readonly providers: readonly ListedProvider[];
}

export interface AuthorityOptions extends AuthorityPolicy, Omit<Places, 'queueDir'> {
  readonly io: Io;
  /** Where to listen, `host:port`. */
  readonly addresses: readonly string[];
  /** All but the authority itself, whose key is among its own. */
  readonly network: Omit<NetworkConfig, 'authority'>;
  readonly openStore: OpenStore;
  /** Seals the authority's store, 32 bytes. */
  readonly storageKey: Uint8Array;
}

export type AuthorityError =
  | KeyError
  | ListenError
  | StoreError
  | { readonly kind: 'no-address' }
  | { readonly kind: 'bad-option'; readonly option: string; readonly rule: string };

const MS_PER_MINUTE = 60_000;
/** Room for retransmissions above what the Poisson processes send on average. */
const SEND_RATE_MARGIN = 1.5;

/** Fewest packets per minute that clients with these rates need. */
export const leastSendRate = ({ lambdaP, lambdaL, lambdaD }: Rates): number =>
  SEND_RATE_MARGIN * MS_PER_MINUTE * (lambdaP.perMs + lambdaL.perMs + lambdaD.perMs);

/** A rate whose mean is `meanMs`, cut at the 0.99999 quantile as the reference does. */
export const rateOf = (meanMs: number): Rate => ({
  perMs: 1 / meanMs,
  maxMs: Math.max(1, Math.floor(-Math.log(1 - 0.99999) * meanMs)),
});

/** Refuses options from which no usable document could come. */
export const checkOptions = (
  options: AuthorityOptions,
): Result<AuthorityOptions, AuthorityError> => {
  const { parameters, layers, minNodesPerLayer, mixes, providers, network } = options;
  const { rates, sendRatePerMinute } = parameters;
  const bad = (option: string, rule: string): Result<never, AuthorityError> =>
    err({ kind: 'bad-option', option, rule });
  if (options.addresses.length === 0) return err({ kind: 'no-address' });
  if (layers < 1 || layers > network.geometry.hops - 2) return bad('layers', 'fits the geometry');
  if (providers.length === 0) return bad('providers', 'at least one');
  if (mixes.length < layers * minNodesPerLayer) return bad('mixes', 'enough for every layer');
  for (const name of ['mu', 'lambdaP', 'lambdaM'] as const) {
    if (!(rates[name].perMs > 0) || rates[name].maxMs < 1) return bad(name, 'above 0');
  }
  return sendRatePerMinute === 0 || sendRatePerMinute >= leastSendRate(rates)
    ? ok(options)
    : bad('sendRatePerMinute', `at least ${Math.ceil(leastSendRate(rates))}`);
};
