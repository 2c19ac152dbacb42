/**
 * A whole mix under load, in its own process over loopback connections: what one packet costs it
 * from link to link, beside what its primitives cost in the same process in the same rounds.
 * @module
 */
import { availableParallelism } from 'node:os';
import { measured, runArea } from './area.js';
import { isQuick, type Rounds } from './measure.js';
import { PARTS, type PartTimes, type RelayPart } from './relay/parts.js';
import { openStage, type Stage } from './relay/stage.js';
import type { AreaReport, Measure, Requirement } from './report.js';
import { ratios, summarise } from './stats.js';

/** What the requirements were written for: µs of one blinding by node:crypto. */
const NOMINAL_BLINDING_US = 50;
const LEAST_RATE = 2000;
const MOST_OVERHEAD = 1.5;

const PACKETS = isQuick() ? 400 : 600;
/** Until all code on the way is compiled. */
const WARM_UP_PACKETS = isQuick() ? 2000 : 4000;
const ROUNDS = isQuick() ? 5 : 13;
/** Next to nothing: what is held costs no time. */
const DELAYS = { leastMs: 1, mostMs: 5 };
const SHORT = { rounds: 1, turnMs: isQuick() ? 15 : 40, warmUpMs: 1 };
const LONG = { rounds: isQuick() ? 3 : 9, turnMs: isQuick() ? 5 : 10, warmUpMs: 50 };

interface Round {
  /** µs of the mix's CPU per packet. */
  readonly relayUs: number;
  /** Packets per second of wall time. */
  readonly wallRate: number;
  /** µs of one blinding, right after. */
  readonly blindingUs: number;
  /** µs of all primitives for one packet, right after. */
  readonly primitivesUs: number;
}

const partsOf = async (
  { mix }: Stage,
  names: readonly RelayPart[],
  rounds: Rounds,
): Promise<PartTimes> => (await mix.ask({ kind: 'measure-parts', names, rounds }, 'parts')).parts;

const medianOf = (times: readonly number[] | undefined): number => summarise(times ?? []).median;

const runRound = async (stage: Stage): Promise<Round> => {
  const headers = stage.prepare(PACKETS, DELAYS);
  const before = await stage.look();
  const startMs = performance.now();
  await stage.carry(headers);
  const tookMs = performance.now() - startMs;
  const after = await stage.look();
  const parts = await partsOf(stage, ['blinding', 'together'], SHORT);
  return {
    relayUs: (after.cpuUs - before.cpuUs) / (after.sent - before.sent),
    wallRate: (PACKETS * 1000) / tookMs,
    blindingUs: medianOf(parts.blinding),
    primitivesUs: medianOf(parts.together),
  };
};

interface Runs {
  readonly rounds: readonly Round[];
  readonly parts: PartTimes;
  readonly lost: number;
}

/** Rounds of a mix with so many threads. */
const runMix = async (threads: number): Promise<Runs> => {
  const stage = await openStage(threads);
  await stage.carry(stage.prepare(WARM_UP_PACKETS, DELAYS));
  const parts = await partsOf(stage, PARTS, LONG);
  const lostBefore = stage.lost();
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await runRound(stage));
  const lost = stage.lost() - lostBefore;
  await stage.close();
  return { rounds, parts, lost };
};

const rateOf = ({ relayUs }: Round): number => 1e6 / relayUs;

/** What the rate would be if this machine were as quick as the one that was asked for. */
const nominalRateOf = (round: Round): number =>
  rateOf(round) * (round.blindingUs / NOMINAL_BLINDING_US);

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
    rounds.map(({ primitivesUs }) => primitivesUs),
  );

/** The same over the parts in loops of their own, whose data never leave the caches. */
const overSinglesOf = ({ rounds, parts }: Runs): readonly number[] => {
  const singles = PARTS.filter((name) => name !== 'together');
  const sumUs = singles.reduce((sum, name) => sum + medianOf(parts[name]), 0);
  return rounds.map(({ relayUs }) => relayUs / sumUs);
};

const requirementsOf = ({ rounds, lost }: Runs): readonly Requirement[] => [
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
  { name: 'relay: packets lost', value: lost, unit: 'packets', bound: 'at-most', limit: 0 },
];

const partMeasures = (parts: PartTimes): readonly Measure[] =>
  PARTS.map((name) => measured(LABELS[name], 'us', parts[name] ?? []));

const LABELS: Readonly<Record<RelayPart, string>> = {
  dh: 'primitive: X25519, DH',
  blinding: 'primitive: X25519, blinding',
  hkdf: 'primitive: HKDF',
  hmac: 'primitive: HMAC of the header',
  ctr: 'primitive: AES-CTR of the routing info',
  sha512_256: 'primitive: SHA-512/256 for the replay tag',
  aez: 'primitive: AEZ of the payload',
  open: 'primitive: ChaCha20-Poly1305, opening a frame',
  seal: 'primitive: ChaCha20-Poly1305, sealing a frame',
  together: 'primitives, one after another',
};

const bench = async (): Promise<AreaReport> => {
  const threads = availableParallelism();
  const alone = await runMix(0);
  const pooled = await runMix(threads);
  return {
    area: 'relay',
    measures: [
      ...measuresOf('relay, one thread', alone.rounds),
      ...measuresOf(`relay, ${threads} unwrap threads`, pooled.rounds),
      ...partMeasures(alone.parts),
      measured('relay, one thread, over its primitives', 'x', overheadsOf(alone.rounds)),
      measured('relay, one thread, over the sum of single ones', 'x', overSinglesOf(alone)),
    ],
    requirements: requirementsOf(alone),
  };
};

await runArea(bench);
