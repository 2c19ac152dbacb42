/**
 * `[Mixing]` of a mix's file: when packets leave, and what is dangerous about a choice.
 *
 * Source: names, ranges and warnings of Mixminion's server. Its usual interval, half an hour, is
 * longer than our epochs, so ours is another.
 * @module
 */
import * as z from 'zod';
import { POISSON, type Mixing } from '../../servers/node/strategy.js';

const DEFAULT_INTERVAL_S = 10;
const DEFAULT_RATE = 0.6;
const DEFAULT_MIN_SIZE = 5;
const SECOND_MS = 1000;

const SHORT_INTERVAL_S = 1;
/** Keys are good for two minutes after their epoch, and a path has up to three mixes. */
const LONG_STAY_S = 40;
const LOW_RATE = 0.05;
/** Fewer than these are a pool of one. */
const SMALL_POOL = 2;

export const mixingSchema = z.strictObject({
  Strategy: z
    .enum(['poisson', 'timed', 'pool', 'binomial'], {
      error: 'must be poisson, timed, pool or binomial',
    })
    .default('poisson')
    .describe(
      'when packets leave: `poisson`, after the delay that the sender chose; `timed`, `pool` or `binomial`, in rounds that set it aside',
    ),
  MixInterval: z
    .number()
    .min(0)
    .max(86_400)
    .optional()
    .meta({ usual: `\`${DEFAULT_INTERVAL_S}\``, description: 'time between two rounds, seconds' }),
  MixPoolRate: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({
      usual: `\`${DEFAULT_RATE}\``,
      description: 'part of the pool that leaves in a round, 0 to 1; one packet at least',
    }),
  MixPoolMinSize: z
    .number()
    .int()
    .min(0)
    .optional()
    .meta({
      usual: `\`${DEFAULT_MIN_SIZE}\``,
      description: 'packets that always stay in the pool',
    }),
});

export type MixingFile = z.output<typeof mixingSchema>;

export type MixingKey = keyof MixingFile;

/** A key and what is dangerous about its value, as the end of a sentence. */
export interface MixingWarning {
  readonly key: MixingKey;
  readonly problem: string;
}

/** With everything filled in that the strategy uses. */
export const completeMixing = (file: MixingFile): MixingFile => {
  const { Strategy, MixInterval = DEFAULT_INTERVAL_S } = file;
  if (Strategy === 'poisson') return file;
  if (Strategy === 'timed') return { ...file, MixInterval };
  const { MixPoolRate = DEFAULT_RATE, MixPoolMinSize = DEFAULT_MIN_SIZE } = file;
  return { Strategy, MixInterval, MixPoolRate, MixPoolMinSize };
};

export const mixingOf = (file: MixingFile): Mixing => {
  const { Strategy: kind, MixInterval = 0, ...pool } = completeMixing(file);
  if (kind === 'poisson') return POISSON;
  const intervalMs = MixInterval * SECOND_MS;
  if (kind === 'timed') return { kind, intervalMs };
  return { kind, intervalMs, rate: pool.MixPoolRate ?? 0, minSize: pool.MixPoolMinSize ?? 0 };
};

/** What weakens or loses packets, though it can be done. */
export const mixingWarnings = (file: MixingFile): readonly MixingWarning[] => {
  const mixing = mixingOf(file);
  if (mixing.kind === 'poisson') {
    return unused(file, ['MixInterval', 'MixPoolRate', 'MixPoolMinSize']);
  }
  if (mixing.kind === 'timed') {
    return [
      ...unused(file, ['MixPoolRate', 'MixPoolMinSize']),
      ...intervalWarnings(mixing.intervalMs, 1),
    ];
  }
  return [
    ...intervalWarnings(mixing.intervalMs, mixing.rate),
    ...rateWarnings(mixing.rate),
    ...sizeWarnings(mixing.minSize),
  ];
};

const unused = (file: MixingFile, keys: readonly MixingKey[]): readonly MixingWarning[] =>
  keys
    .filter((key) => file[key] !== undefined)
    .map((key) => ({ key, problem: `is not used by the strategy ${file.Strategy}` }));

const intervalWarnings = (intervalMs: number, rate: number): readonly MixingWarning[] => {
  const seconds = intervalMs / SECOND_MS;
  const key = 'MixInterval';
  if (seconds < SHORT_INTERVAL_S) {
    const problem =
      'is dangerously short: few packets come between two rounds, and who watches can tell which one leaves';
    return [{ key, problem }];
  }
  if (rate < LOW_RATE || seconds / rate <= LONG_STAY_S) return [];
  const problem = `packets stay ${Math.round(seconds / rate)} s on average and may reach the next node after its key is gone; over ${LONG_STAY_S} s some are lost at each change of epochs`;
  return [{ key, problem }];
};

const rateWarnings = (rate: number): readonly MixingWarning[] => {
  const key = 'MixPoolRate';
  if (rate === 1) {
    const problem =
      'of 1 empties the pool in every round but for its minimum: who floods it finds the one packet that is not his';
    return [{ key, problem }];
  }
  if (rate >= LOW_RATE) return [];
  const problem =
    'is unusually low: packets stay for many rounds, and are lost where their keys change meanwhile';
  return [{ key, problem }];
};

const sizeWarnings = (minSize: number): readonly MixingWarning[] => {
  if (minSize >= SMALL_POOL) return [];
  const problem = `of ${minSize} leaves a packet that comes alone nobody to hide among: it can be followed through the mix`;
  return [{ key: 'MixPoolMinSize', problem }];
};
