import { describe, expect, it } from 'vitest';
import { compareSamples } from '../support/kolmogorov-smirnov.js';
import { startMailPrograms } from './mail-programs.js';
import {
  ALICE,
  BOB,
  gapsOf,
  type People,
  receiving,
  sizesOf,
  type Trace,
  watchDay,
  writing,
} from './observer.js';
import { type Deed, HOUR } from './timeline.js';

const MAILS = 200;
/** The level at which two days count as different. */
const LEVEL = 0.01;
/** Where many comparisons are made at once, one of them is below the level by chance. */
const STRICT_LEVEL = 0.0005;
/** Frames of a size that say something. */
const ENOUGH = 50;
const DIRECTIONS = ['out', 'in'] as const;

/** p-values of send times, and whether the sizes are the same, in both directions. */
const compareDays = (a: Trace, b: Trace) =>
  DIRECTIONS.map((direction) => ({
    direction,
    p: compareSamples(gapsOf(a, direction), gapsOf(b, direction)).p,
    sameSizes: sizesOf(a, direction).join() === sizesOf(b, direction).join(),
  }));

/** The lowest p-value of any one size of frames: an observer can tell them apart. */
const lowestBySize = (a: Trace, b: Trace): number =>
  Math.min(
    ...DIRECTIONS.flatMap((direction) =>
      sizesOf(a, direction).map((size) => {
        const of = (trace: Trace) =>
          gapsOf(
            trace.filter((frame) => frame.size === size),
            direction,
          );
        const [gaps, others] = [of(a), of(b)];
        return gaps.length < ENOUGH || others.length < ENOUGH ? 1 : compareSamples(gaps, others).p;
      }),
    ),
  );

describe('an observer of a client’s link', () => {
  const quiet = watchDay({ seed: 'observer one' });
  const leaky = { sendDecoyTraffic: false };

  it.each(['observer one', 'observer two'])(
    'cannot tell 200 mails in each direction from none (%s)',
    async (seed) => {
      const busy = await watchDay({ seed, deeds: writing(MAILS) });
      const seen = compareDays(await quiet, busy);
      for (const { p, sameSizes } of seen) {
        expect(sameSizes).toBe(true);
        expect(p).toBeGreaterThan(LEVEL);
      }
      expect(lowestBySize(await quiet, busy)).toBeGreaterThan(STRICT_LEVEL);
    },
  );

  it('would find a client that sends no decoys', async () => {
    const idle = await watchDay({ seed: 'observer one', tuning: leaky });
    // So many that no draw of the other frames' times hides them.
    const deeds = writing(4 * MAILS);
    const busy = await watchDay({ seed: 'observer two', tuning: leaky, deeds });
    const [out] = compareDays(idle, busy);
    expect(out?.p).toBeLessThan(LEVEL);
    expect(out?.sameSizes).toBe(false);
  });

  it('sees nothing of what mail programs do', async () => {
    const day = { seed: 'observer three', lengthMs: 6 * HOUR };
    const without = await watchDay({ ...day, deeds: receiving(40) });
    let fetched = 0;
    const programsAtWork = (people: People): readonly Deed[] => [
      ...receiving(40)(people),
      ...[1, 2, 3, 4, 5].map((hour) => ({
        atMs: hour * HOUR,
        doIt: async () => {
          fetched += await useMailPrograms(people);
        },
      })),
    ];
    const withThem = await watchDay({ ...day, deeds: programsAtWork });
    expect(fetched).toBeGreaterThan(0);
    expect(withThem).toEqual(without);
  });
});

/** A whole round of everything, and the calls of programs that hold the client themselves. */
const useMailPrograms = async ({ world, alice }: People): Promise<number> => {
  const programs = await startMailPrograms(alice, ALICE, world.io.network);
  await programs.tryRecipients([BOB, 'nobody@p2.test', ALICE]);
  expect(await programs.manage('dave@p2.test')).toEqual(['250', '250', '250', '250']);
  const fetched = await programs.fetch();
  alice.outbox.list();
  alice.accounts.status();
  alice.recipients.list();
  (await alice.recipients.rescan())._unsafeUnwrap();
  await programs.close();
  return fetched;
};
