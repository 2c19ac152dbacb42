import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { nodeClock, nodeIo, nodeRandom, nodeWorkers } from '../../src/io/node.js';
import { withDirectory } from '../support/directory.js';

describe('the clock of the machine', () => {
  const clock = nodeClock();

  it('sleeps at least as long as asked', async () => {
    for (const ms of [0, -1, 1, 3.5, 20]) {
      const before = clock.monotonic();
      await clock.sleep(ms);
      expect(clock.monotonic() - before).toBeGreaterThanOrEqual(Math.max(0, ms));
    }
  });

  it('sleeps longer than a timer can', async () => {
    const stop = new AbortController();
    let woken = 0;
    const sleeps = [2 ** 31, 2 ** 40, Infinity].map(async (ms) => {
      await clock.sleep(ms, stop.signal);
      woken++;
    });
    await clock.sleep(20);
    expect(woken).toBe(0);
    stop.abort();
    await Promise.all(sleeps);
    await clock.sleep(1000, stop.signal);
    expect(() => clock.sleep(NaN)).toThrow(RangeError);
  });

  it('tells the time', () => {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  });
});

describe('randomness of the machine', () => {
  it('gives as many bytes as asked, never the same', () => {
    expect(nodeRandom(0)).toHaveLength(0);
    expect(nodeRandom(100_000)).toHaveLength(100_000);
    expect(nodeRandom(16)).not.toEqual(nodeRandom(16));
    expect(Buffer.isBuffer(nodeRandom(16))).toBe(false);
  });
});

describe('threads of the machine', () => {
  const ECHO = `
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (message) => {
      if (message === 'die') process.exit(1);
      parentPort.postMessage(message, [message.buffer]);
    });`;

  const withWorkers = (use: (workers: ReturnType<typeof nodeWorkers>) => Promise<void>) =>
    withDirectory(async (root) => {
      await writeFile(`${root}/package.json`, '{"type":"module"}');
      await mkdir(`${root}/workers`);
      await writeFile(`${root}/workers/echo-worker.js`, ECHO);
      await writeFile(`${root}/workers/broken-worker.js`, 'throw new Error("broken")');
      await use(nodeWorkers({ base: `${root}/workers` }));
    });

  it('exchange messages and move buffers', () =>
    withWorkers(async (workers) => {
      const thread = workers.start('echo-worker')._unsafeUnwrap();
      const answer = new Promise((resolve) => thread.onMessage(resolve));
      const bytes = Uint8Array.of(1, 2, 3);
      thread.post(bytes, [bytes.buffer]);
      expect(bytes).toHaveLength(0);
      expect(await answer).toEqual(Uint8Array.of(1, 2, 3));
      await thread.close();
      await thread.close();
    }));

  it('tell of their death once', () =>
    withWorkers(async (workers) => {
      const messages: unknown[] = [];
      const thread = workers.start('echo-worker')._unsafeUnwrap();
      const death = new Promise<void>((resolve) => {
        thread.onMessage((message) => {
          messages.push(message);
          resolve();
        });
      });
      thread.post('die', []);
      await death;
      const broken = workers.start('broken-worker')._unsafeUnwrap();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await new Promise((resolve) => broken.onMessage(resolve))).toBe(undefined);
      expect(messages).toEqual([undefined]);
    }));

  it('are not there without their entry point', () => {
    const reasonOf = (entry: string) => nodeWorkers().start(entry)._unsafeUnwrapErr();
    expect(reasonOf('no-such-worker')).toEqual({ kind: 'no-worker', entry: 'no-such-worker' });
    expect(reasonOf('../io/node').kind).toBe('no-worker');
    expect(nodeWorkers({ count: 3 }).count).toBe(3);
  });
});

describe('the world of the machine', () => {
  it('has all parts', () => {
    const io = nodeIo({ workers: { count: 0 } });
    expect(Object.keys(io).sort()).toEqual([
      'clock',
      'files',
      'http',
      'log',
      'network',
      'processes',
      'random',
      'workers',
    ]);
  });
});
