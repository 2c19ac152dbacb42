import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/io/contracts.js';
import { seededRandom, type MemoryFiles } from '../../src/io/memory.js';
import type { Epoch } from '../../src/pki/epoch.js';
import { MIX_WANTS, PROVIDER_WANTS, type DocumentKeeper } from '../../src/pki/keeper.js';
import { EPOCH, MINUTE, PERIOD, world } from './keeper-world.js';
import { documentOf } from './support.js';

const cached = (files: MemoryFiles) => ({ files, cachePath: '/cache' });

describe('the documents of a client', () => {
  it('are fetched at once, and the next one in the last eighth of the epoch', async () => {
    const { clock, questions, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))]);
    await clock.settled();
    expect(keeper.view()?.epoch).toBe(EPOCH);
    expect(keeper.raw(EPOCH)).toEqual(documentOf(EPOCH));
    await clock.advance(PERIOD * (7 / 8) - 1);
    expect(questions.map(({ epoch }) => epoch)).toEqual([EPOCH]);
    expect(keeper.view(EPOCH + 1)).toBeUndefined();
    await clock.advance(PERIOD / 16);
    expect(keeper.view(EPOCH + 1)?.epoch).toBe(EPOCH + 1);
    await clock.advance(PERIOD / 16 + 1);
    expect(keeper.view()?.epoch).toBe(EPOCH + 1);
    expect(keeper.view(EPOCH)).toBeUndefined();
  });

  it('are asked for three times in three epochs', async () => {
    const { clock, questions, source, open } = world();
    open([source('authority', (epoch) => documentOf(epoch))]);
    await clock.advance(3 * PERIOD - MINUTE);
    expect(questions.map(({ epoch }) => epoch - EPOCH)).toEqual([0, 1, 2, 3]);
  });

  it('appear within seconds of a fresh network making them', async () => {
    const { clock, questions, source, open } = world();
    let made = false;
    const keeper = open([source('authority', (each) => (made ? documentOf(each) : 'not-found'))]);
    await clock.advance(10_000);
    expect(questions.length).toBeGreaterThanOrEqual(4);
    expect(questions.length).toBeLessThanOrEqual(8);
    await clock.advance(5 * MINUTE);
    const pauses = questions.slice(1).map(({ atMs }, i) => atMs - (questions[i]?.atMs ?? 0));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_001);
    made = true;
    await clock.advance(30_000);
    expect(keeper.view()?.epoch).toBe(EPOCH);
  });

  it('come at different moments to different clients', async () => {
    const moments = new Set<number>();
    for (const seed of ['a', 'b', 'c']) {
      const { clock, questions, source, open } = world();
      open([source('authority', (epoch) => documentOf(epoch))], { random: seededRandom(seed) });
      await clock.advance(PERIOD - 1);
      moments.add(questions.at(-1)?.atMs ?? 0);
    }
    expect(moments.size).toBe(3);
  });

  it('are the same in every run', async () => {
    const run = async () => {
      const { clock, questions, source, open } = world();
      const keeper = open([source('authority', () => 'not-found')]);
      await clock.advance(2 * PERIOD);
      await keeper.close();
      return questions;
    };
    expect(await run()).toEqual(await run());
  });
});

describe('the documents of a node', () => {
  it('reach two epochs back, the pressing ones first', async () => {
    const { clock, questions, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))], { wanted: MIX_WANTS });
    await clock.settled();
    expect(questions.map(({ epoch }) => epoch - EPOCH)).toEqual([0, -1, -2]);
    expect(keeper.view(EPOCH - 1)?.epoch).toBe(EPOCH - 1);
    await clock.advance(PERIOD);
    expect([1, 0, -1, -2].map((i) => keeper.view(EPOCH + i)?.epoch)).toEqual([
      EPOCH + 1,
      EPOCH,
      EPOCH - 1,
      undefined,
    ]);
  });

  it('may have expired, which is no reason to ask often', async () => {
    const { clock, questions, source, open } = world(PERIOD / 2 + 1);
    const keeper = open([source('authority', (epoch) => documentOf(epoch))], { wanted: MIX_WANTS });
    await clock.advance(MINUTE);
    expect(keeper.view(EPOCH - 2)).toBeUndefined();
    expect(questions.filter(({ epoch }) => epoch === EPOCH - 2).length).toBe(1);
  });

  it('are at the provider from half-time on', async () => {
    const { clock, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))], {
      wanted: PROVIDER_WANTS,
    });
    await clock.advance(PERIOD / 2 - 1);
    expect(keeper.raw(EPOCH + 1)).toBeUndefined();
    await clock.advance(PERIOD / 16 + 1);
    expect(keeper.raw(EPOCH + 1)).toEqual(documentOf(EPOCH + 1));
  });
});

