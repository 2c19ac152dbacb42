import fc from 'fast-check';
import { expect, it } from 'vitest';
import { manualClock, memoryFiles, memoryLog } from '../../../src/io/memory.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { FLOOR, openStatistics, type Statistics } from '../../../apps/node/statistics.js';
import { countsOf } from '../../../apps/node/statistics-events.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const OPTIONS = { role: 'mix', intervalMs: DAY, file: '/d/stats', currentFile: '/d/now' } as const;

const setUp = async () => {
  const clock = manualClock({ startMs: START });
  const files = memoryFiles();
  (await files.makeDirectory('/d'))._unsafeUnwrap();
  const counters: Record<string, number> = {};
  /** A part that starts, and one that is gone without another word. */
  const open = async (): Promise<{ statistics: Statistics; end: () => Promise<void> }> => {
    for (const name of Object.keys(counters)) counters[name] = 0;
    const deps = { clock, files, log: memoryLog(), counters: () => ({ ...counters }) };
    const statistics = (await openStatistics(OPTIONS, deps))._unsafeUnwrap();
    const stop = new AbortController();
    const running = statistics.run(stop.signal);
    return {
      statistics,
      end: async () => {
        stop.abort();
        await running;
      },
    };
  };
  const history = async (): Promise<string | undefined> =>
    files.read('/d/stats').match(fromUtf8, () => undefined);
  return { clock, files, counters, open, history };
};

it('writes a block when its time has passed and was observed', async () => {
  const { clock, counters, open, history } = await setUp();
  const { end } = await open();
  Object.assign(counters, { 'packets.received': 1234, 'packets.sent': 20, 'drop.send-late': 3 });
  await clock.advance(DAY - MINUTE);
  expect(await history()).toBeUndefined();
  await clock.advance(2 * MINUTE);
  expect(await history()).toBe(
    [
      '========== From 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z:',
      '  received packets: 1234',
      '  received connections: <10',
      '  attempted connects: <10',
      '  successful connects: <10',
      '  failed connects: <10',
      '  attempted relays: 23',
      '  successful relays: 20',
      '  failed relays: <10',
      '  unretriable relays: <10',
      '',
    ].join('\n'),
  );
  counters['packets.received'] = 1250;
  await clock.advance(DAY);
  expect(await history()).toMatch(/From 2026-01-02T00:00:00Z .*\n {2}received packets: 16\n/);
  await end();
});

it('writes none of a period in which the part was mostly down', async () => {
  const { clock, open, history } = await setUp();
  const first = await open();
  await clock.advance(5 * MINUTE);
  await first.end();
  await clock.advance(DAY - 10 * MINUTE);
  const second = await open();
  await clock.advance(5 * MINUTE);
  expect(second.statistics.current()).toMatchObject({ fromMs: START, observedMs: 10 * MINUTE });
  expect(await history()).toBeUndefined();
  // The period goes on until enough of it was observed.
  await clock.advance(0.75 * DAY - 11 * MINUTE);
  expect(await history()).toBeUndefined();
  await clock.advance(2 * MINUTE);
  expect(await history()).toContain('From 2026-01-01T00:00:00Z to 2026-01-02T17:');
  await second.end();
});

it('loses at most what was counted since it was last kept', async () => {
  const { clock, counters, open } = await setUp();
  await open();
  counters['packets.received'] = 50;
  await clock.advance(MINUTE);
  counters['packets.received'] = 80;
  await clock.advance(MINUTE / 2);
  // Nobody closes it: the process was killed.
  const { statistics, end } = await open();
  expect(statistics.current().counts['received packets']).toBe(50);
  counters['packets.received'] = 7;
  expect(statistics.current().counts['received packets']).toBe(57);
  await end();
});

it('begins anew where the file is none of ours', async () => {
  const { files, open } = await setUp();
  for (const rubbish of ['', 'rubbish', '{"fromMs":"x"}', '[]']) {
    (await files.write('/d/now', utf8(rubbish)))._unsafeUnwrap();
    const { statistics, end } = await open();
    expect(statistics.current()).toMatchObject({ fromMs: START, observedMs: 0 });
    await end();
  }
});

it('tells no number below the floor', () =>
  fc.assert(
    fc.asyncProperty(fc.nat({ max: 3 * FLOOR }), async (count) => {
      const { counters, open } = await setUp();
      const { statistics, end } = await open();
      counters['packets.received'] = count;
      const told = statistics.current().counts['received packets'];
      expect(told).toBe(count < FLOOR ? '<10' : count);
      await end();
    }),
    { numRuns: 20 },
  ));

it('has deliveries of a provider only, and what an authority is asked', () => {
  const counters = { 'spooled.message': 5, 'spooled.reply': 2, 'drop.unknown-recipient': 4 };
  expect(countsOf('provider', counters)).toMatchObject({
    'attempted deliveries': 11,
    'successful deliveries': 7,
    'failed deliveries': 0,
    'unretriable deliveries': 4,
  });
  expect(Object.keys(countsOf('mix', counters)).join()).not.toContain('deliver');
  expect(countsOf('authority', { 'answered.get-consensus': 3 })).toMatchObject({
    'documents asked for': 3,
  });
});
