import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeReplyBlock,
  encodeReplyBlock,
  type ReplyBlock,
} from '../../../src/client/packets/reply-block.js';
import {
  decodeReplyMail,
  encodeReplyMail,
  replyMailLimit,
} from '../../../src/client/packets/reply-mail.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { pattern } from '../../support/bytes.js';

const BLOCK: ReplyBlock = {
  surb: pattern(556),
  via: 'p2.test',
  hops: 5,
  validFrom: 1_795_212_000_000,
  expiresAt: 1_795_213_200_000,
};
const TEXT = encodeReplyBlock(BLOCK);

const problemOf = (text: string): string => decodeReplyBlock(text)._unsafeUnwrapErr().problem;

describe('the text form of a reply block', () => {
  it('says what it is in front of it', () => {
    expect(TEXT.split('\n').slice(0, 7)).toEqual([
      '-----BEGIN POSTERN REPLY BLOCK-----',
      'Version: 1',
      'Via: p2.test',
      'Hops: 5',
      expect.stringMatching(/^Valid-From: 1795212000 \(\w{3}, .* \+0000\)$/),
      expect.stringMatching(/^Expires: 1795213200 \(\w{3}, .* \+0000\)$/),
      '',
    ]);
    expect(Math.max(...TEXT.split('\n').map(({ length }) => length))).toBeLessThan(78);
  });

  it('is read back, within a mail and with other line ends too', () => {
    const times = fc.integer({ min: 0, max: 99_999_999_999 }).map((seconds) => seconds * 1000);
    const blocks = fc.record({
      surb: fc.uint8Array({ minLength: 1, maxLength: 600 }),
      via: fc.constantFrom('p1.test', 'provider.example'),
      hops: fc.integer({ min: 1, max: 9 }),
      validFrom: times,
      expiresAt: times,
    });
    fc.assert(
      fc.property(blocks, (block) => {
        const text = encodeReplyBlock(block);
        expect(decodeReplyBlock(text)._unsafeUnwrap()).toEqual(block);
        const mailed = `Hello,\r\n${text.replaceAll('\n', '\r\n')}\r\nBye\r\n`;
        expect(decodeReplyBlock(mailed)._unsafeUnwrap()).toEqual(block);
      }),
    );
  });

  it('is refused where it is not whole', () => {
    expect(problemOf('')).toContain('no reply block');
    expect(problemOf(TEXT + TEXT)).toContain('more than one');
    expect(problemOf(TEXT.slice(0, 300))).toContain('end is missing');
    expect(problemOf(TEXT.replace('Version: 1', 'Version: 2'))).toContain('version');
    expect(problemOf(TEXT.replace('Hops: 5', 'Hops: many'))).toContain('Hops');
    expect(problemOf(TEXT.replace(/Via: .*\n/, ''))).toContain('Via');
    expect(problemOf(TEXT.replace(/Expires: \d+/, 'Expires: 123456789012'))).toContain('Expires');
    expect(problemOf(TEXT.replace(/\n\n.{4}/, '\n\n!!!!'))).toContain('base64');
    fc.assert(
      fc.property(fc.string(), fc.nat(TEXT.length), (junk, at) => {
        const result = decodeReplyBlock(TEXT.slice(0, at) + junk + TEXT.slice(at));
        if (result.isErr()) expect(result.error.kind).toBe('bad-reply-block');
      }),
    );
  });
});

describe('a mail in a reply', () => {
  const geometry = smallGeometry(1000);
  const limit = replyMailLimit(geometry);

  it('comes back as it was, up to its limit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (mail) => {
        const payload = encodeReplyMail(geometry, mail);
        expect(payload).toHaveLength(geometry.payloadLength);
        expect(decodeReplyMail(payload)._unsafeUnwrap()).toEqual(mail);
      }),
    );
    expect(decodeReplyMail(encodeReplyMail(geometry, pattern(limit)))._unsafeUnwrap()).toEqual(
      pattern(limit),
    );
    expect(() => encodeReplyMail(geometry, pattern(limit + 1))).toThrow(RangeError);
  });

  it('is neither an acknowledgement nor a service’s answer, nor anything else', () => {
    const payload = encodeReplyMail(geometry, pattern(20));
    for (const [at, value] of [
      [0, 0],
      [0, 1],
      [1, 1],
      [2, 255],
      [payload.length - 1, 1],
    ] as const) {
      expect(decodeReplyMail(payload.with(at, value)).isErr()).toBe(true);
    }
    expect(decodeReplyMail(new Uint8Array(geometry.payloadLength)).isErr()).toBe(true);
  });
});
