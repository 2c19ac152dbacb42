import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import { OPEN, openRig, type OutboxRig } from '../support/outbox-rig.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BATCH = { delay: 'batch' } as const;

const KEY = new Uint8Array(32).fill(7);

const accept = async ({ outbox }: OutboxRig, to = 'bob@p2', isKnown = true) => {
  const recipients = [{ address: to, key: isKnown ? KEY : undefined }];
  const mail = { payloads: [utf8('x')], reliable: true, recipients, lifetimeMs: DAY_MS };
  return (await outbox.accept(mail))._unsafeUnwrap();
};

/** Recipients of what leaves now; none of it comes back. */
const leaving = ({ outbox }: OutboxRig): readonly string[] => {
  const all: string[] = [];
  for (let ref = outbox.next(OPEN); ref !== undefined; ref = outbox.next(OPEN)) {
    all.push(ref.mail.recipient);
  }
  return all;
};

const states = ({ outbox }: OutboxRig) => outbox.list().map(({ state }) => state);
const momentOf = ({ outbox }: OutboxRig): number =>
  outbox.departures.state.nextBatchAtMs ?? Number.NaN;

/** Lets time pass while batches leave. */
const pass = async ({ clock, outbox }: OutboxRig, ms: number): Promise<void> => {
  const stop = new AbortController();
  const running = outbox.departures.run(stop.signal);
  await clock.advance(ms);
  stop.abort();
  await running;
};

describe('mail in batches', () => {
  it('waits for the moment, and leaves together', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig, 'bob@p2');
    await accept(rig, 'carol@p1');
    expect(states(rig)).toEqual(['awaiting-batch', 'awaiting-batch']);
    const moment = momentOf(rig);
    const restMs = moment - rig.clock.now();
    await pass(rig, restMs - 1);
    expect(leaving(rig)).toEqual([]);
    await pass(rig, 1);
    expect(states(rig)).toEqual(['queued', 'queued']);
    expect(leaving(rig)).toEqual(['bob@p2', 'carol@p1']);
    await accept(rig, 'dora@p2');
    expect(leaving(rig)).toEqual([]);
    await pass(rig, momentOf(rig) - rig.clock.now());
    expect(leaving(rig)).toEqual(['dora@p2']);
  });

  it('waits on after a crash, for the same moment', async () => {
    const before = await openRig(undefined, BATCH);
    await accept(before);
    const moment = momentOf(before);
    await pass(before, HOUR_MS);
    const rig = await openRig(before, BATCH);
    expect(momentOf(rig)).toBe(moment);
    expect(states(rig)).toEqual(['awaiting-batch']);
    await pass(rig, moment - rig.clock.now());
    expect(leaving(rig)).toEqual(['bob@p2']);
  });

  it('leaves at the next start where the moment passed meanwhile', async () => {
    const before = await openRig(undefined, BATCH);
    await accept(before);
    await before.clock.advance(2 * DAY_MS);
    const rig = await openRig(before, BATCH);
    expect(leaving(rig)).toEqual([]);
    await pass(rig, 1);
    expect(leaving(rig)).toEqual(['bob@p2']);
    expect(momentOf(rig)).toBeGreaterThan(rig.clock.now());
  });

  it('does not leave early since the outbox was empty at a restart', async () => {
    const before = await openRig(undefined, BATCH);
    const [first] = await accept(before);
    await pass(before, momentOf(before) - before.clock.now());
    expect(leaving(before)).toEqual(['bob@p2']);
    (await before.outbox.cancel(first?.messageId ?? ''))._unsafeUnwrap();
    const rig = await openRig(before, BATCH);
    await accept(rig);
    expect(states(rig)).toEqual(['awaiting-batch']);
  });

  it('bounces later by its waiting', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig);
    const [mail] = rig.outbox.list();
    expect(mail?.bounceAt).toBe(momentOf(rig) + DAY_MS);
  });

  it('waits for its key first', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig, 'eve@p2', false);
    expect(states(rig)).toEqual(['awaiting-key']);
    (await rig.outbox.release('eve@p2', KEY))._unsafeUnwrap();
    expect(states(rig)).toEqual(['awaiting-batch']);
    await pass(rig, momentOf(rig) - rig.clock.now());
    expect(leaving(rig)).toEqual(['eve@p2']);
  });

  it('can be cancelled while it waits', async () => {
    const rig = await openRig(undefined, BATCH);
    const [sent] = await accept(rig);
    (await rig.outbox.cancel(sent?.messageId ?? ''))._unsafeUnwrap();
    await pass(rig, 2 * DAY_MS);
    expect(rig.outbox.list()).toEqual([]);
    expect(leaving(rig)).toEqual([]);
  });

  it('does not leave before its leaving is on disk', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig);
    const restMs = momentOf(rig) - rig.clock.now();
    rig.stores.failCommits({ kind: 'store-full' });
    await pass(rig, restMs + HOUR_MS);
    expect(leaving(rig)).toEqual([]);
    expect(rig.failures).toEqual([{ kind: 'store-full' }]);
    rig.stores.failCommits(undefined);
    await pass(rig, HOUR_MS);
    expect(leaving(rig)).toEqual(['bob@p2']);
  });

  it('waits no longer than for a day and six hours when the clock is put back', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig);
    rig.clock.jumpWall(-365 * DAY_MS);
    await pass(rig, 30 * HOUR_MS);
    expect(leaving(rig)).toEqual(['bob@p2']);
  });
});

