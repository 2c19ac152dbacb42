/**
 * Statistics: how many packets and connections a part has had, in periods long enough to show
 * nobody who was there.
 *
 * A period ends when its time has passed and most of it was observed: one in which the part was
 * mostly down would show the traffic of few. Small numbers are not told at all.
 *
 * Source: mixminiond(8), `LogStats` and `StatsInterval` of mixminiond.conf(5).
 * @module
 */
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import * as z from 'zod';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import type { Clock, Files, FilesError, Log } from '../../src/io/contracts.js';
import type { Role } from './role.js';
import { countsOf, type EventCounts } from './statistics-events.js';

export interface StatisticsOptions {
  readonly role: Role;
  readonly intervalMs: number;
  /** Absolute: where blocks of past periods are appended. */
  readonly file: string;
  /** Absolute: the period that is not over. */
  readonly currentFile: string;
}

export interface StatisticsDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  /** Everything that has been counted since the start, by name. */
  readonly counters: () => Readonly<Record<string, number>>;
}

/** A number, or that it is below {@link FLOOR}. */
export type Told = number | string;

/** A period as it is told. */
export interface Period {
  /** Ms since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  /** For how long of it the part was up. */
  readonly observedMs: number;
  readonly counts: Readonly<Record<string, Told>>;
}

/** Fewer are not told. */
export const FLOOR = 10;
/** A crash loses no more than this. */
const SAVE_MS = 60_000;
/** Part of the interval that must have been observed. */
const OBSERVED_PART = 0.75;

const kept = z.strictObject({
  fromMs: z.number(),
  observedMs: z.number().min(0),
  counts: z.record(z.string(), z.int().min(0)),
});

type Kept = z.output<typeof kept>;

export class Statistics {
  readonly #options: StatisticsOptions;
  readonly #deps: StatisticsDeps;
  /** What the period had when it was last looked at. */
  #period: Kept;
  #seen: EventCounts;
  #seenMs: number;

  /** Only {@link openStatistics} makes one. */
  constructor(options: StatisticsOptions, deps: StatisticsDeps, period: Kept | undefined) {
    this.#options = options;
    this.#deps = deps;
    this.#period = period ?? { fromMs: deps.clock.now(), observedMs: 0, counts: {} };
    this.#seen = this.#counts();
    this.#seenMs = deps.clock.monotonic();
  }

  /** The period that is not over. */
  current(): Period {
    this.#observe();
    const { fromMs, observedMs, counts } = this.#period;
    return { fromMs, toMs: this.#deps.clock.now(), observedMs, counts: toldOf(counts) };
  }

  /** Keeps the period and ends it in time, until the signal; then keeps it once more. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(SAVE_MS, signal);
      (await this.#save()).match(
        () => undefined,
        ({ reason }) => this.#deps.log.write('error', 'statistics', 'not kept', { reason }),
      );
    }
  }

  #counts(): EventCounts {
    return countsOf(this.#options.role, this.#deps.counters());
  }

  /** Adds what was counted since the last look. */
  #observe(): void {
    const [seen, seenMs] = [this.#counts(), this.#deps.clock.monotonic()];
    const counts = Object.fromEntries(
      Object.entries(seen).map(([event, count]) => [
        event,
        (this.#period.counts[event] ?? 0) + count - (this.#seen[event] ?? 0),
      ]),
    );
    const observedMs = this.#period.observedMs + seenMs - this.#seenMs;
    this.#period = { ...this.#period, observedMs, counts };
    [this.#seen, this.#seenMs] = [seen, seenMs];
  }

  /** History first: a crash between the two writes tells a period twice, and loses none. */
  async #save(): Promise<Result<void, FilesError>> {
    const { files } = this.#deps;
    const period = this.current();
    if (this.#isOver(period)) {
      const written = await append(files, this.#options.file, blockOf(period));
      if (written.isErr()) return err(written.error);
      this.#period = { fromMs: period.toMs, observedMs: 0, counts: {} };
    }
    return files.write(this.#options.currentFile, utf8(`${JSON.stringify(this.#period)}\n`));
  }

  #isOver({ fromMs, toMs, observedMs }: Period): boolean {
    const { intervalMs } = this.#options;
    return toMs - fromMs >= intervalMs && observedMs >= intervalMs * OBSERVED_PART;
  }
}

/**
 * Goes on with the period of an earlier run; a file that is none of ours begins a new one.
 *
 * @errors `files`: it cannot be read
 */
export const openStatistics = (
  options: StatisticsOptions,
  deps: StatisticsDeps,
): ResultAsync<Statistics, FilesError> =>
  deps.files
    .read(options.currentFile)
    .map((bytes): Kept | undefined => readKept(bytes))
    .orElse((error) => (error.reason === 'missing' ? okAsync(undefined) : err(error)))
    .map((period) => new Statistics(options, deps, period));

const readKept = (bytes: Uint8Array): Kept | undefined => {
  try {
    return kept.safeParse(JSON.parse(fromUtf8(bytes))).data;
  } catch {
    return undefined;
  }
};

const toldOf = (counts: EventCounts): Readonly<Record<string, Told>> =>
  Object.fromEntries(
    Object.entries(counts).map(([event, count]) => [event, count < FLOOR ? `<${FLOOR}` : count]),
  );

/** As mixminiond writes them. */
export const blockOf = ({ fromMs, toMs, counts }: Period): string =>
  [
    `========== From ${timeOf(fromMs)} to ${timeOf(toMs)}:`,
    ...Object.entries(counts).map(([event, told]) => `  ${event}: ${told}`),
    '',
  ].join('\n');

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const append = (files: Files, path: string, text: string): ResultAsync<void, FilesError> =>
  files
    .read(path)
    .orElse((error) => (error.reason === 'missing' ? ok(new Uint8Array(0)) : err(error)))
    .andThen((before) => files.write(path, concat(before, utf8(text))));