describe('the documents on disk', () => {
  it('survive a restart without a source', async () => {
    const { clock, files, source, open } = world();
    const first = open([source('authority', (epoch) => documentOf(epoch))], cached(files));
    await clock.settled();
    await first.close();
    const second = open([], cached(files));
    await clock.settled();
    expect(second.view()?.epoch).toBe(EPOCH);
  });

  it('are pruned with their epoch', async () => {
    const { clock, files, source, open } = world();
    open([source('authority', (epoch) => documentOf(epoch))], cached(files));
    await clock.advance(PERIOD);
    expect([...files.snapshot().keys()]).toEqual([`/cache/document-${EPOCH + 1}.cbor`]);
  });

  it('are not trusted', async () => {
    const { clock, files, open } = world();
    (await files.makeDirectory('/cache'))._unsafeUnwrap();
    const corrupt = documentOf(EPOCH).slice();
    corrupt[1000] = (corrupt[1000] ?? 0) ^ 1;
    const path = (epoch: Epoch): string => `/cache/document-${epoch}.cbor`;
    for (const [at, bytes] of [
      [path(EPOCH), corrupt],
      [path(EPOCH + 1), documentOf(EPOCH)],
      [path(EPOCH + 9), documentOf(EPOCH + 9)],
      ['/cache/notes', corrupt],
    ] as const) {
      (await files.write(at, bytes))._unsafeUnwrap();
    }
    const keeper = open([], cached(files));
    await clock.settled();
    expect(keeper.view()).toBeUndefined();
    expect([...files.snapshot().keys()]).toEqual(['/cache/notes']);
  });

  it('may be impossible to write', async () => {
    const { clock, files, log, source, open } = world();
    files.failWrites('full');
    const keeper = open([source('authority', (epoch) => documentOf(epoch))], cached(files));
    await clock.settled();
    expect(keeper.view()?.epoch).toBe(EPOCH);
    expect(log.lines.join('\n')).toContain('full');
  });
});

describe('changes', () => {
  /** Collects the epochs that a listener hears of. */
  const listen = (keeper: DocumentKeeper, signal: AbortSignal) => {
    const heard: Epoch[] = [];
    const state = { heard, ended: false };
    const follow = async (): Promise<void> => {
      for await (const view of keeper.changes(signal)) heard.push(view.epoch - EPOCH);
      state.ended = true;
    };
    void follow();
    return state;
  };
  const never = new AbortController().signal;

  it('tell every listener of each view, and again when its epoch begins', async () => {
    const { clock, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))]);
    const early = listen(keeper, never);
    await clock.advance(MINUTE);
    const late = listen(keeper, never);
    await clock.settled();
    expect([early.heard, late.heard]).toEqual([[0], [0]]);
    await clock.advance(PERIOD - 2 * MINUTE);
    expect(early.heard).toEqual([0, 1]);
    await clock.advance(MINUTE);
    expect(early.heard).toEqual([0, 1, 1]);
    expect(late.heard).toEqual([0, 1, 1]);
  });

  it('follow a clock that is set', async () => {
    const { clock, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))]);
    const { heard } = listen(keeper, never);
    await clock.settled();
    clock.jumpWall(2 * PERIOD);
    await clock.advance(MINUTE);
    expect(heard).toEqual([0, 2]);
    expect(keeper.view()?.epoch).toBe(EPOCH + 2);
  });

  it('end with their signal, or with the keeper', async () => {
    const { clock, source, open } = world();
    const keeper = open([source('authority', (epoch) => documentOf(epoch))]);
    const stop = new AbortController();
    const [one, two] = [listen(keeper, stop.signal), listen(keeper, never)];
    await clock.settled();
    stop.abort();
    await clock.settled();
    expect([one.ended, two.ended]).toEqual([true, false]);
    await keeper.close();
    await clock.settled();
    expect(two.ended).toBe(true);
    expect(listen(keeper, never).heard).toEqual([]);
  });
});

describe('closing', () => {
  it('ends a question under way and leaves no timer', async () => {
    const { clock, questions, source, open } = world();
    let sleeping = 0;
    const counting: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: async (ms, signal) => {
        sleeping++;
        await clock.sleep(ms, signal);
        sleeping--;
      },
    };
    const keeper = open([source('authority', () => 'silence')], { clock: counting });
    await clock.settled();
    expect(sleeping).toBe(2);
    await keeper.close();
    await clock.settled();
    expect(sleeping).toBe(0);
    await clock.advance(PERIOD);
    expect(questions.length).toBe(1);
  });
});

describe('why there is no document', () => {
  it('is told once, and again when it is another reason', async () => {
    const { clock, log, source, open } = world();
    let answer: 'not-connected' | 'not-found' = 'not-connected';
    open([source('authority', () => answer)]);
    await clock.advance(2 * MINUTE);
    answer = 'not-found';
    await clock.advance(2 * MINUTE);
    const told = log.lines.filter((line) => line.includes(' INFO pki: no document'));
    expect(told.map((line) => line.replace(/.* reason=/, ''))).toEqual([
      'not-connected',
      'not-found',
    ]);
  });

  it('is not told of an epoch that has not begun', async () => {
    const { clock, log, source, open } = world();
    open([source('authority', (epoch) => (epoch === EPOCH ? documentOf(epoch) : 'not-found'))]);
    await clock.advance(PERIOD - 1);
    const told = log.lines.filter((line) => line.includes('pki: no document'));
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((line) => !line.includes(' DEBU '))).toEqual([]);
  });
});
