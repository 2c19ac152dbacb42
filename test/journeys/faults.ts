/** Mail over a bad network: many mails and one big one, checked one by one, repeatable by seed. */
import { createHash } from 'node:crypto';
import { uniform, uniformInt } from '../../src/crypto/sample.js';
import { seededRandom } from '../../src/io/memory.js';
import { fromUtf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Random } from '../../src/io/contracts.js';
import {
  KATZENPOST_GEOMETRY,
  smallGeometry,
  type SphinxGeometry,
} from '../../src/sphinx/geometry.js';
import { mailOf, openWorld, type World } from './world.js';

export interface FaultRun {
  readonly mails: number;
  readonly simulatedMs: number;
  readonly blocks: number;
  /** Over everything that was delivered, in order, with its simulated time: equal for equal seeds. */
  readonly digest: string;
  /** What should be there once and identical and is not; nothing when all went well. */
  readonly problems: readonly string[];
}

interface Expected {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly digest: string;
}

const USERS = ['alice@p1.test', 'bob@p2.test', 'carol@p1.test'];
const FAULTS = { loss: 0.3, duplicate: 0.05, reorderMs: 2000 };
const HOUR = 3_600_000;
const LARGEST = 200_000;

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** From 1 byte to 200 KB, each order of magnitude as likely. */
const mailSize = (random: Random): number => Math.max(1, Math.round(LARGEST ** uniform(random)));

const bodyOf = (bytes: Uint8Array): Uint8Array => {
  const text = fromUtf8(bytes.subarray(0, 4096));
  return bytes.subarray(text.indexOf('\r\n\r\n') + 4);
};

const sendOne = async (
  world: World,
  mail: { readonly index: number; readonly size: number },
  random: Random,
): Promise<Expected> => {
  const from = USERS[uniformInt(random, USERS.length)] ?? '';
  const others = USERS.filter((user) => user !== from);
  const to = others[uniformInt(random, others.length)] ?? '';
  const subject = `mail ${mail.index}`;
  const letters = random(mail.size).map((byte) => 97 + (byte % 26));
  const bytes = concat(mailOf(subject, '').slice(0, -2), letters);
  const sent = await world.client(from).send({ account: from, to, mail: bytes });
  sent._unsafeUnwrap();
  return { from, to, subject, digest: sha(letters) };
};

interface Received {
  readonly to: string;
  readonly subject: string;
  readonly digest: string;
}

const collect = async (world: World): Promise<Received[]> => {
  const all: Received[] = [];
  for (const to of USERS) {
    const client = world.client(to);
    for (const { id } of client.inbox.list(to, 'inbox')._unsafeUnwrap()) {
      const bytes = (await client.inbox.read(to, id))._unsafeUnwrap();
      const [, subject = ''] = /^Subject: (.*)\r$/m.exec(fromUtf8(bytes.subarray(0, 4096))) ?? [];
      all.push({ to, subject, digest: sha(bodyOf(bytes)) });
    }
  }
  return all;
};

const compare = (expected: readonly Expected[], received: readonly Received[]): string[] => {
  const keyOf = ({ to, subject, digest }: Received): string => `${to} ${subject} ${digest}`;
  const counts = new Map<string, number>();
  for (const mail of received) counts.set(keyOf(mail), (counts.get(keyOf(mail)) ?? 0) + 1);
  const missing = expected.filter((mail) => counts.get(keyOf(mail)) !== 1);
  const extra = received.length - expected.length;
  return [
    ...missing.map((mail) => `${keyOf(mail)} came ${counts.get(keyOf(mail)) ?? 0} times`),
    ...(extra === 0 ? [] : [`${extra} mails too many`]),
  ];
};

const leftovers = (world: World): string[] =>
  USERS.flatMap((user) => {
    const { outbox, fragments, replyBlocks } = world.status(user);
    const left = { mails: outbox.mails, blocks: outbox.blocks, fragments, replyBlocks };
    return Object.entries(left).flatMap(([what, count]) =>
      count === 0 ? [] : [`${user}: ${count} ${what} left`],
    );
  });

const busyNodes = ({ network }: World): string[] => [
  ...network.nodes
    .filter((node) => !node.status().idle)
    .map((node) => JSON.stringify(node.status())),
  ...['p1.test', 'p2.test'].map(
    (name) => `${name}: ${network.provider(name).spooled().items} spooled`,
  ),
];

export interface FaultScene {
  readonly seed: string | number;
  readonly sizes: (random: Random) => readonly number[];
  readonly geometry: SphinxGeometry;
  readonly meanSendMs: number;
}

/** 500 mails of up to 200 KB, in small packets. */
export const manyMails = (seed: string | number): FaultScene => ({
  seed: `${seed}/many`,
  sizes: (random) => Array.from({ length: 500 }, () => mailSize(random)),
  geometry: smallGeometry(10_000),
  meanSendMs: 2000,
});

/** One mail of 5 MB, in packets of the default size. */
export const bigMail = (seed: string | number): FaultScene => ({
  seed: `${seed}/big`,
  sizes: () => [5_000_000],
  geometry: KATZENPOST_GEOMETRY,
  meanSendMs: 2000,
});

/** Plays a scene to its end. */
export const playFaults = async ({
  seed,
  sizes,
  geometry,
  meanSendMs,
}: FaultScene): Promise<FaultRun> => {
  const means = {
    mu: 500,
    lambdaP: meanSendMs,
    lambdaL: 10 * meanSendMs,
    lambdaD: 10 * meanSendMs,
    lambdaM: HOUR,
  };
  const open = { seed, users: USERS, geometry, means, faults: FAULTS };
  const world = await openWorld(open);
  const startMs = world.io.clock.now();
  const random = seededRandom(`${seed}/mails`);
  const expected: Expected[] = [];
  for (const [index, size] of sizes(random).entries())
    expected.push(await sendOne(world, { index, size }, random));
  const queued = USERS.flatMap((user) => world.client(user).outbox.list());
  const blocks = queued.reduce((sum, mail) => sum + mail.blocks, 0);
  const isDelivered = (): boolean =>
    USERS.every(
      (user) => world.status(user).outbox.mails === 0 && world.status(user).fragments === 0,
    );
  const isDone = await world.until(isDelivered, 100 * HOUR);
  await world.stopDecoys();
  const isEmpty = await world.until(
    () => leftovers(world).length === 0 && world.network.isIdle(),
    10 * HOUR,
  );
  const received = await collect(world);
  const simulatedMs = world.io.clock.now() - startMs;
  const problems = [
    ...(isDone ? [] : ['not everything was delivered in time']),
    ...(isEmpty ? [] : ['a queue did not empty', ...leftovers(world), ...busyNodes(world)]),
    ...compare(expected, received),
  ];
  const digest = sha(new TextEncoder().encode(JSON.stringify([simulatedMs, received])));
  await world.close();
  return { mails: expected.length, simulatedMs, blocks, digest, problems };
};
