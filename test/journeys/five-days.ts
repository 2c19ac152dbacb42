/**
 * Five days of four people: packets are lost, a provider is away for two days, clocks are set, and
 * mail is written all the time. What became of each mail, and what is left of it all.
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import { uniform, uniformInt } from '../../src/crypto/sample.js';
import type { Clock, Random } from '../../src/io/contracts.js';
import { seededRandom } from '../../src/io/memory.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import type { MeanTimes } from '../../testkit/network.js';
import { openTestWorld, type TestWorld } from '../../testkit/world.js';
import { type Rest, restOf, waitingIn } from './rest.js';
import { DAY, type Deed, HOUR, MINUTE, playDeeds } from './timeline.js';
import { mailOf } from './world.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const CAROL = 'carol@p1.test';
const DAVE = 'dave@p2.test';
const PEOPLE = [ALICE, BOB, CAROL, DAVE];
/** Has a key, and no account at p1. */
const NOBODY = 'nobody@p1.test';
const READER = 'inbox';

const MEANS: MeanTimes = {
  mu: 10_000,
  lambdaP: 20 * MINUTE,
  lambdaL: 2 * HOUR,
  lambdaD: 2 * HOUR,
  lambdaM: 4 * HOUR,
};
/** Until nodes have keys and documents of as many epochs as they keep. */
const WARM_UP_MS = 2 * HOUR;
const STEP_MS = 10 * MINUTE;
const OUTAGE = { provider: 'p2.test', fromMs: DAY, untilMs: 3 * DAY };
/** What λP can carry in time, though the absent provider's mail has to wait. */
const LETTERS = { delivered: 60, unknown: 10, stranded: 10 };

/** One mail, and what must become of it. */
interface Letter {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly size: number;
  readonly atMs: number;
  readonly fate: 'delivered' | 'bounced';
}

export interface DaysReport {
  readonly letters: number;
  readonly bounces: number;
  readonly before: Rest;
  readonly after: Rest;
  /** Letters that did not come or bounce exactly once, and what did not happen in time. */
  readonly problems: readonly string[];
}

/** How long a mail is tried: those of carol and dave a day, so that some bounce while others wait. */
const lifetimeOf = (user: string): number => (user === CAROL || user === DAVE ? DAY : 5 * DAY);

/**
 * Letters whose fate is certain. Dave's are written when his provider is away, for longer than he
 * tries; carol writes to one neighbour and to nobody; the others outlast everything.
 */
const writeLetters = (random: Random): readonly Letter[] => {
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[uniformInt(random, from.length)];
    if (picked === undefined) throw new RangeError('nothing to pick from');
    return picked;
  };
  const letters = (
    count: number,
    name: string,
    make: () => Pick<Letter, 'from' | 'to' | 'atMs' | 'fate'>,
  ): Letter[] =>
    Array.from({ length: count }, (_, index) => ({
      ...make(),
      subject: `${name}-${index}`,
      size: uniformInt(random, 4000),
    }));
  const pairs = [
    [ALICE, BOB],
    [ALICE, CAROL],
    [BOB, ALICE],
    [BOB, CAROL],
    [CAROL, ALICE],
    [ALICE, DAVE],
  ] as const;
  return [
    ...letters(LETTERS.delivered, 'delivered', () => {
      const [from, to] = pick(pairs);
      return { from, to, atMs: uniform(random) * 4.9 * DAY, fate: 'delivered' };
    }),
    ...letters(LETTERS.unknown, 'unknown', () => ({
      from: CAROL,
      to: NOBODY,
      atMs: uniform(random) * 4.9 * DAY,
      fate: 'bounced',
    })),
    ...letters(LETTERS.stranded, 'stranded', () => ({
      from: DAVE,
      to: ALICE,
      atMs: OUTAGE.fromMs + HOUR + uniform(random) * 12 * HOUR,
      fate: 'bounced',
    })),
  ];
};

/** Wall clocks that can be set apart from the world's. */
class Watches {
  readonly #aheadMs = new Map<string, number>();

