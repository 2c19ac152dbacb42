/**
 * A whole mix under load, in its own process over loopback connections: what one packet costs it
 * from link to link, beside what its primitives cost in the same process in the same rounds.
 * @module
 */
import { availableParallelism } from 'node:os';
import { measured, runArea } from './area.js';
import { isQuick } from './measure.js';
import type { RelayPart } from './relay/parts.js';
import { openStage, type Stage } from './relay/stage.js';
import type { AreaReport, Measure, Requirement } from './report.js';
import { ratios, summarise } from './stats.js';

/** What the requirements were written for: µs of one blinding by node:crypto. */
const NOMINAL_BLINDING_US = 50;
const LEAST_RATE = 2000;
const MOST_OVERHEAD = 1.5;

const PACKETS = 600;
const WARM_UP_ROUNDS = 3;
const ROUNDS = isQuick() ? 4 : 12;
/** The shortest delay that a packet may ask for: the next turn of the scheduler. */
const DELAY_MS = 1;
const PARTS_TURN = { rounds: 1, turnMs: isQuick() ? 5 : 10 };

interface Round {
  /** µs of the mix's CPU per packet. */
  readonly relayUs: number;
  /** Packets per second of wall time. */
  readonly wallRate: number;
  readonly parts: Readonly<Record<RelayPart, number>>;
}

/** Everything that the mix did not send on in these rounds. */
const failOnLoss = (drops: Readonly<Record<string, number>>): void => {
  if (Object.keys(drops).length > 0) throw new Error(`packets lost: ${JSON.stringify(drops)}`);
};

const runRound = async (stage: Stage, measureParts: boolean): Promise<Round> => {
  const headers = stage.prepare(PACKETS, DELAY_MS);
  const before = await stage.look();
  const startMs = performance.now();
  await stage.carry(headers);
  const tookMs = performance.now() - startMs;
  const after = await stage.look();
  failOnLoss(after.drops);
  const relayUs = (after.cpuUs - before.cpuUs) / (after.sent - before.sent);
  const parts = measureParts ? await partsOf(stage) : NO_PARTS;
  return { relayUs, wallRate: (PACKETS * 1000) / tookMs, parts };
};

const partsOf = async ({ mix }: Stage): Promise<Round['parts']> => {
  const { parts } = await mix.ask({ kind: 'measure-parts', rounds: PARTS_TURN }, 'parts');
  const medians = Object.entries(parts).map(([name, us]) => [name, summarise(us).median]);
  return { ...NO_PARTS, ...Object.fromEntries(medians) };
};

const NO_PARTS: Round['parts'] = {
  dh: 0,
  blinding: 0,
  hkdf: 0,
  hmac: 0,
  ctr: 0,
  sha512_256: 0,
  aez: 0,
  open: 0,
  seal: 0,
};

/** Rounds of a mix with so many threads; the first ones, before the code is compiled, are left out. */
const runMix = async (threads: number): Promise<readonly Round[]> => {
  const stage = await openStage(threads);
  const rounds: Round[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const done = await runRound(stage, true);
    if (round >= WARM_UP_ROUNDS) rounds.push(done);
  }
  await stage.close();
  return rounds;
};

const sumOf = ({ parts }: Round): number =>
  Object.values(parts).reduce((sum, part) => sum + part, 0);

const rateOf = ({ relayUs }: Round): number => 1e6 / relayUs;

/** What the rate would be if this machine were as quick as the one that was asked for. */
const nominalRateOf = (round: Round): number =>
  rateOf(round) * (round.parts.blinding / NOMINAL_BLINDING_US);

const measuresOf = (label: string, rounds: readonly Round[]): readonly Measure[] => [
  measured(
    `${label}: per packet`,
    'us',
    rounds.map(({ relayUs }) => relayUs),
  ),
  measured(`${label}: per CPU-second`, '/s', rounds.map(rateOf)),
  measured(`${label}: per CPU-second, normalised`, '/s', rounds.map(nominalRateOf)),
  measured(
    `${label}: per second of this machine`,
    '/s',
    rounds.map(({ wallRate }) => wallRate),
  ),
];

const overheadsOf = (rounds: readonly Round[]): readonly number[] =>
  ratios(
    rounds.map(({ relayUs }) => relayUs),
    rounds.map(sumOf),
  );

const requirementsOf = (rounds: readonly Round[]): readonly Requirement[] => [
  {
    name: 'relay: packets per CPU-second, normalised',
    value: summarise(rounds.map(nominalRateOf)).median,
    unit: '/s',
    bound: 'at-least',
    limit: LEAST_RATE,
  },
  {
    name: 'relay: over its primitives',
    value: summarise(overheadsOf(rounds)).median,
    unit: 'x',
    bound: 'at-most',
    limit: MOST_OVERHEAD,
  },
];

const partMeasures = (rounds: readonly Round[]): readonly Measure[] => {
  const names = Object.keys(NO_PARTS) as RelayPart[];
  return names.map((name) =>
    measured(
      `  primitive: ${name}`,
      'us',
      rounds.map(({ parts }) => parts[name]),
    ),
  );
};

const bench = async (): Promise<AreaReport> => {
  const threads = availableParallelism();
  const alone = await runMix(0);
  const pooled = await runMix(threads);
  return {
    area: 'relay',
    measures: [
      ...measuresOf('relay, one thread', alone),
      ...measuresOf(`relay, ${threads} unwrap threads`, pooled),
      ...partMeasures(alone),
      measured('primitives together', 'us', alone.map(sumOf)),
      measured('relay over its primitives', 'x', overheadsOf(alone)),
    ],
    requirements: requirementsOf(alone),
  };
};

await runArea(bench);
