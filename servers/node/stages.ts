/**
 * The stages of a node, put together: the way out first, the role on top of it, then the way in.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { postDescriptor, type PostError } from '../../src/pki/directory.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { StoreError } from '../../src/store/store.js';
import { Admission } from './admit.js';
import { Backlog } from './backlog.js';
import { CarryOver } from './carry-over.js';
import { makeSigner, type AddressBook } from './describe.js';
import { writeDescriptor } from './descriptor-file.js';
import { Dispatcher } from './dispatch.js';
import type { Ground } from './ground.js';
import { Hold } from './hold.js';
import { Listening } from './listen.js';
import { Publisher, type PostOutcome } from './publish.js';
import { openQueueStore, type QueueStore } from './queue-store.js';
import type { Hop, NodeRole, NodeServices, TerminalHop } from './role.js';
import type { Mixing } from './strategy.js';
import { judge, type TopologyDeps } from './topology.js';
import { openUnwrapPool, type UnwrapPool } from './unwrap-pool.js';

/** The way out: what is held, and the connections that it leaves by. */
export interface Exit {
  readonly topology: TopologyDeps;
  readonly dispatcher: Dispatcher;
  readonly hold: Hold;
  readonly carryOver: CarryOver;
  readonly queue: QueueStore;
}

/** The way in, and the role that it leads to. */
export interface Entry {
  readonly role: NodeRole;
  readonly pool: UnwrapPool;
  readonly admission: Admission;
  readonly listening: Listening;
  readonly publisher: Publisher;
}

export type Stages = Ground & Exit & Entry;

/** Finds what an earlier run has left; connects to nobody yet. */
export const openExit = (
  ground: Ground,
  mixing: Mixing | undefined,
): ResultAsync<Exit, StoreError> =>
  openQueueStore({
    store: ground.queueStore,
    packetLength: ground.suite.geometry.packetLength,
    maxBytes: ground.tuning.queueMaxBytes,
    count: ground.counters.count,
    log: ground.io.log,
  }).map((queue) => assembleExit(ground, { queue, mixing }));

const assembleExit = (
  ground: Ground,
  { queue, mixing }: { readonly queue: QueueStore; readonly mixing: Mixing | undefined },
): Exit => {
  const { io, resources } = ground;
  const { epochTime } = ground.options.network;
  const topology = topologyOf(ground);
  const backlog = new Backlog({ ...commonOf(ground), epochTime, queue, log: io.log });
  const dispatcher = openDispatcher(ground, topology, backlog);
  resources.add(() => dispatcher.close());
  const hold = new Hold({
    ...commonOf(ground),
    random: io.random,
    mixing,
    epochTime,
    isNextNode: (nodeId) => dispatcher.has(nodeId),
    dispatch: (packet, nextNodeId) => dispatcher.dispatch(packet, nextNodeId),
  });
  const carryOver = new CarryOver({
    ...commonOf(ground),
    epochTime,
    queue,
    backlog,
    hold: (packet, nextNodeId, delayMs) => hold.hold(packet, nextNodeId, delayMs),
    log: io.log,
  });
  resources.add(() => carryOver.save(hold.close()));
  return { topology, dispatcher, hold, carryOver, queue };
};

/** What the role may use. */
export const servicesOf = (ground: Ground, { dispatcher, hold }: Exit): NodeServices => {
  const { io, options, suite, identity, documents, store, tuning, counters, resources } = ground;
  const { network, identifier, dataDir, openStore, storageKey } = options;
  return {
    io,
    network,
    suite,
    identity,
    identifier,
    dataDir,
    documents,
    store,
    openStore,
    storageKey,
    tuning,
    drop: counters.drop,
    count: counters.count,
    hold: (packet, nextNodeId, delayMs) => hold.hold(packet, nextNodeId, delayMs),
    dispatch: (packet, nextNodeId) => dispatcher.dispatch(packet, nextNodeId),
    signal: resources.signal,
  };
};

