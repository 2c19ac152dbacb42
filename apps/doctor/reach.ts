/**
 * Looks at the network: the authorities, their clocks and documents, and the accounts' providers.
 *
 * Everything goes the way that the client would go, through its proxy where there is one.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { utf8 } from '../../src/bytes/text.js';
import type { KeyPair } from '../../src/client/keys.js';
import type { AccountPlan } from '../../src/client/account/plan.js';
import { storedLinkKeys } from '../../src/client/link/link-keys.js';
import { addressesOf, findProvider, isNode } from '../../src/client/link/provider-node.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Clock, DialError, Io, Network } from '../../src/io/contracts.js';
import { fetchDocument, type DirectoryDeps } from '../../src/pki/directory.js';
import { verifyDocument } from '../../src/pki/document.js';
import { epochAt, type EpochTime } from '../../src/pki/epoch.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { viewOf, type NetworkView } from '../../src/pki/view.js';
import type { LinkDeps, LinkError, LinkIdentity, Peer, Session } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import type { Finding, Verdict } from './finding.js';

export interface ReachWorld {
  readonly io: Io;
  readonly primitives: Primitives;
  /** The way out, through the proxy where there is one. */
  readonly network: Network;
}

/** What an authority has told. */
export interface NetworkReport {
  readonly findings: readonly Finding[];
  /** None where it did not tell. */
  readonly view: NetworkView | undefined;
}

/** Of a connection with its handshake, ms. */
const LINK_MS = 15_000;
/** Clocks that differ by more lose packets. */
export const SKEW_LIMIT_MS = 120_000;
/** What networks of the reference use, and test networks of it, ms. */
const USUAL_PERIODS_MS: readonly number[] = [1_200_000, 120_000];
const KEY_LENGTH = 32;

/** Asks an authority for its time and the document of the moment. */
export const lookAtNetwork = async (
  world: ReachWorld,
  label: string,
  config: NetworkConfig,
): Promise<NetworkReport> => {
  const of = (check: Finding['check'], verdict: Verdict): Finding => ({
    check,
    about: label,
    verdict,
  });
  const address = config.authority.addresses.join(' ');
  const session = await linkToAuthority(world, config);
  if (session.isErr()) {
    const findings = [of('authority', { kind: 'unreached', address, error: session.error })];
    return { findings, view: undefined };
  }
  const { skewMs = 0 } = session.value;
  session.value.close();
  const { verdict, view } = await lookAtDocument(world, config, skewMs);
  return {
    findings: [
      of('authority', { kind: 'reached', address }),
      of('clock', { kind: 'skew', skewMs, limitMs: SKEW_LIMIT_MS }),
      of('document', verdict),
    ],
    view,
  };
};

const linkDepsOf = ({ io, primitives }: ReachWorld, config: NetworkConfig): LinkDeps => ({
  profile: config.link,
  geometry: config.geometry,
  primitives,
  clock: io.clock,
  random: io.random,
});

type LinkFailure = DialError | LinkError | { readonly kind: 'bad-authority-key' };

const linkToAuthority = (
  world: ReachWorld,
  config: NetworkConfig,
): ResultAsync<Session, LinkFailure> => {
  const { publicKey, addresses } = config.authority;
  const linkKey = world.primitives.ed25519.toX25519Public(publicKey);
  if (linkKey === undefined) return errAsync({ kind: 'bad-authority-key' });
  return link(world, config, {
    address: addresses[0] ?? '',
    identity: { ad: new Uint8Array(0), secretKey: world.io.random(KEY_LENGTH) },
    authenticate: (peer) => equal(peer.ad, publicKey) && equal(peer.publicKey, linkKey),
  });
};

interface Call {
  readonly address: string;
  readonly identity: LinkIdentity;
  readonly authenticate: (peer: Peer) => boolean;
}

const link = (
  world: ReachWorld,
  config: NetworkConfig,
  { address, ...call }: Call,
): ResultAsync<Session, DialError | LinkError> =>
  bounded(world.io.clock, (signal) => world.network.dial(address, signal))
    .mapErr((error): DialError | LinkError => error)
    .andThen((duplex) =>
      openLink(linkDepsOf(world, config), duplex, { ...call, deadlineMs: LINK_MS }),
    );

/** Work that is told to end when the time for it is over. */
const bounded = <T, E>(
  clock: Clock,
  work: (signal: AbortSignal) => ResultAsync<T, E>,
): ResultAsync<T, E> => {
  const limit = new AbortController();
  const over = (): void => limit.abort();
  void clock.sleep(LINK_MS, limit.signal).then(over);
  return work(limit.signal).andTee(over).orTee(over);
};

interface DocumentReport {
  readonly verdict: Verdict;
  readonly view: NetworkView | undefined;
}

