import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { fast, portable } from './implementations.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const message = fc.uint8Array({ maxLength: 700 });
const slow = { numRuns: 25 };

/** Both implementations work `compute`, and must agree. */
const agree = (compute: (primitives: Primitives) => unknown): void => {
  expect(compute(fast)).toEqual(compute(portable));
};

describe('fast and portable primitives agree', () => {
  it('on X25519, for any scalar and any point', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (scalar, point) => {
        agree(({ x25519 }) => [
          x25519.publicKey(x25519.scalar(scalar)),
          x25519.multiply(x25519.scalar(scalar), x25519.point(point)),
        ]);
      }),
      slow,
    );
  });

  it('on X25519 with a handle of the other implementation', () => {
    const scalar = portable.x25519.scalar(new Uint8Array(32).fill(5));
    const point = portable.x25519.point(new Uint8Array(32).fill(9));
    expect(fast.x25519.multiply(scalar, point)).toEqual(portable.x25519.multiply(scalar, point));
  });

  it('on Ed25519', () => {
    fc.assert(
      fc.property(bytes(32), message, (seed, text) => {
        agree(({ ed25519 }) => {
          const publicKey = ed25519.publicKey(seed);
          const signature = ed25519.sign(seed, text);
          const accepted = ed25519.verify(publicKey, text, signature);
          const secret = ed25519.toX25519Secret(seed);
          return [publicKey, signature, accepted, secret, ed25519.toX25519Public(publicKey)];
        });
      }),
      slow,
    );
  });

  it('on refusing random signatures', () => {
    fc.assert(
      fc.property(bytes(32), bytes(64), message, (publicKey, signature, text) => {
        agree(({ ed25519 }) => ed25519.verify(publicKey, text, signature));
      }),
      slow,
    );
  });

  it('on ChaCha20-Poly1305, sealing and opening', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), message, message, (key, nonce, ad, text) => {
        agree(({ aead }) => aead.seal(key, nonce, ad, text));
        agree(({ aead }) => aead.open(key, nonce, ad, text));
        expect(fast.aead.open(key, nonce, ad, portable.aead.seal(key, nonce, ad, text))).toEqual(
          text,
        );
      }),
    );
  });

  it('on AEZ, in both directions, which undo each other', () => {
    fc.assert(
      fc.property(bytes(48), bytes(16), message, (key, iv, text) => {
        agree(({ wideBlock }) => wideBlock.encrypt(key, iv, text));
        agree(({ wideBlock }) => wideBlock.decrypt(key, iv, text));
        const sealed = fast.wideBlock.encrypt(key, iv, text);
        expect(portable.wideBlock.decrypt(key, iv, sealed)).toEqual(text);
      }),
    );
  });

  it('on hashes', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 64 }), (text, length) => {
        agree(({ hash }) => [
          hash.sha256(text),
          hash.sha512(text),
          hash.sha512_256(text),
          hash.sha3_256(text),
          hash.shake256(text, length),
          hash.blake2b(text, length),
          hash.blake2b(text, 64),
        ]);
      }),
    );
  });

  it('on HMAC and HKDF', () => {
    fc.assert(
      fc.property(message, message, fc.integer({ min: 1, max: 300 }), (start, text, length) => {
        // HKDF wants a key of at least its hash's length.
        const key = concat(start, new Uint8Array(32));
        agree((primitives) => [
          primitives.hmacSha256(start, text),
          primitives.hmacBlake2b(start, text),
          primitives.hkdfExpand(key, text, length),
        ]);
      }),
    );
  });

  it('on AES-CTR and ChaCha20', () => {
    const key = fc.constantFrom(16, 32).chain(bytes);
    fc.assert(
      fc.property(key, bytes(16), bytes(32), message, (aesKey, iv, chachaKey, text) => {
        agree((primitives) => [
          primitives.aesCtr(aesKey, iv, text),
          primitives.chacha20(chachaKey, iv.subarray(0, 12), text.length),
        ]);
      }),
    );
  });
});
