/** A world at rest: what is left of all queues and tables, and how much still stirs. */
import type { TestWorld } from '../../testkit/world.js';
import { elapsedMs, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';

export interface Rest {
  /** What waits at a user or in a node; by name, only what is not 0. */
  readonly waiting: Readonly<Record<string, number>>;
  /** Fewest timers at once over an epoch: those that stand, without the deadlines of exchanges. */
  readonly timers: number;
  /** Timers that fired in an epoch. */
  readonly fired: number;
  /** Stored records by store and collection; all epochs' collections as one. */
  readonly records: Readonly<Record<string, number>>;
  readonly files: number;
  readonly links: number;
}

const LOOKS = 8;

const without0 = (counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

const atUser = (world: TestWorld, user: string): Readonly<Record<string, number>> => {
  const { outbox, replyBlocks, fragments, inbox } = world.status(user);
  return {
    [`${user} outbox`]: outbox.mails,
    [`${user} blocks`]: outbox.blocks,
    [`${user} reply blocks`]: replyBlocks,
    [`${user} fragments`]: fragments,
    [`${user} inbox`]: inbox.count,
  };
};

/** What waits anywhere at this moment. */
export const waitingIn = (world: TestWorld): Readonly<Record<string, number>> => {
  const { network } = world;
  const providers = network.names.filter((name) => name.includes('.'));
  const atProviders = providers.map((name) => [
    `${name} spool`,
    network.provider(name).spooled().items,
  ]) satisfies [string, number][];
  const inNodes = network.nodes.map((node, index) => [
    `node ${index} queues`,
    Object.values(node.status().queues).reduce((sum, count) => sum + count, 0),
  ]) satisfies [string, number][];
  const atUsers = [...world.clients.keys()].map((user) => atUser(world, user));
  const ofUsers = atUsers.flatMap((each) => Object.entries(each));
  return without0(Object.fromEntries([...atProviders, ...inNodes, ...ofUsers]));
};

const recordsIn = ({ stores }: TestWorld): Readonly<Record<string, number>> => {
  const sums: Record<string, number> = {};
  for (const [path, counts] of stores.counts()) {
    for (const [collection, count] of Object.entries(counts)) {
      const name = `${path} ${collection.replace(/\d+$/, '')}`;
      sums[name] = (sums[name] ?? 0) + count;
    }
  }
  return sums;
};

/** Looks at a world for one epoch, from the beginning of the next one on. */
export const restOf = async (world: TestWorld): Promise<Rest> => {
  const { clock, files, network } = world.io;
  const { periodMs } = KATZENPOST_EPOCHS;
  await clock.advance(periodMs - elapsedMs(KATZENPOST_EPOCHS, clock.now()));
  const firedBefore = clock.counters().fired;
  let timers = Infinity;
  for (let look = 0; look < LOOKS; look++) {
    await clock.advance(periodMs / LOOKS);
    timers = Math.min(timers, clock.counters().timers);
  }
  return {
    waiting: waitingIn(world),
    timers,
    fired: clock.counters().fired - firedBefore,
    records: recordsIn(world),
    files: files.snapshot().size,
    links: network.counters().open,
  };
};