/**
 * Nothing on the wire says how long epochs are, and a wrong length looks like a missing document:
 * so where there is none, those of the usual lengths are asked for.
 */
const lookAtDocument = async (
  world: ReachWorld,
  config: NetworkConfig,
  skewMs: number,
): Promise<DocumentReport> => {
  const nowMs = world.io.clock.now() - skewMs;
  const found = await fetchAt(world, config, { epochTime: config.epochTime, nowMs });
  if (found.kind !== 'none') return found;
  for (const periodMs of USUAL_PERIODS_MS) {
    if (periodMs === config.epochTime.periodMs) continue;
    const epochTime = { ...config.epochTime, periodMs };
    const other = await fetchAt(world, config, { epochTime, nowMs });
    if (other.kind === 'found') {
      const verdict: Verdict = { kind: 'epoch-length', seconds: periodMs / 1000 };
      return { verdict, view: undefined };
    }
  }
  return found;
};

type Fetched = DocumentReport & { readonly kind: 'found' | 'bad' | 'none' };

const fetchAt = async (
  world: ReachWorld,
  config: NetworkConfig,
  { epochTime, nowMs }: { readonly epochTime: EpochTime; readonly nowMs: number },
): Promise<Fetched> => {
  const { primitives, network, io } = world;
  const epoch = epochAt(epochTime, nowMs);
  const deps: DirectoryDeps = {
    network,
    link: linkDepsOf(world, config),
    authority: config.authority,
    clock: io.clock,
  };
  const raw = await bounded(io.clock, (signal) => fetchDocument(deps, epoch, signal));
  if (raw.isErr()) {
    return { kind: 'none', verdict: { kind: 'no-document', error: raw.error }, view: undefined };
  }
  const authorityKey = config.authority.publicKey;
  return verifyDocument(primitives, raw.value, { authorityKey, epoch, nowMs }).match(
    (document): Fetched => {
      const { geometry } = config;
      const view = viewOf(document, { geometry, primitives });
      const verdict: Verdict = { kind: 'document', epoch, providers: view.entries.length };
      return { kind: 'found', verdict, view };
    },
    ({ kind }) => ({
      kind: 'bad',
      verdict: { kind: 'bad-document', reason: kind },
      view: undefined,
    }),
  );
};

/** Connects as an account does: only where no daemon runs, which would lose its own connection. */
export const lookAtProvider = async (
  world: ReachWorld,
  plan: AccountPlan,
  view: NetworkView | undefined,
): Promise<readonly Finding[]> => {
  const of = (check: Finding['check'], verdict: Verdict): Finding => ({
    check,
    about: plan.address,
    verdict,
  });
  const reference = { name: plan.provider, pin: plan.pin, transports: plan.transports };
  const node = findProvider(view, reference);
  if (plan.paused) return [of('provider', { kind: 'connection', state: 'paused' })];
  if (view === undefined) return [of('provider', { kind: 'not-looked' })];
  if (node.isErr()) return [of('provider', { kind: 'connection', state: node.error.kind })];
  const addresses = addressesOf(node.value, reference);
  if (addresses.isErr())
    return [of('provider', { kind: 'connection', state: addresses.error.kind })];
  const keys = await storedLinkKeys({ ...world.io, ...world }, plan.directory);
  const [key, ...others] = keys.unwrapOr([]);
  if (key === undefined) return [of('provider', { kind: 'not-looked' })];
  const address = addresses.value[0] ?? '';
  const linkWith = ({ secretKey }: KeyPair): Linked =>
    link(world, plan.network, {
      address,
      identity: { ad: utf8(plan.user), secretKey },
      authenticate: (peer) => isNode(node.value, peer),
    });
  const session = await others.reduce(
    (tried, other) => unlessRefused(tried, () => linkWith(other)),
    linkWith(key),
  );
  if (session.isErr()) return [of('provider', refusal(address, session.error))];
  session.value.close();
  const { skewMs = 0 } = session.value;
  return [
    of('provider', { kind: 'reached', address }),
    of('clock', { kind: 'skew', skewMs, limitMs: SKEW_LIMIT_MS }),
  ];
};

type Linked = ResultAsync<Session, DialError | LinkError>;

/** A rotation that has not ended leaves two keys, of which the provider knows one. */
const unlessRefused = (tried: Linked, other: () => Linked): Linked =>
  tried.orElse((error) => (isRefusal(error) ? other() : errAsync(error)));

const isRefusal = (error: DialError | LinkError): boolean =>
  error.kind === 'handshake' && error.reason === 'refused';

const refusal = (address: string, error: DialError | LinkError): Verdict =>
  isRefusal(error) ? { kind: 'unregistered', address } : { kind: 'unreached', address, error };
