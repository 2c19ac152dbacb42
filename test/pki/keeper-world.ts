/** A keeper on a clock of its own, with sources that answer as told. */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { afterEach } from 'vitest';
import { manualClock, memoryFiles, memoryLog, seededRandom } from '../../src/io/memory.js';
import type { DocumentSource, FetchError } from '../../src/pki/directory.js';
import { epochStart, KATZENPOST_EPOCHS, type Epoch } from '../../src/pki/epoch.js';
import {
  openDocumentKeeper,
  type DocumentKeeper,
  type KeeperOptions,
} from '../../src/pki/keeper.js';
import { config, primitives } from './support.js';

export const EPOCH = 250_000;
export const MINUTE = 60_000;
export const PERIOD = KATZENPOST_EPOCHS.periodMs;

interface Question {
  readonly source: string;
  readonly epoch: Epoch;
  /** Ms since the start of {@link EPOCH}. */
  readonly atMs: number;
}

export type Answer = Uint8Array | FetchError['kind'] | 'silence';

const errorOf = (kind: FetchError['kind'], epoch: Epoch): FetchError => {
  if (kind === 'gone' || kind === 'not-found') return { kind, epoch };
  return { kind: 'not-connected' };
};

/** A keeper on a clock of its own, and everything that it has asked. */
export const world = (startOffsetMs = 0) => {
  const clock = manualClock({ startMs: epochStart(KATZENPOST_EPOCHS, EPOCH) + startOffsetMs });
  const questions: Question[] = [];
  const files = memoryFiles();
  const log = memoryLog();
  const sinceStart = () => clock.now() - epochStart(KATZENPOST_EPOCHS, EPOCH);
  const source = (name: string, answer: (epoch: Epoch) => Answer): DocumentSource => ({
    name,
    fetch: (epoch, signal) => {
      questions.push({ source: name, epoch, atMs: sinceStart() });
      const given = answer(epoch);
      if (given instanceof Uint8Array) return okAsync(given);
      if (given !== 'silence') return errAsync(errorOf(given, epoch));
      const silence = clock.sleep(Infinity, signal);
      return ResultAsync.fromSafePromise(silence).andThen(() =>
        errAsync({ kind: 'aborted' } as const),
      );
    },
  });
  const open = (sources: readonly DocumentSource[], more: Partial<KeeperOptions> = {}) => {
    const keeper = openDocumentKeeper({
      clock,
      config,
      primitives,
      random: seededRandom('keeper'),
      sources,
      log,
      ...more,
    });
    keepers.push(keeper);
    return keeper;
  };
  return { clock, questions, files, log, source, open };
};

const keepers: DocumentKeeper[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
});
