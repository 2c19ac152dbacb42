/**
 * A siege: several letters under way at once, and all the time some process is killed.
 *
 * Each victim has a lane of its own: letters are accepted that pass it, a random moment later it is
 * killed, then started again. In the end every letter must be there, or reported, exactly once.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pick, uniform, uniformInt } from '../../../src/crypto/sample.js';
import type { Random } from '../../../src/io/contracts.js';
import { seededRandom } from '../../../src/io/memory.js';
import { Arrivals } from './arrivals.js';
import { eventually } from './eventually.js';
import { Ledger } from './ledger.js';
import { type Letter, submitByDrop, submitBySmtp } from './letter.js';
import type { ProcessNetwork } from '../network.js';
import { startCrashNetwork } from './network.js';

export interface SiegeOptions {
  readonly directory: string;
  /** Gives the same choices again; the moments are those of the machine. */
  readonly seed: string;
  readonly kills: number;
}

export interface SiegeReport {
  /** By victim. */
  readonly kills: Readonly<Record<string, number>>;
  readonly accepted: number;
  /** The connection died before its answer: there may be one copy or none. */
  readonly unsure: number;
  /** Kills while at least one accepted letter had not been delivered. */
  readonly underway: number;
  readonly problems: readonly string[];
}

/** Who is killed, and who writes to whom past them. */
interface Lane {
  readonly victim: string;
  readonly routes: readonly Route[];
}

type Route = readonly [from: string, to: string];

const laneOf = (victim: string, ...routes: readonly Route[]): Lane => ({ victim, routes });

/** Carol's daemon knows nobody, and asks for the key of everybody it writes to. */
const DISCOVERER = 'C';
/** No user of this provider: what is sent there is reported. */
const GHOST = 'ghost@p2.test';

const LANES: readonly Lane[] = [
  laneOf('A', ['A', 'B'], ['A', 'C']),
  laneOf('B', ['A', 'B'], ['C', 'B']),
  laneOf('C', ['C', 'B'], ['C', 'A'], ['C', GHOST]),
  laneOf('p1', ['A', 'B'], ['B', 'A']),
  laneOf('p2', ['C', 'B'], ['B', 'C']),
];
/**
 * Past nobody who is killed. Their acknowledgements show everybody that all providers are there
 * again, so that nothing is put off any longer for their silence.
 */
const LAST: readonly Route[] = LANES.flatMap(({ routes }) => routes);
const LETTERS_PER_KILL = 2;
const LONGEST_PAUSE_MS = 5000;
/** Every so many letters one goes by the drop folder. */
const DROP_SHARE = 5;
const START_LIMIT_MS = 20_000;
const SETTLE_LIMIT_MS = 240_000;
/** What has been received is filed in a moment. */
const FILING_LIMIT_MS = 10_000;

interface Siege {
  readonly network: ProcessNetwork;
  readonly passwords: ReadonlyMap<string, string>;
  readonly arrivals: Arrivals;
  readonly ledger: Ledger;
  /** What went wrong with a process. */
  readonly faults: string[];
}

/** Kills as often as asked for, waits, and looks at every letter. */
export const besiege = async ({ directory, seed, kills }: SiegeOptions): Promise<SiegeReport> => {
  const network = await startCrashNetwork(directory, DISCOVERER);
  try {
    const arrivals = new Arrivals(network.plan.users);
    const ledger = new Ledger(arrivals);
    const passwords = await passwordsOf(network);
    const siege: Siege = { network, passwords, arrivals, ledger, faults: [] };
    const wanted = Math.ceil(kills / LANES.length);
    const underway = await Promise.all(
      LANES.map((lane) => runLane(siege, lane, { wanted, random: laneRandom(seed, lane) })),
    );
    const random = seededRandom(seed);
    await Promise.all(
      LAST.map((route, at) => submit(siege, route, { subject: `last-${at}`, random })),
    );
    return {
      kills: Object.fromEntries(LANES.map(({ victim }) => [victim, wanted])),
      accepted: ledger.count('accepted'),
      unsure: ledger.count('unsure'),
      underway: underway.reduce((sum, each) => sum + each, 0),
      problems: await problemsOf(siege),
    };
  } finally {
    await network.down();
  }
};

const laneRandom = (seed: string, { victim }: Lane): Random => seededRandom(`${seed} ${victim}`);

/** @returns kills while a letter was underway */
const runLane = async (
  siege: Siege,
  lane: Lane,
  { wanted, random }: { readonly wanted: number; readonly random: Random },
): Promise<number> => {
  const { network, arrivals, ledger, faults } = siege;
  let underway = 0;
  for (let killed = 0; killed < wanted; killed++) {
    const subjects = Array.from(
      { length: LETTERS_PER_KILL },
      (_, at) => `${lane.victim}-${killed * LETTERS_PER_KILL + at}`,
    );
    const route = (): Route => pick(random, lane.routes) ?? ['A', 'B'];
    await Promise.all(subjects.map((subject) => submit(siege, route(), { subject, random })));
    await new Promise((resolve) => setTimeout(resolve, uniform(random) * LONGEST_PAUSE_MS));
    await arrivals.look();
    if (ledger.underway > 0) underway += 1;
    if (!(await network.kill(lane.victim))) faults.push(`${lane.victim} had ended by itself`);
    if (!(await network.start(lane.victim))) faults.push(`${lane.victim} does not come back`);
  }
  return underway;
};

/** Hands in one letter; resolves when it is accepted, or nobody can tell. */
const submit = async (
  { network, passwords, ledger }: Siege,
  [from, name]: Route,
  { subject, random }: { readonly subject: string; readonly random: Random },
): Promise<void> => {
  const isDropped = uniformInt(random, DROP_SHARE) === 0;
  const to = name === GHOST ? GHOST : network.user(name).account;
  const letter: Letter = { from: network.user(from), to, subject };
  // What was found before is forgotten, so that its key is unknown when the letter is accepted.
  const forget = (): Promise<boolean> => network.say(from, `REMOVE_RECIPIENT ${to}`);
  if (from === DISCOVERER) await eventually(forget, START_LIMIT_MS);
  const answer = isDropped
    ? await submitByDrop(letter)
    : await submitBySmtp(letter, passwords.get(from) ?? '');
  ledger.note(letter, to === GHOST ? 'reported' : 'delivered', answer);
};

const problemsOf = async ({
  network,
  arrivals,
  ledger,
  faults,
}: Siege): Promise<readonly string[]> => {
  const left = await network.settle(SETTLE_LIMIT_MS);
  await eventually(async () => {
    await arrivals.look();
    return ledger.problems().length === 0;
  }, FILING_LIMIT_MS);
  return [...faults, ...(left === undefined ? [] : [left]), ...ledger.problems()];
};

/** Daemons make their passwords when they first start. */
const passwordsOf = async ({ plan }: ProcessNetwork): Promise<ReadonlyMap<string, string>> =>
  new Map(
    await Promise.all(
      plan.users.map(async ({ name, dataDir, account }) => {
        const text = await readFile(join(dataDir, account, 'bridge.password'), 'utf8');
        return [name, text.trim()] as const;
      }),
    ),
  );
