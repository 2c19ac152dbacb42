import { describe, expect, it } from 'vitest';
import { replyReader } from '../../../bridges/mta/replies.js';

describe('what a server says', () => {
  it('is read reply by reply, in whatever pieces', () => {
    const all = '250-a\r\n250 b\r\n550\r\n250-c\n250 d \u0007\n';
    for (const size of [1, 3, 100]) {
      const read = replyReader();
      const pieces = all.match(new RegExp(`[^]{1,${size}}`, 'g'))!;
      expect(pieces.map((piece) => read(piece)).flat()).toEqual([
        { code: 250, text: 'a b' },
        { code: 550, text: '' },
        { code: 250, text: 'c d ?' },
      ]);
    }
    expect(replyReader()('nonsense\r\n')).toBe('malformed');
    expect(replyReader()('250-x\r\n'.repeat(20_000))).toBe('malformed');
  });
});
