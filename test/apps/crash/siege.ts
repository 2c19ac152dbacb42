/**
 * A siege: several mails under way at once, and all the time some process is killed.
 *
 * Each victim has a lane of its own: a mail is accepted that passes it, a random moment later it is
 * killed, then started again. In the end every mail must be there, or reported, exactly once.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uniform, uniformInt } from '../../../src/crypto/sample.js';
import type { Random } from '../../../src/io/contracts.js';
import { seededRandom } from '../../../src/io/memory.js';
import { Ledger } from './ledger.js';
import { startCrashNetwork, type CrashNetwork } from './network.js';
import { eventually, submitByDrop, submitBySmtp, type Letter } from './submit.js';

export interface SiegeOptions {
  readonly directory: string;
  readonly seed: string;
  readonly kills: number;
}

export interface SiegeReport {
  /** By victim. */
  readonly kills: Readonly<Record<string, number>>;
  readonly accepted: number;
  /** The connection died before its answer: there may be one copy or none. */
  readonly unsure: number;
  /** Kills while at least one accepted mail had not been delivered. */
  readonly underway: number;
  readonly problems: readonly string[];
}

/** Carol's daemon knows nobody, and asks for the key of everybody it writes to. */
const DISCOVERER = 'C';
/** No user of this provider: what is sent there is reported. */
const GHOST = 'ghost@p2.test';

/** Who is killed, and who writes to whom past them. */
interface Lane {
  readonly victim: string;
  readonly routes: readonly (readonly [from: string, to: string])[];
}

const laneOf = (victim: string, ...routes: Lane['routes']): Lane => ({ victim, routes });

const LANES: readonly Lane[] = [
  laneOf('A', ['A', 'B'], ['A', 'C']),
  laneOf('B', ['A', 'B'], ['C', 'B']),
  laneOf('C', ['C', 'B'], ['C', 'A'], ['C', GHOST]),
  laneOf('p1', ['A', 'B'], ['B', 'A']),
  laneOf('p2', ['C', 'B'], ['B', 'C']),
];
const MAILS_PER_KILL = 2;
const LONGEST_PAUSE_MS = 2000;
/** Every so many mails one goes by the drop folder. */
const DROP_SHARE = 5;
const ANSWER_LIMIT_MS = 60_000;
const SETTLE_LIMIT_MS = 240_000;

interface Siege {
  readonly network: CrashNetwork;
  readonly passwords: ReadonlyMap<string, string>;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly kills: Map<string, number>;
  underway: number;
  letters: number;
}

/** Kills as often as asked for, waits, and looks at every mail. */
export const besiege = async ({ directory, seed, kills }: SiegeOptions): Promise<SiegeReport> => {
  const network = await startCrashNetwork(directory, DISCOVERER);
  try {
    const siege: Siege = {
      network,
      passwords: await passwordsOf(network),
      ledger: new Ledger(),
      random: seededRandom(seed),
      kills: new Map(),
      underway: 0,
      letters: 0,
    };
    await network.kill(DISCOVERER);
    await network.start(DISCOVERER);
    const share = Math.ceil(kills / LANES.length);
    await Promise.all(LANES.map((lane) => runLane(siege, lane, share)));
    const { ledger, underway } = siege;
    const left = await network.settle(SETTLE_LIMIT_MS);
    const problems = [
      ...(left === undefined ? [] : [left]),
      ...ledger.problems(await mails(network)),
    ];
    const { accepted, unsure } = ledger;
    return { kills: Object.fromEntries(siege.kills), accepted, unsure, underway, problems };
  } finally {
    await network.down();
  }
};

const runLane = async (siege: Siege, lane: Lane, wanted: number): Promise<void> => {
  const { network, random, kills } = siege;
  for (let killed = 0; killed < wanted;) {
    const letters = Array.from({ length: MAILS_PER_KILL }, () => submit(siege, lane));
    await Promise.all(letters);
    await new Promise((resolve) => setTimeout(resolve, uniform(random) * LONGEST_PAUSE_MS));
    if (await isUnderway(siege)) siege.underway += 1;
    if (await network.kill(lane.victim)) killed += 1;
    kills.set(lane.victim, killed);
    await network.start(lane.victim);
  }
};

/** Hands in one mail; resolves when it is accepted, or nobody can tell. */
const submit = async (siege: Siege, { victim, routes }: Lane): Promise<void> => {
  const { network, random, ledger } = siege;
  const [from, to] = routes[uniformInt(random, routes.length)] ?? ['A', 'B'];
  const subject = `${victim}-${++siege.letters}`;
  const isGhost = to === GHOST;
  const address = isGhost ? GHOST : network.user(to).account;
  const letter: Letter = { from: network.user(from), to: address, subject };
  // What was found before is forgotten, so that its key is unknown when the mail is accepted.
  if (from === DISCOVERER) await network.say(from, `REMOVE_RECIPIENT ${address}`);
  const isDropped = uniformInt(random, DROP_SHARE) === 0;
  const answer = isDropped ? await drop(letter) : await say(siege, letter);
  ledger.note(letter, isGhost ? 'reported' : 'delivered', answer);
};

const drop = async (letter: Letter): Promise<'accepted'> => {
  const { isGone } = await submitByDrop(letter);
  // Its daemon may be down; the mail counts all the same, since the file is whole.
  await eventually(isGone, ANSWER_LIMIT_MS);
  return 'accepted';
};

/** Tries until the daemon is there to answer. */
const say = async ({ passwords }: Siege, letter: Letter) => {
  const password = passwords.get(letter.from.name) ?? '';
  let answer = await submitBySmtp(letter, password);
  const isAnswered = async (): Promise<boolean> => {
    if (answer === 'refused') answer = await submitBySmtp(letter, password);
    return answer !== 'refused';
  };
  await eventually(isAnswered, ANSWER_LIMIT_MS);
  return answer;
};

const isUnderway = async ({ network, ledger }: Siege): Promise<boolean> => {
  const counts = await Promise.all(network.plan.users.map(({ name }) => network.countOf(name)));
  return counts.reduce((sum, count) => sum + count, 0) < ledger.accepted;
};

const mails = async (network: CrashNetwork): Promise<ReadonlyMap<string, readonly string[]>> =>
  new Map(
    await Promise.all(
      network.plan.users.map(
        async ({ name, account }) => [account, await network.mailsOf(name)] as const,
      ),
    ),
  );

/** Daemons make their passwords when they first start. */
const passwordsOf = async ({ plan }: CrashNetwork): Promise<ReadonlyMap<string, string>> =>
  new Map(
    await Promise.all(
      plan.users.map(async ({ name, dataDir, account }) => {
        const text = await readFile(join(dataDir, account, 'bridge.password'), 'utf8');
        return [name, text.trim()] as const;
      }),
    ),
  );
