/**
 * A node: its stages in the order of a packet's life, ended in the reverse order.
 *
 * listen → admit → hold, or the role's own → dispatch. Beside them the descriptor is published,
 * keys are rotated, and documents are followed.
 * @module
 */
import { err, errAsync, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import type { Listener } from '../../src/io/contracts.js';
import { epochAt, type Epoch } from '../../src/pki/epoch.js';
import { placeOf } from '../../src/pki/view.js';
import { addressBook, describe, type AddressBook } from './describe.js';
import { openGround, type Ground } from './ground.js';
import { DEFAULT_TUNING, type NodeError, type NodeOptions, type NodeTuning } from './options.js';
import type { Ping, PingError } from './ping.js';
import { Resources } from './resources.js';
import type { NodeRole, RoleMaker } from './role.js';
import { openEntry, openExit, servicesOf, type Stages } from './stages.js';
import type { NodeStatus } from './status.js';
import type { Mixing } from './strategy.js';
import { followDocuments, reauthenticate, rotateKeys } from './upkeep.js';

export interface RunningNode {
  /** The first bound address. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  status(): NodeStatus;
  /** Posts the descriptors of this epoch and the next once more, as they were signed. */
  republish(): readonly Epoch[];
  /**
   * Sends a loop through one node, or two of different layers, and waits for it.
   *
   * @errors any {@link PingError}; `no-loops` where this is a provider
   */
  ping(names: readonly string[]): Promise<Result<Ping, PingError>>;
  /** Takes over other local limits, from now on; what is not named has its default. */
  retune(tuning: Partial<NodeTuning>): void;
  /** Takes over another strategy; what is held stays held by it. */
  remix(mixing: Mixing): void;
  /** Ends the node; packets that are held or wait to be sent are kept for the next start. */
  close(): Promise<void>;
}

/**
 * Starts a node. It listens when ok; packets pass once a document names it.
 *
 * @errors any {@link NodeError}; whatever was opened is closed again
 */
export const startNode = (
  options: NodeOptions,
  maker: RoleMaker,
): ResultAsync<RunningNode, NodeError> => {
  const resources = new Resources();
  return assemble(options, maker, resources).orElse((error) =>
    ResultAsync.fromSafePromise(resources.close()).andThen(() => errAsync(error)),
  );
};

const assemble = (
  options: NodeOptions,
  maker: RoleMaker,
  resources: Resources,
): ResultAsync<RunningNode, NodeError> =>
  safeTry(async function* () {
    const ground = yield* openGround(options, maker, resources);
    const exit = yield* openExit(ground, maker.mixing);
    const role = yield* maker.open(servicesOf(ground, exit));
    resources.add(() => role.close());
    const listeners = yield* bind(ground);
    const bound = listeners.map(({ address }) => address);
    const addresses = yield* addressBook(options.advertise, bound);
    yield* await checkDescription(ground, role, addresses);
    const entry = await openEntry(ground, exit, { role, addresses });
    yield* entry.publisher.load();
    const stages = { ...ground, ...exit, ...entry };
    run(stages, listeners);
    return ok(running(stages, bound));
  });

/** Binds one address after another, so that none is left bound when one cannot be. */
const bind = ({ io, options, resources }: Ground): ResultAsync<readonly Listener[], NodeError> =>
  safeTry(async function* () {
    const listeners: Listener[] = [];
    for (const address of options.addresses) {
      const listener = yield* io.network.listen(address);
      resources.add(() => listener.close());
      listeners.push(listener);
    }
    return ok(listeners);
  });

/** A descriptor that no authority would take is better known at the start. */
const checkDescription = async (
  ground: Ground,
  role: NodeRole,
  addresses: AddressBook,
): Promise<Result<void, NodeError>> => {
  const epoch = epochAt(ground.options.network.epochTime, ground.io.clock.now());
  const advertised = await role.advertise();
  return describe(ground, { addresses, advertised, epoch })
    .map(() => undefined)
    .mapErr(({ field, rule }) => ({ kind: 'bad-option', option: field, rule }));
};

/** Starts everything that goes on until the node closes, and closing waits for. */
const run = (stages: Stages, listeners: readonly Listener[]): void => {
  const { publisher, listening, resources } = stages;
  const loops = [rotateKeys(stages), reauthenticate(stages), followDocuments(stages)];
  const published = publisher.run();
  resources.add(async () => {
    await Promise.all([...loops, published]);
  });
  // They end when their listeners are closed, which is after this.
  for (const listener of listeners) void listening.serve(listener);
};

const running = (stages: Stages, addresses: readonly string[]): RunningNode => ({
  address: addresses[0] ?? '',
  addresses,
  identityKey: stages.identity.identityKey,
  status: () => statusOf(stages),
  republish: () => stages.publisher.republish(),
  ping: (names) => stages.role.ping?.(names) ?? Promise.resolve(err({ kind: 'no-loops' })),
  // Every stage looks at this one object when it needs a limit.
  retune: (tuning) => void Object.assign(stages.tuning, DEFAULT_TUNING, tuning),
  remix: (mixing) => stages.hold.remix(mixing),
  close: () => stages.resources.close(),
});

const statusOf = (stages: Stages): NodeStatus => {
  const { identity, documents, mixKeys, replay, counters, publisher, listening } = stages;
  const epoch = epochAt(stages.options.network.epochTime, stages.io.clock.now());
  const view = documents.view(epoch);
  const queues = {
    incoming: stages.admission.pending,
    mix: stages.hold.size + stages.carryOver.size,
    outgoing: stages.dispatcher.pending,
    deliver: stages.role.pending(),
  };
  const { planned, up } = stages.dispatcher.connections;
  return {
    role: stages.role.kind,
    epoch,
    document: documents.state(),
    onTrial: stages.trials.names,
    place: view && placeOf(view, identity.identityKey),
    nextEpochReady: documents.view(epoch + 1) !== undefined || publisher.isSettled(epoch + 1),
    mixKeys: mixKeys.all.map((key) => key.epoch),
    replayTags: replay.size,
    counters: counters.snapshot(),
    queues,
    mixing: stages.hold.mixing,
    queuedOnDisk: stages.queue.entries.length,
    health: stages.role.health?.() ?? [],
    connections: { ...listening.connections, outgoingPlanned: planned, outgoingUp: up },
    idle: Object.values(queues).every((length) => length === 0),
  };
};
