import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { Lines, type LineEvent } from '../../src/control/lines.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';
import type { Duplex } from '../../src/io/contracts.js';

const text = (event: LineEvent): string =>
  event.kind === 'line' ? fromUtf8(event.bytes) : `<${event.kind}>`;

const open = (signal?: AbortSignal): { lines: Lines; peer: Duplex } => {
  const [peer, duplex] = duplexPair();
  return { peer, lines: new Lines({ duplex, signal }) };
};

/** All events up to the end. */
const readAll = async (lines: Lines, limit: number): Promise<string[]> => {
  const events: string[] = [];
  for (;;) {
    const event = await lines.next(limit);
    if (event.kind === 'end') return events;
    events.push(text(event));
  }
};

/** What the lines of `bytes` are, said in another way. */
const expected = (bytes: Uint8Array, limit: number): string[] => {
  const pieces = Buffer.from(bytes).toString('latin1').split('\n').slice(0, -1);
  return pieces
    .map((piece) => piece.replace(/\r$/, ''))
    .map((piece) => (piece.length > limit ? '<too-long>' : fromUtf8(Buffer.from(piece, 'latin1'))));
};

describe('lines', () => {
  it('end in LF or CRLF; half a line is none', async () => {
    const { lines, peer } = open();
    await peer.write(utf8('one\r\ntwo\n\n\r\n\rthr\ree\r\r\nhalf'));
    peer.end();
    expect(await readAll(lines, 100)).toEqual(['one', 'two', '', '', '\rthr\ree\r']);
  });

  it('are the same however the bytes come', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => all.map((byte) => byte % 16));
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.nat(20)),
        fc.integer({ min: 0, max: 12 }),
        async (all, cuts, limit) => {
          const { lines, peer } = open();
          const reading = readAll(lines, limit);
          let at = 0;
          for (const cut of cuts) {
            await peer.write(all.slice(at, at + cut));
            at += cut;
          }
          await peer.write(all.slice(at));
          peer.end();
          const heard = await reading;
          // An unfinished line that is too long is reported although it never ends.
          const tail = all.subarray(all.lastIndexOf(10) + 1).length;
          const extra = tail > limit + 1 ? ['<too-long>'] : [];
          expect(heard).toEqual([...expected(all, limit), ...extra]);
        },
      ),
    );
  });

  it('that are too long are reported once and skipped, in flat memory', async () => {
    const { lines, peer } = open();
    const events = readAll(lines, 512);
    const piece = new Uint8Array(64 * 1024).fill(0x41);
    for (let i = 0; i < 500; i++) await peer.write(piece.slice());
    await peer.write(utf8('\nnext\n'));
    peer.end();
    expect(await events).toEqual(['<too-long>', 'next']);
  });

  it('come by the hundred thousand without piling up', async () => {
    const { lines, peer } = open();
    const line = new Uint8Array([0x80, 0x00, 0xff, 0x0a]);
    const batch = concat(...Array.from({ length: 1000 }, () => line));
    const writing = (async () => {
      for (let i = 0; i < 100; i++) await peer.write(batch.slice());
      peer.end();
    })();
    const before = process.memoryUsage().heapUsed;
    let count = 0;
    while ((await lines.next(512)).kind === 'line') count++;
    await writing;
    expect(count).toBe(100_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('make a fast writer wait', async () => {
    const { peer } = open();
    let written = 0;
    void (async () => {
      for (; written < 100; written++) await peer.write(new Uint8Array(64 * 1024));
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(10);
  });
});

describe('waiting for a line', () => {
  it('ends with the patience, however slowly the bytes drip', async () => {
    const clock = manualClock();
    const [peer, duplex] = duplexPair();
    const lines = new Lines({ duplex, patience: { clock, idleMs: 1000 } });
    const event = lines.next(100);
    for (let i = 0; i < 9; i++) {
      await peer.write(utf8('x'));
      await clock.advance(100);
    }
    let done = false;
    void event.then(() => (done = true));
    await clock.settled();
    expect(done).toBe(false);
    await clock.advance(100);
    expect(text(await event)).toBe('<idle>');
  });

  it('ends with the signal, before or during', async () => {
    const stop = new AbortController();
    const { lines, peer } = open(stop.signal);
    await peer.write(utf8('first\n'));
    expect(text(await lines.next(10))).toBe('first');
    const event = lines.next(10);
    stop.abort();
    expect(text(await event)).toBe('<aborted>');
    expect(text(await lines.next(10))).toBe('<aborted>');
  });

  it('drops a peer that does not take what it is sent', async () => {
    const clock = manualClock();
    const [peer, duplex] = duplexPair({ capacity: 10 });
    const lines = new Lines({ duplex, patience: { clock, idleMs: 1000 } });
    const written = lines.write(new Uint8Array(1000));
    await clock.advance(1001);
    expect(await written).toBe(false);
    expect(await lines.write(utf8('more'))).toBe(false);
    peer.destroy();
  });
});