  readonly of = (user: string, clock: Clock): Clock => ({
    now: () => clock.now() + (this.#aheadMs.get(user) ?? 0),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  });

  set(user: string, byMs: number): void {
    this.#aheadMs.set(user, (this.#aheadMs.get(user) ?? 0) + byMs);
  }
}

const incidents = (world: TestWorld, watches: Watches): readonly Deed[] => [
  { atMs: 0.4 * DAY, doIt: () => world.io.clock.jumpWall(STEP_MS) },
  { atMs: 0.8 * DAY, doIt: () => world.io.clock.jumpWall(-STEP_MS) },
  { atMs: OUTAGE.fromMs, doIt: () => world.network.stop(OUTAGE.provider) },
  { atMs: 1.5 * DAY, doIt: () => watches.set(ALICE, -STEP_MS) },
  { atMs: 1.7 * DAY, doIt: () => watches.set(ALICE, STEP_MS) },
  { atMs: 2.2 * DAY, doIt: () => watches.set(DAVE, STEP_MS) },
  { atMs: 2.3 * DAY, doIt: () => watches.set(DAVE, -STEP_MS) },
  {
    atMs: OUTAGE.untilMs,
    doIt: async () => (await world.network.start(OUTAGE.provider))._unsafeUnwrap(),
  },
  { atMs: 3.7 * DAY, doIt: () => watches.set(BOB, STEP_MS) },
  { atMs: 4.1 * DAY, doIt: () => watches.set(BOB, -STEP_MS) },
];

const send = async (world: TestWorld, { from, to, subject, size }: Letter): Promise<void> => {
  const mail = mailOf(subject, 'x'.repeat(size));
  (await world.client(from).send({ account: from, to, mail }))._unsafeUnwrap();
};

/** Opens everybody's client again. */
const openAll = async (world: TestWorld, sendDecoyTraffic: boolean): Promise<void> => {
  for (const user of PEOPLE) {
    await world.open(user, { sendDecoyTraffic, bounceQueueLifetimeMs: lifetimeOf(user) });
  }
  const key = world.io.random(32);
  (await world.client(CAROL).recipients.set(NOBODY, key))._unsafeUnwrap();
};

/** Takes all mail out of the inboxes: the subjects that each user got, and those that came back. */
const collect = async (world: TestWorld): Promise<readonly string[]> => {
  const all: string[] = [];
  for (const user of PEOPLE) {
    const { inbox } = world.client(user);
    for (const { id } of inbox.list(user, READER)._unsafeUnwrap()) {
      const [first = '', second = ''] = subjectsIn((await inbox.read(user, id))._unsafeUnwrap());
      all.push(
        first === 'Delivery failure, timeout'
          ? `${user} bounced ${second}`
          : `${user} delivered ${first}`,
      );
      (await inbox.done(user, READER, [id]))._unsafeUnwrap();
    }
  }
  return all;
};

const subjectsIn = (mail: Uint8Array): readonly string[] =>
  [...fromUtf8(mail).matchAll(/^Subject: (.*)\r$/gm)].map(([, subject = '']) => subject);

const fateOf = ({ fate, from, to, subject }: Letter): string =>
  `${fate === 'delivered' ? to : from} ${fate} ${subject}`;

/** What came otherwise than it must. */
const compare = (letters: readonly Letter[], seen: readonly string[]): readonly string[] => {
  const expected = letters.map(fateOf);
  const count = (all: readonly string[], one: string): number =>
    all.filter((each) => each === one).length;
  return [
    ...expected
      .filter((one) => count(seen, one) !== 1)
      .map((one) => `${one}: ${count(seen, one)} times`),
    ...seen.filter((one) => count(expected, one) === 0).map((one) => `not expected: ${one}`),
  ];
};

const isEmpty = (world: TestWorld): boolean =>
  Object.keys(waitingIn(world)).every((what) => what.endsWith('inbox'));

export const liveFiveDays = async (seed: string): Promise<DaysReport> => {
  const watches = new Watches();
  const world = await openTestWorld({
    seed,
    users: PEOPLE,
    means: MEANS,
    geometry: smallGeometry(1000),
    faults: { loss: 0.3 },
    clock: 'standing',
    clockOf: watches.of,
  });
  await openAll(world, false);
  await world.until(() => world.isReady(), HOUR);
  await world.io.clock.advance(WARM_UP_MS);
  const before = await restOf(world);
  await openAll(world, true);
  const letters = writeLetters(seededRandom(`${seed}/letters`));
  const writing = letters.map((letter) => ({
    atMs: letter.atMs,
    doIt: () => send(world, letter),
  }));
  await playDeeds(world.io.clock, [...writing, ...incidents(world, watches)], 5 * DAY);
  const isSettled = await world.until(
    () => PEOPLE.every((user) => world.status(user).outbox.mails === 0),
    3 * DAY,
  );
  await openAll(world, false);
  const isDrained = await world.until(() => isEmpty(world), DAY);
  const seen = await collect(world);
  const after = await restOf(world);
  const problems = [
    ...(isSettled ? [] : ['the outboxes did not empty']),
    ...(isDrained ? [] : [`left: ${JSON.stringify(waitingIn(world))}`]),
    ...compare(letters, seen),
  ];
  await world.close();
  const bounces = seen.filter((one) => one.includes(' bounced ')).length;
  return { letters: letters.length, bounces, before, after, problems };
};
