import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Duplex } from '../../src/io/contracts.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';

const readText = async (end: Duplex): Promise<string | undefined> => {
  const bytes = await end.read();
  return bytes === undefined ? undefined : fromUtf8(bytes);
};

const isSettled = async (work: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  void work.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
};

describe('a pair of ends', () => {
  it('carries bytes both ways, in order', async () => {
    const [a, b] = duplexPair({ names: ['alice', 'bob'] });
    expect([a.remote, b.remote]).toEqual(['bob', 'alice']);
    await a.write(utf8('1'));
    await a.write(utf8('2'));
    await b.write(utf8('3'));
    expect([await readText(b), await readText(b), await readText(a)]).toEqual(['1', '2', '3']);
  });

  it('copies what is written', async () => {
    const [a, b] = duplexPair();
    const bytes = utf8('text');
    await a.write(bytes);
    bytes.fill(0);
    expect(await readText(b)).toBe('text');
  });

  it('makes a writer wait until there is room', async () => {
    const [a, b] = duplexPair({ capacity: 10 });
    expect(await a.write(new Uint8Array(10))).toBe(true);
    const waiting = a.write(new Uint8Array(5));
    expect(await isSettled(waiting)).toBe(false);
    await b.read();
    expect(await waiting).toBe(true);
  });

  it('ends one direction and keeps the other', async () => {
    const [a, b] = duplexPair();
    await a.write(utf8('last'));
    a.end();
    a.end();
    expect(await a.write(utf8('late'))).toBe(false);
    expect([await readText(b), await readText(b), await readText(b)]).toEqual([
      'last',
      undefined,
      undefined,
    ]);
    expect(await b.write(utf8('still'))).toBe(true);
    expect(await readText(a)).toBe('still');
  });

  it('resolves what is pending when it is destroyed', async () => {
    const [a, b] = duplexPair({ capacity: 1 });
    const pending = [a.read(), a.write(new Uint8Array(2))];
    a.destroy();
    a.destroy();
    expect(await Promise.all(pending)).toEqual([undefined, false]);
    expect(await a.read()).toBe(undefined);
    expect(await b.write(utf8('x'))).toBe(false);
    expect([await b.read(), await b.read()]).toEqual([new Uint8Array(2), undefined]);
  });

  it('tells the other end also after an end', async () => {
    const [a, b] = duplexPair();
    a.end();
    expect(await b.read()).toBe(undefined);
    expect(await b.write(utf8('x'))).toBe(true);
    a.destroy();
    expect(await b.write(utf8('x'))).toBe(false);
  });

  it('never fills up by an end that is gone', async () => {
    const clock = manualClock();
    const delay = { clock, latencyMs: () => 5 };
    const [a, b] = duplexPair({ capacity: 4, delay });
    b.destroy();
    const write = a.write(new Uint8Array(100));
    await clock.advance(10);
    expect(await write).toBe(false);
  });

  it('refuses a second read', async () => {
    const [a, b] = duplexPair();
    const first = a.read();
    expect(() => a.read()).toThrow('two reads');
    b.end();
    expect(await first).toBe(undefined);
  });

  it('is over once when both directions are', async () => {
    let closed = 0;
    const [a, b] = duplexPair({ onClosed: () => closed++ });
    a.end();
    expect(closed).toBe(0);
    b.end();
    a.destroy();
    b.destroy();
    expect(closed).toBe(1);
  });

  it('delays without reordering', async () => {
    const clock = manualClock();
    const latencies = [50, 10, 30];
    const [a, b] = duplexPair({ delay: { clock, latencyMs: () => latencies.shift() ?? 0 } });
    const arrived: string[] = [];
    const collect = async (): Promise<void> => {
      for (let text = await readText(b); text !== undefined; text = await readText(b)) {
        arrived.push(`${text} at ${clock.monotonic()}`);
      }
    };
    void collect();
    for (const text of ['a', 'b', 'c']) await a.write(utf8(text));
    await clock.advance(49);
    expect(arrived).toEqual([]);
    await clock.advance(10);
    expect(arrived).toEqual(['a at 50', 'b at 50', 'c at 50']);
  });
});
