import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { portablePrimitives as primitives } from '../../src/crypto/portable.js';
import { seededRandom } from '../../src/io/memory.js';
import { makeSealer, stepFor } from '../../src/store/sealed.js';

const sealerOf = (key: number) =>
  makeSealer({ primitives, random: seededRandom('sealed') }, new Uint8Array(32).fill(key));

const sealer = sealerOf(1);
const RECORD = { key: utf8('bob@p2.test'), value: utf8('dear Bob') };
const { id } = sealer.place('mail', RECORD.key);
const sealed = sealer.seal('mail', id, RECORD);

describe('a sealed record', () => {
  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), fc.uint8Array({ maxLength: 6000 }), (c, k, v) => {
        const place = sealer.place(c, k);
        const record = { key: Uint8Array.from(k), value: Uint8Array.from(v) };
        const opened = sealer.open(c, place.id, sealer.seal(c, place.id, record));
        expect(opened._unsafeUnwrap()).toEqual(record);
      }),
      { numRuns: 100 },
    );
  });

  it('has one of a few lengths', () => {
    const lengthOf = (valueLength: number): number =>
      sealer.seal('mail', id, { key: RECORD.key, value: new Uint8Array(valueLength) }).length;
    expect([0, 1, 150].map(lengthOf)).toEqual([256, 256, 256]);
    expect([300, 900].map(lengthOf)).toEqual([1024, 1024]);
    expect([1100, 4000].map(lengthOf)).toEqual([4096, 4096]);
    expect([4100, 16_000].map(lengthOf)).toEqual([16_384, 16_384]);
    expect([51_200, 60_000].map(lengthOf)).toEqual([65_536, 65_536]);
    fc.assert(
      fc.property(fc.nat(200_000), (length) => {
        expect(stepFor(length)).toBeGreaterThanOrEqual(length);
        expect(stepFor(stepFor(length))).toBe(stepFor(length));
      }),
    );
  });

  it('is refused with any byte flipped', () => {
    for (let at = 0; at < sealed.length; at++) {
      const flipped = sealed.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(sealer.open('mail', id, flipped).isErr()).toBe(true);
    }
  });

  it('is refused at another place, in another collection and under another key', () => {
    const elsewhere = sealer.place('mail', utf8('carol@p1.test')).id;
    expect(sealer.open('mail', elsewhere, sealed)._unsafeUnwrapErr()).toBe('broken');
    expect(sealer.open('spool', id, sealed)._unsafeUnwrapErr()).toBe('broken');
    expect(sealerOf(2).open('mail', id, sealed)._unsafeUnwrapErr()).toBe('broken');
  });

  it('never throws at random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(sealer.open('mail', id, bytes).isErr()).toBe(true);
      }),
    );
  });

  it('shows nothing of name or content, and looks different each time', () => {
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    expect(text(sealed)).not.toContain('Bob');
    expect(text(id)).not.toContain('bob');
    expect(sealer.seal('mail', id, RECORD)).not.toEqual(sealed);
    expect(sealer.place('mail', RECORD.key)).toEqual(sealer.place('mail', RECORD.key));
    expect(sealerOf(2).tag('mail')).not.toEqual(sealer.tag('mail'));
  });
});
