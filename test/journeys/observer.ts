/** Who watches a client's link: every frame, in both directions, with its size and its time. */
import { openMixClient } from '../../src/client/mix-client.js';
import type { ClientTuning, MixClient } from '../../src/client/types.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { uniform } from '../../src/crypto/sample.js';
import type { Clock, Duplex, Network } from '../../src/io/contracts.js';
import { seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import type { MeanTimes } from '../../testkit/network.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { DAY, type Deed, HOUR, playDeeds } from './timeline.js';
import { mailOf } from './world.js';

export const ALICE = 'alice@p1.test';
export const BOB = 'bob@p2.test';

export type Direction = 'out' | 'in';

export interface Frame {
  readonly direction: Direction;
  /** Of the world's time, ms. */
  readonly atMs: number;
  /** Bytes on the link. */
  readonly size: number;
}

/** All that an observer of one client's links has seen. */
export type Trace = readonly Frame[];

/** A frame in ten seconds or so: a day of it is over in seconds. */
const MEANS: MeanTimes = {
  mu: 2000,
  lambdaP: 100_000,
  lambdaL: 100_000,
  lambdaD: 100_000,
  lambdaM: HOUR,
};
const GEOMETRY = smallGeometry(1000);
const EPOCHS = { ...KATZENPOST_EPOCHS, periodMs: HOUR };

/** The same connection, its frames noted. A frame is written at once and read as it was written. */
const watched = (duplex: Duplex, note: (direction: Direction, size: number) => void): Duplex => ({
  remote: duplex.remote,
  read: async () => {
    const bytes = await duplex.read();
    if (bytes !== undefined) note('in', bytes.length);
    return bytes;
  },
  write: (bytes) => {
    note('out', bytes.length);
    return duplex.write(bytes);
  },
  end: () => duplex.end(),
  destroy: () => duplex.destroy(),
});

/** A network whose connections are watched, and what is seen of them. */
const watchNetwork = (network: Network, clock: Clock) => {
  const trace: Frame[] = [];
  const note = (direction: Direction, size: number): void => {
    trace.push({ direction, size, atMs: clock.monotonic() });
  };
  const watchedNetwork: Network = {
    listen: (address) => network.listen(address),
    dial: (address, signal) => network.dial(address, signal).map((duplex) => watched(duplex, note)),
  };
  return { trace, network: watchedNetwork };
};

const openWatched = async (
  world: TestWorld,
  address: string,
  tuning: ClientTuning,
): Promise<{ readonly client: MixClient; readonly trace: Trace }> => {
  const { network, trace } = watchNetwork(world.io.network, world.io.clock);
  const io = { ...world.io, network };
  const opened = await openMixClient(
    { ...world.configOf(address), tuning, io },
    { io, openStore: world.stores.open, primitives: selectPrimitives() },
  );
  return { client: opened._unsafeUnwrap(), trace };
};

/** Who lives in a day. */
export interface People {
  readonly world: TestWorld;
  readonly alice: MixClient;
  readonly bob: MixClient;
}

export interface DayOptions {
  readonly seed: string;
  /** What they do; default: nothing. */
  readonly deeds?: (people: People) => readonly Deed[];
  /** Of alice, who is watched. */
  readonly tuning?: ClientTuning;
  /** Default a day. */
  readonly lengthMs?: number;
}

const isConnected = (client: MixClient): boolean =>
  client.accounts.status().every(({ connection }) => connection.kind === 'connected');

/** What an observer sees of alice's link in a day, from her first handshake on. */
export const watchDay = async (options: DayOptions): Promise<Trace> => {
  const { seed, deeds = () => [], tuning = {}, lengthMs = DAY } = options;
  const world = await openTestWorld({
    seed,
    users: [ALICE, BOB],
    means: MEANS,
    geometry: GEOMETRY,
    epochTime: EPOCHS,
    clock: 'standing',
    openClients: false,
  });
  const { client: alice, trace } = await openWatched(world, ALICE, tuning);
  // Nobody looks at bob, so his cover traffic is spared.
  const bob = await world.open(BOB, { sendDecoyTraffic: false });
  await world.until(() => world.network.isReady() && [alice, bob].every(isConnected), HOUR);
  await playDeeds(world.io.clock, deeds({ world, alice, bob }), lengthMs);
  const seen = [...trace];
  await closeClient(world, alice);
  await world.close();
  return seen;
};

const closeClient = async (world: TestWorld, client: MixClient): Promise<void> => {
  let isClosed = false;
  void client.close().then(() => (isClosed = true));
  await world.until(() => isClosed, HOUR);
};

/** So many times at random moments of a day. */
const often = (count: number, doIt: (index: number) => Promise<void>): readonly Deed[] => {
  const random = seededRandom('moments');
  return Array.from({ length: count }, (_, index) => ({
    atMs: uniform(random) * DAY,
    doIt: () => doIt(index),
  }));
};

/** Up to three blocks, each mail another length. */
const textOf = (index: number): string => 'x'.repeat((index * 397) % 2000);

const send = async (client: MixClient, from: string, to: string, index: number): Promise<void> => {
  const mail = mailOf(`to ${to} ${index}`, textOf(index));
  (await client.send({ account: from, to, mail }))._unsafeUnwrap();
};

/** Mails in both directions, so many in each. */
export const writing =
  (count: number) =>
  ({ alice, bob }: People): readonly Deed[] => [
    ...often(count, (index) => send(alice, ALICE, BOB, index)),
    ...often(count, (index) => send(bob, BOB, ALICE, index)),
  ];

/** Mails to alice only. */
export const receiving =
  (count: number) =>
  ({ bob }: People): readonly Deed[] =>
    often(count, (index) => send(bob, BOB, ALICE, index));

/** What an observer sees of the sizes, in one direction. */
export const sizesOf = (trace: Trace, direction: Direction): readonly number[] => {
  const sizes = trace.filter((frame) => frame.direction === direction).map(({ size }) => size);
  return [...new Set(sizes)].toSorted((a, b) => a - b);
};

/** Ms from one frame to the next, in one direction. */
export const gapsOf = (trace: Trace, direction: Direction): readonly number[] => {
  const times = trace.filter((frame) => frame.direction === direction).map(({ atMs }) => atMs);
  return times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
};
