import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePem, encodePem, PEM_KEYS, pemProblem } from '../../src/bytes/pem.js';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { pattern } from '../support/bytes.js';

const kind = PEM_KEYS.x25519Secret;
const file = encodePem(kind, pattern(32));
const problemOf = (text: string): string =>
  decodePem(kind, utf8(text)).match(() => 'fine', pemProblem);

describe('PEM', () => {
  it('is the file of mailproxy', () => {
    expect(file).toBe(
      `-----BEGIN X25519 PRIVATE KEY-----\n${toBase64(pattern(32))}\n-----END X25519 PRIVATE KEY-----\n`,
    );
  });

  it('wraps a longer key at 64 columns', () => {
    const pem = encodePem(PEM_KEYS.ed25519Secret, pattern(64));
    expect(pem.split('\n').map((line) => line.length)).toEqual([35, 64, 24, 33, 0]);
    expect(decodePem(PEM_KEYS.ed25519Secret, utf8(pem))._unsafeUnwrap()).toEqual(pattern(64));
  });

  it('takes CRLF and white space around', () => {
    const text = `\n${file.replaceAll('\n', '\r\n')}\r\n  `;
    expect(decodePem(kind, utf8(text))._unsafeUnwrap()).toEqual(pattern(32));
  });

  it.each([
    ['', 'not a PEM file'],
    ['hello', 'not a PEM file'],
    [file.slice(0, 60), 'not a PEM file'],
    [`x${file}`, 'not a PEM file'],
    [file.replaceAll('PRIVATE', 'PUBLIC'), 'holds X25519 PUBLIC KEY instead of X25519 PRIVATE KEY'],
    [`${file}x`, 'data after the end of the PEM block'],
    [`${file}${file}`, 'data after the end of the PEM block'],
    [file.replace('AAEC', '*AEC'), 'damaged base64'],
    [file.replace('-\n', '-\nProc-Type: 4,ENCRYPTED\n\n'), 'damaged base64'],
    [encodePem({ ...kind, length: 31 }, pattern(31)), 'holds 31 bytes instead of 32'],
  ])('refuses %j', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  it('never throws on hostile files', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(file.length), (bytes, at) => {
        const spliced = utf8(file.slice(0, at) + fromUtf8(bytes) + file.slice(at));
        for (const input of [bytes, spliced]) {
          const read = decodePem(kind, input);
          if (read.isOk()) expect(read.value).toHaveLength(32);
        }
      }),
    );
  });
});
