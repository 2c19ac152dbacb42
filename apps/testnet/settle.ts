/**
 * Settling: waiting until no mail is anywhere between its sender's outbox and its inbox.
 *
 * Cover traffic never rests, so what counts is mail: outboxes, mail blocks in spools, and parts of
 * mails at receivers. What left an outbox unacknowledged may still be on its way for the longest
 * delay of a path, so all of it must stay empty for that long.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Io } from '../../src/io/contracts.js';
import { askObject, numberAt } from './ask.js';
import type { TestnetError } from './errors.js';
import { socketOf, type TestnetPace, type TestnetPlan } from './plan.js';

const LOOK_MS = 100;
const HOPS = 5;
/** Means of one delay after which a path of so many hops has hardly ever anything left. */
const DELAY_MEANS = 4;
const LEAST_QUIET_MS = 500;

/** How long everything must stay empty. */
export const quietMs = ({ mu }: TestnetPace): number =>
  Math.max(LEAST_QUIET_MS, HOPS * DELAY_MEANS * mu);

/** @errors `not-in-time`: what is left, part by part */
export const settleProcesses = (
  plan: TestnetPlan,
  io: Io,
  limitMs: number,
): ResultAsync<void, TestnetError> => {
  const wait = async (): Promise<Result<void, TestnetError>> => {
    const { clock } = io;
    const untilMs = clock.monotonic() + limitMs;
    let quietSinceMs: number | undefined;
    for (;;) {
      const left = await leftOf(plan, io);
      const nowMs = clock.monotonic();
      quietSinceMs = left.length > 0 ? undefined : (quietSinceMs ?? nowMs);
      if (quietSinceMs !== undefined && nowMs - quietSinceMs >= quietMs(plan.pace)) {
        return ok(undefined);
      }
      if (nowMs >= untilMs) return err({ kind: 'not-in-time', what: 'settle', left });
      await clock.sleep(LOOK_MS);
    }
  };
  return new ResultAsync(wait());
};

/** One line for each part with something left, or that does not answer. */
const leftOf = async (plan: TestnetPlan, io: Io): Promise<readonly string[]> => {
  const providers = plan.parts.filter(({ role }) => role === 'provider');
  const looks = [
    ...plan.users.map((user) => ({ ...user, describe: leftAtUser })),
    ...providers.map((part) => ({ ...part, describe: leftAtProvider })),
  ];
  const lines = await Promise.all(
    looks.map(async (place) => {
      const text = await askObject(io.network, socketOf(place), 'status').match(
        place.describe,
        () => 'does not answer',
      );
      return text === '' ? [] : [`${place.name}: ${text}`];
    }),
  );
  return lines.flat();
};

type Answer = Parameters<typeof numberAt>[0];

const leftAtUser = (status: Answer): string =>
  described([
    [numberAt(status, 'outbox', 'mails'), 'mails in the outbox'],
    [numberAt(status, 'fragments'), 'blocks of mails that are not whole'],
  ]);

const leftAtProvider = (status: Answer): string =>
  described([[numberAt(status, 'spooled'), 'mail blocks in the spool']]);

/** What there is of each, or nothing. */
export const described = (counts: readonly (readonly [number, string])[]): string =>
  counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
