/** How long the names of sends are remembered. */
import { ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { commitSteps } from '../../../src/client/step.js';
import { NAMED_SENDS, NamedSends } from '../../../src/client/outbox/named-sends.js';
import { makeFastPrimitives } from '../../../src/crypto/fast.js';
import { manualClock } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { repeated } from '../../support/bytes.js';

const DAY_MS = 86_400_000;
const primitives = makeFastPrimitives();

describe('names of sends', () => {
  const open = async () => {
    const clock = manualClock({ startMs: 1_700_000_000_000 });
    const store = (await memoryStores().open('/store', repeated(1, 32)))._unsafeUnwrap();
    const named = (await NamedSends.open({ store, clock, primitives }))._unsafeUnwrap();
    const stop = new AbortController();
    const ended = named.runExpiry(stop.signal, () => undefined);
    /** Whether a name is new. */
    const use = async (name: string): Promise<boolean> =>
      (
        await named.once(name, {
          first: (step) => commitSteps(store, [step]).map(() => true),
          again: () => ok(false),
        })
      )._unsafeUnwrap();
    const count = async (): Promise<number> =>
      (await store.list(NAMED_SENDS.collection))._unsafeUnwrap().length;
    const close = (): Promise<void> => {
      stop.abort();
      return ended;
    };
    return { clock, use, count, close };
  };

  it('are forgotten 30 days after their last use', async () => {
    const { clock, use, count, close } = await open();
    expect([await use('kept'), await use('old')]).toEqual([true, true]);
    await clock.advance(20 * DAY_MS);
    expect(await use('kept')).toBe(false);
    await clock.advance(10 * DAY_MS - 1);
    expect(await count()).toBe(2);
    await clock.advance(DAY_MS);
    expect(await count()).toBe(1);
    expect([await use('kept'), await use('old')]).toEqual([false, true]);
    await clock.advance(31 * DAY_MS);
    expect(await count()).toBe(0);
    await close();
  });
});