/** Warms up the unwrap threads; takes no connection yet. */
export const openEntry = async (
  ground: Ground,
  exit: Exit,
  { role, addresses }: { readonly role: NodeRole; readonly addresses: AddressBook },
): Promise<Entry> => {
  const { io, suite, mixKeys, replay, resources } = ground;
  let onRoom = (): void => undefined;
  const pool = await openUnwrapPool({
    workers: io.workers,
    suite,
    log: io.log,
    onRoom: () => onRoom(),
  });
  resources.add(() => pool.close());
  pool.setKeys(mixKeys.all);
  const handOn = handOnTo(role, exit.hold);
  const admission = new Admission({
    ...commonOf(ground),
    pool,
    mixKeys,
    replay,
    role: role.kind,
    handOn,
  });
  onRoom = () => admission.pump();
  resources.add(() => admission.close());
  const listening = openListening(ground, exit.topology, { role, admission });
  resources.add(() => listening.close());
  return { role, pool, admission, listening, publisher: makePublisher(ground, role, addresses) };
};

/** What nearly every stage takes. */
const commonOf = ({ io, tuning, counters, resources }: Ground) => ({
  clock: io.clock,
  tuning,
  drop: counters.drop,
  count: counters.count,
  signal: resources.signal,
});

const topologyOf = ({ options, documents, identity, trials }: Ground): TopologyDeps => ({
  epochTime: options.network.epochTime,
  view: (epoch) => documents.view(epoch),
  identityKey: identity.identityKey,
  onTrial: (view) => trials.neighbours(view),
});

/** Nodes name themselves by their identity key and prove it with their link key. */
const linkIdentityOf = ({ identity }: Ground) => ({
  ad: identity.identityKey,
  secretKey: identity.linkSecret,
});

const openDispatcher = (ground: Ground, topology: TopologyDeps, backlog: Backlog): Dispatcher =>
  new Dispatcher({
    ...commonOf(ground),
    network: ground.io.network,
    link: ground.link,
    identity: linkIdentityOf(ground),
    topology,
    backlog,
    faults: ground.options.faults,
  });

const openListening = (
  ground: Ground,
  topology: TopologyDeps,
  { role, admission }: { readonly role: NodeRole; readonly admission: Admission },
): Listening =>
  new Listening({
    ...commonOf(ground),
    link: ground.link,
    identity: linkIdentityOf(ground),
    role,
    packetLength: ground.suite.geometry.packetLength,
    admit: (packet, source) => admission.admit(packet, source),
    judge: (peer) => judge(topology, peer, { direction: 'incoming', nowMs: ground.io.clock.now() }),
  });

/** Forward hops are held, the others are the role's. */
const handOnTo =
  (role: NodeRole, hold: Hold) =>
  (hops: readonly Hop[]): void => {
    const terminal: TerminalHop[] = [];
    for (const hop of hops) {
      if (hop.kind === 'forward') hold.holdForward(hop);
      else terminal.push(hop);
    }
    if (terminal.length > 0) role.take(terminal);
  };

const makePublisher = (ground: Ground, role: NodeRole, addresses: AddressBook): Publisher => {
  const { options, documents, publications: store, io, tuning } = ground;
  return new Publisher({
    ...commonOf(ground),
    epochTime: options.network.epochTime,
    store,
    retryMs: tuning.publishPollMs,
    hasDocument: (epoch) => documents.view(epoch) !== undefined,
    sign: makeSigner(ground, role, addresses),
    post: (epoch, raw) => post(ground, epoch, raw),
    show: (epoch, raw) => show(ground, epoch, raw),
    log: io.log,
  });
};

/** Nobody is kept from publishing by a file that is for people. */
const show = async ({ io, options }: Ground, epoch: Epoch, raw: Uint8Array): Promise<void> => {
  const shown = await writeDescriptor(io.files, options.dataDir, { epoch, raw });
  if (shown.isErr()) {
    io.log.write('warning', 'publish', 'descriptor not shown', { reason: shown.error.reason });
  }
};

const post = async (ground: Ground, epoch: Epoch, raw: Uint8Array): Promise<PostOutcome> => {
  const { directory, identity, resources, io } = ground;
  const posted = await postDescriptor(
    directory,
    { seed: identity.seed, epoch, raw },
    resources.signal,
  );
  if (posted.isOk()) return 'accepted';
  io.log.write('info', 'publish', 'not posted', { epoch, reason: posted.error.kind });
  return outcomeOf(posted.error);
};

const outcomeOf = ({ kind }: PostError): PostOutcome =>
  kind === 'conflict' ? 'conflict' : 'failed';
