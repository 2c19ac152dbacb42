import { errAsync, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { manualClock, memoryLog } from '../../../src/io/memory.js';
import { epochStart, KATZENPOST_EPOCHS as epochTime, type Epoch } from '../../../src/pki/epoch.js';
import { memoryStores } from '../../../src/store/memory.js';
import { Publisher, type PostOutcome } from '../../../servers/node/publish.js';
import { repeated } from '../../support/bytes.js';

const NOW = 1000;

interface World {
  /** Minutes into the epoch at which the node starts. */
  readonly minute: number;
  readonly documents?: readonly Epoch[];
  readonly outcomes?: readonly PostOutcome[];
  readonly signs?: boolean;
}

const setUp = async ({ minute, documents = [], outcomes = [], signs = true }: World) => {
  const clock = manualClock({ startMs: epochStart(epochTime, NOW) + minute * 60_000 });
  const stores = memoryStores();
  const known = new Set(documents);
  const posts: Epoch[] = [];
  const shown: Epoch[] = [];
  const left = [...outcomes];
  const start = async () => {
    const store = (await stores.open('/node.db', repeated(1, 32)))._unsafeUnwrap();
    const stop = new AbortController();
    const signed: Epoch[] = [];
    const publisher = new Publisher({
      clock,
      epochTime,
      store,
      retryMs: 5000,
      hasDocument: (epoch) => known.has(epoch),
      sign: (epoch) => {
        signed.push(epoch);
        return signs
          ? okAsync(Uint8Array.of(epoch & 0xff, signed.length))
          : errAsync({ kind: 'bad-descriptor', rule: 'Name' });
      },
      post: async (epoch) => {
        posts.push(epoch);
        return left.shift() ?? 'accepted';
      },
      show: (epoch) => Promise.resolve(void shown.push(epoch)),
      count: () => undefined,
      log: memoryLog(),
      signal: stop.signal,
    });
    (await publisher.load())._unsafeUnwrap();
    const run = publisher.run();
    const end = async () => {
      stop.abort();
      await run;
      await store.close();
    };
    /** How often the descriptor of the next epoch was signed. */
    const signedNext = () => signed.filter((epoch) => epoch === NOW + 1).length;
    return { publisher, end, signedNext };
  };
  return { clock, known, posts, shown, start };
};

describe('publication', () => {
  it('begins with this epoch where there is no document, and goes on with the next', async () => {
    const { clock, posts, start } = await setUp({ minute: 1 });
    const { end } = await start();
    await clock.advance(30_000);
    expect(posts).toEqual([NOW, NOW + 1]);
    await end();
  });

  it('needs only the next epoch in a network that runs', async () => {
    const { clock, posts, start, known } = await setUp({ minute: 1, documents: [NOW] });
    const { end } = await start();
    await clock.advance(30_000);
    expect(posts).toEqual([NOW + 1]);
    known.add(NOW + 1);
    await clock.advance(epochTime.periodMs);
    expect(posts).toEqual([NOW + 1, NOW + 2]);
    await end();
  });

  it('shows the descriptor that holds, before it is posted and over a restart', async () => {
    const outcomes: PostOutcome[] = ['failed'];
    const { clock, posts, shown, start, known } = await setUp({ minute: 1, outcomes });
    const first = await start();
    await clock.advance(1000);
    expect(posts[0]).toBe(NOW);
    expect(shown).toEqual([NOW]);
    await first.end();
    const second = await start();
    await clock.advance(30_000);
    expect(shown).toEqual([NOW, NOW]);
    known.add(NOW).add(NOW + 1);
    await clock.advance(epochTime.periodMs);
    expect(shown).toEqual([NOW, NOW, NOW + 1]);
    await second.end();
    const late = await setUp({ minute: 11, documents: [NOW] });
    const third = await late.start();
    await late.clock.advance(1000);
    expect({ posts: late.posts, shown: late.shown }).toEqual({ posts: [], shown: [NOW] });
    await third.end();
  });

  it('does not begin after the half time, unless the network is young', async () => {
    const late = await setUp({ minute: 11, documents: [NOW] });
    const first = await late.start();
    await late.clock.advance(60_000);
    expect(late.posts).toEqual([]);
    await first.end();
    const young = await setUp({ minute: 11 });
    const second = await young.start();
    await young.clock.advance(10_000);
    expect(young.posts).toEqual([NOW]);
    young.known.add(NOW);
    second.publisher.wake();
    await young.clock.advance(1000);
    expect(young.posts).toEqual([NOW, NOW + 1]);
    await second.end();
  });

  it('tries until it is settled or the document is there, signing once', async () => {
    const outcomes: PostOutcome[] = ['failed', 'failed', 'conflict'];
    const { clock, posts, start } = await setUp({ minute: 1, documents: [NOW], outcomes });
    const { end, signedNext } = await start();
    await clock.advance(120_000);
    expect(posts).toEqual([NOW + 1, NOW + 1, NOW + 1]);
    expect(signedNext()).toBe(1);
    await end();
    const document = await setUp({ minute: 1, documents: [NOW], outcomes: ['failed'] });
    const second = await document.start();
    await document.clock.advance(1000);
    document.known.add(NOW + 1);
    await document.clock.advance(60_000);
    expect(document.posts).toEqual([NOW + 1]);
    await second.end();
  });

  it('goes on trying past the half time what was begun before it, over a restart', async () => {
    const outcomes = Array<PostOutcome>(150).fill('failed');
    const { clock, posts, start } = await setUp({ minute: 9, documents: [NOW], outcomes });
    const first = await start();
    await clock.advance(120_000);
    await first.end();
    const before = posts.length;
    const second = await start();
    await clock.advance(60_000);
    expect(posts.length).toBeGreaterThan(before);
    expect(second.signedNext()).toBe(0);
    await second.end();
  });

  it('stays quiet after a restart when all is settled', async () => {
    const { clock, posts, start } = await setUp({ minute: 1 });
    const first = await start();
    await clock.advance(10_000);
    await first.end();
    const second = await start();
    await clock.advance(60_000);
    expect(posts).toEqual([NOW, NOW + 1]);
    expect(second.publisher.isSettled(NOW + 1)).toBe(true);
    second.publisher.republish();
    await clock.advance(1000);
    expect(posts).toEqual([NOW, NOW + 1, NOW, NOW + 1]);
    expect(second.signedNext()).toBe(0);
    await second.end();
  });

  it('posts nothing that could not be signed', async () => {
    const { clock, posts, start } = await setUp({ minute: 1, signs: false });
    const { end } = await start();
    await clock.advance(60_000);
    expect(posts).toEqual([]);
    await end();
  });
});