describe('the moments of batches', () => {
  it('are 18 to 30 hours apart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 5 }), async (batches) => {
        const rig = await openRig(undefined, BATCH);
        for (let each = 0; each < batches; each++) {
          const from = rig.clock.now();
          const aheadHours = (momentOf(rig) - from) / HOUR_MS;
          expect(aheadHours).toBeGreaterThanOrEqual(17.99);
          expect(aheadHours).toBeLessThanOrEqual(30);
          await pass(rig, momentOf(rig) - from);
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe('an account that changes its mind', () => {
  it('has all that waits leave at once', async () => {
    const rig = await openRig(undefined, BATCH);
    await accept(rig);
    (await rig.outbox.departures.set('usual'))._unsafeUnwrap();
    expect(rig.outbox.departures.state).toEqual({ delay: 'usual', nextBatchAtMs: undefined });
    expect(leaving(rig)).toEqual(['bob@p2']);
  });

  it('has what was accepted before leave as it was accepted', async () => {
    const rig = await openRig();
    await accept(rig, 'bob@p2');
    (await rig.outbox.departures.set('batch'))._unsafeUnwrap();
    await accept(rig, 'carol@p1');
    expect(leaving(rig)).toEqual(['bob@p2']);
    const again = await openRig(rig);
    expect(states(again)).toEqual(['queued', 'awaiting-batch']);
  });

  it('keeps the moment where it says the same again', async () => {
    const rig = await openRig(undefined, BATCH);
    const moment = momentOf(rig);
    await accept(rig);
    (await rig.outbox.departures.set('batch'))._unsafeUnwrap();
    expect(momentOf(rig)).toBe(moment);
    expect(leaving(rig)).toEqual([]);
  });

  it('is remembered until the configuration says something else', async () => {
    const first = await openRig();
    (await first.outbox.departures.set('batch'))._unsafeUnwrap();
    const second = await openRig(first);
    expect(second.outbox.departures.state.delay).toBe('batch');
    const third = await openRig(second, BATCH);
    expect(momentOf(third)).toBe(momentOf(second));
    await accept(third);
    const fourth = await openRig(third, { delay: 'usual' });
    expect(fourth.outbox.departures.state.delay).toBe('usual');
    expect(leaving(fourth)).toEqual(['bob@p2']);
  });
});
