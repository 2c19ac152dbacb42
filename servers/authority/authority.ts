/**
 * The nonvoting directory authority: collects descriptors, makes each epoch's document, and hands
 * it to whoever asks.
 * @module
 */
import { errAsync, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { VerbTable } from '../../src/control/dialogue.js';
import type { JsonObject } from '../../src/control/json.js';
import type { RpcMethods } from '../../src/control/method.js';
import type { Listener } from '../../src/io/contracts.js';
import { epochAt, type Epoch } from '../../src/pki/epoch.js';
import type { LinkDeps, LinkIdentity } from '../../src/wire/contracts.js';
import { makeCounters, type Counters } from '../node/drops.js';
import { loadIdentity, type NodeIdentity } from '../node/keys.js';
import { keyDirOf, storeOf, workDirOf } from '../node/places.js';
import { Resources } from '../node/resources.js';
import type { Store } from '../../src/store/store.js';
import { openWitness } from './witness.js';
import { Archive } from './archive.js';
import { Chain } from './chain.js';
import { Desk } from './desk.js';
import { nodesJson, operatorMethods, operatorVerbs } from './operator.js';
import {
  checkOptions,
  type AuthorityError,
  type AuthorityOptions,
  type AuthorityPolicy,
} from './options.js';
import { Registry } from './registry.js';

export interface AuthorityStatus {
  readonly epoch: Epoch;
  /** Whether the current epoch has a document. */
  readonly hasDocument: boolean;
  readonly hasNextDocument: boolean;
  /** Descriptors collected for the current epoch and the next. */
  readonly descriptors: { readonly now: number; readonly next: number };
  /** Listed nodes, how many of them have not posted for this epoch, and those who wait. */
  readonly nodes: { readonly listed: number; readonly missing: number; readonly waiting: number };
  readonly counters: Readonly<Record<string, number>>;
  /** Nothing is being worked on. */
  readonly idle: boolean;
}

export interface RunningAuthority {
  /** The first bound address. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** Ed25519, 32 bytes: what everybody else is configured with. */
  readonly identityKey: Uint8Array;
  /** Who is listed, who waits, and what the operator decides about them: as verbs and methods. */
  readonly verbs: VerbTable;
  readonly methods: RpcMethods;
  /** The listed nodes and how present they are, as the method `nodes` gives them. */
  nodes(): readonly JsonObject[];
  status(): AuthorityStatus;
  /**
   * Takes over other lists of nodes and other parameters: for the documents that are not made yet.
   *
   * @errors `bad-option`: no usable document could come of them; nothing has changed
   */
  revise(policy: AuthorityPolicy): Result<void, AuthorityError>;
  close(): Promise<void>;
}

interface Parts {
  readonly options: AuthorityOptions;
  /** Replaced as a whole by {@link RunningAuthority.revise}; everybody looks at this one object. */
  readonly policy: AuthorityPolicy;
  readonly identity: NodeIdentity;
  readonly archive: Archive;
  readonly registry: Registry;
  readonly chain: Chain;
  readonly desk: Desk;
  readonly counters: Counters;
}

/**
 * Starts an authority; it answers when ok.
 *
 * @errors any {@link AuthorityError}; whatever was opened is closed again
 */
export const startAuthority = (
  options: AuthorityOptions,
): ResultAsync<RunningAuthority, AuthorityError> => {
  const resources = new Resources();
  return assemble(options, resources).orElse((error) =>
    ResultAsync.fromSafePromise(resources.close()).andThen(() => errAsync(error)),
  );
};

const assemble = (
  options: AuthorityOptions,
  resources: Resources,
): ResultAsync<RunningAuthority, AuthorityError> =>
  safeTry(async function* () {
    yield* checkOptions(options);
    const { io } = options;
    const primitives = selectPrimitives(io.log);
    const identity = yield* loadIdentity({ ...io, primitives }, keyDirOf(options));
    yield* io.files.makeDirectory(options.dataDir);
    yield* io.files.makeDirectory(workDirOf(options));
    const store = yield* options.openStore(storeOf('authority', options), options.storageKey);
    resources.add(() => store.close());
    const archive = yield* openArchive(options, store);
    const registry = new Registry(store, io.clock, options);
    yield* registry.load();
    const parts = makeParts(options, { identity, archive, registry, signal: resources.signal });
    const listeners = yield* bind(options, resources);
    for (const listener of listeners) void parts.desk.serve(listener);
    const chained = parts.chain.run();
    resources.add(() => chained);
    return ok(describe(parts, { listeners, resources }));
  });

/** A store that is older than what was signed is worth a warning, and costs an epoch or two. */
const openArchive = (
  { io, dataDir, network }: AuthorityOptions,
  store: Store,
): ResultAsync<Archive, AuthorityError> => {
  const archive = new Archive(store, openWitness(io.files, dataDir));
  const now = epochAt(network.epochTime, io.clock.now());
  return archive
    .load()
    .andThen(() => archive.giveUpLost(now))
    .map((lost) => {
      const facts = { epochs: lost };
      if (lost > 0) io.log.write('warning', 'authority', 'the store is not the newest', facts);
      return archive;
    });
};

const makeParts = (
  options: AuthorityOptions,
  given: Pick<Parts, 'identity' | 'archive' | 'registry'> & { readonly signal: AbortSignal },
): Parts => {
  const { identity, archive, registry, signal } = given;
  const { io, network } = options;
  const policy = policyOf(options);
  const primitives = selectPrimitives(io.log);
  const counters = makeCounters(io.log);
  const shared = { archive, primitives, signal, epochTime: network.epochTime };
  const chain = new Chain({
    ...shared,
    policy,
    clock: io.clock,
    log: io.log,
    random: io.random,
    members: registry.members,
    seed: identity.seed,
    identityKey: identity.identityKey,
  });
  const { clock, random } = io;
  const link: LinkDeps = { ...network, profile: network.link, primitives, clock, random };
  const desk = new Desk({
    ...shared,
    registry,
    mayCome: chain.mayCome,
    link,
    identity: linkIdentity(identity, primitives),
    onPost: () => chain.wake(),
    count: counters.count,
  });
  return { options, policy, identity, archive, registry, chain, desk, counters };
};

/** A copy: the options are the caller's. */
const policyOf = (from: AuthorityPolicy): AuthorityPolicy => {
  const { parameters, layers, minNodesPerLayer, mixes, providers } = from;
  return { parameters, layers, minNodesPerLayer, mixes, providers };
};

/** An authority has no link key of its own: its identity key is converted. */
const linkIdentity = (
  { seed, identityKey }: NodeIdentity,
  { ed25519 }: LinkDeps['primitives'],
): LinkIdentity => ({ ad: identityKey, secretKey: ed25519.toX25519Secret(seed) });

const bind = (
  { io, addresses }: AuthorityOptions,
  resources: Resources,
): ResultAsync<readonly Listener[], AuthorityError> =>
  ResultAsync.combine(
    addresses.map((address) =>
      io.network.listen(address).map((listener) => {
        resources.add(() => listener.close());
        return listener;
      }),
    ),
  );

const describe = (
  parts: Parts,
  {
    listeners,
    resources,
  }: { readonly listeners: readonly Listener[]; readonly resources: Resources },
): RunningAuthority => {
  const addresses = listeners.map(({ address }) => address);
  const operator = { registry: parts.registry, now: () => epochNow(parts) };
  return {
    address: addresses[0] ?? '',
    addresses,
    identityKey: parts.identity.identityKey,
    verbs: operatorVerbs(operator),
    methods: operatorMethods(operator),
    nodes: () => nodesJson(operator),
    status: () => statusOf(parts),
    revise: (policy) =>
      checkOptions({ ...parts.options, ...policy }).map(() => {
        Object.assign(parts.policy, policyOf(policy));
        parts.registry.members.configure(policy);
        parts.chain.wake();
      }),
    close: () => resources.close(),
  };
};

const epochNow = ({ options }: Parts): Epoch =>
  epochAt(options.network.epochTime, options.io.clock.now());

const statusOf = (parts: Parts): AuthorityStatus => {
  const { archive, registry, chain, desk, counters } = parts;
  const epoch = epochNow(parts);
  const listed = registry.listed(epoch);
  return {
    epoch,
    hasDocument: archive.document(epoch) !== undefined,
    hasNextDocument: archive.document(epoch + 1) !== undefined,
    descriptors: {
      now: archive.descriptors(epoch).length,
      next: archive.descriptors(epoch + 1).length,
    },
    nodes: {
      listed: listed.length,
      missing: listed.filter(({ isMissing }) => isMissing).length,
      waiting: registry.pending.all.length,
    },
    counters: counters.snapshot(),
    idle: desk.open === 0 && !chain.isBusy,
  };
};
