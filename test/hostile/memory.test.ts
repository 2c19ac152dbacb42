import { describe, expect, it } from 'vitest';
import { expectFlat } from './memory.js';
import { describeParser } from './parser.js';

describe('the measure of memory', () => {
  it('sees a leak of 100 bytes for each input', async () => {
    const kept: Uint8Array[] = [];
    const leak = (): number => kept.push(new Uint8Array(100));
    await expect(expectFlat([0], leak)).rejects.toThrow();
    expect(kept.length).toBeGreaterThan(100_000);
  });

  it('does not see what goes again', async () => {
    await expectFlat([0], () => new Uint8Array(10_000));
  });
});

describeParser('a parser that keeps its promises', {
  read: (bytes) => (bytes.length === 4 && bytes[0] === 1 ? [...bytes] : undefined),
  valid: [Uint8Array.of(1, 2, 3, 4)],
});
