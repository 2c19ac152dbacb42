import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import { hex, repeated, toHex } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import { implementations } from './implementations.js';

interface KdfVector {
  ikm: string;
  header_mac_key: string;
  header_encryption_key: string;
  header_encryption_iv: string;
  payload_encryption_key: string;
  blinding_factor: string;
  keystream_600: string;
  mac: string;
  mac_msg: string;
  hash: string;
  hash_msg: string;
}

interface BlindingVector {
  a_private: string;
  a_public: string;
  a_public_blinded: string;
  b_private: string;
  b_public: string;
  blinding_factor: string;
  shared: string;
  shared_blinded: string;
}

interface ConversionVector {
  msg: string;
  private_64: string;
  public: string;
  sig: string;
  x25519_private: string;
  x25519_public: string;
}

const kdfVectors = referenceVectors<{ vectors: KdfVector[] }>('sphinx_kdf.json').vectors;
const blinding = referenceVectors<{
  vectors: BlindingVector[];
  low_order: { point: string; scalar: string }[];
}>('x25519_blinding.json');
const conversions = referenceVectors<{ vectors: ConversionVector[] }>('eddsa_to_ecdh.json').vectors;

const KDF_INFO = utf8('katzenpost-kdf-v0-hkdf-sha256');
const KDF_LENGTH = 144;

describe.each(implementations)('$name primitives', (primitives) => {
  const { x25519, ed25519, aead, hash } = primitives;
  const multiply = (scalar: string, point: string): string | undefined => {
    const shared = x25519.multiply(x25519.scalar(hex(scalar)), x25519.point(hex(point)));
    return shared && toHex(shared);
  };

  describe('the Sphinx key derivation', () => {
    it.each(kdfVectors)('expands $ikm', (vector) => {
      const okm = primitives.hkdfExpand(hex(vector.ikm), KDF_INFO, KDF_LENGTH);
      expect(toHex(okm)).toBe(
        vector.header_mac_key +
          vector.header_encryption_key +
          vector.header_encryption_iv +
          vector.payload_encryption_key +
          vector.blinding_factor,
      );
    });

    it('expands 32 zero bytes', () => {
      const okm = primitives.hkdfExpand(new Uint8Array(32), KDF_INFO, KDF_LENGTH);
      expect(toHex(okm)).toBe(
        '267f8c042a88881ce963db90cec1bbfb00566826c937c230dffd768571ad54e9' +
          '08c6643e68f63571fe689eccabbf0eb7576a07d70486ced7237881556b9692bf' +
          '3ce4823fd4a0ff277d4df394b0f03f95005713df322480fa57129bb29a7bf1e6' +
          'e613d55d0d39bc81403c66b3f921a903' +
          'fe1453e1390923ee3ef98f5671a4c01b50b7eea7612d612812462b1b9c9f77a5',
      );
    });

    it.each(kdfVectors)('gives key stream, MAC and replay tag of $ikm', (vector) => {
      const key = hex(vector.header_encryption_key);
      const stream = primitives.aesCtr(key, hex(vector.header_encryption_iv), new Uint8Array(600));
      expect(toHex(stream)).toBe(vector.keystream_600);
      const mac = primitives.hmacSha256(hex(vector.header_mac_key), hex(vector.mac_msg));
      expect(toHex(mac.subarray(0, 16))).toBe(vector.mac);
      expect(toHex(hash.sha512_256(hex(vector.hash_msg)))).toBe(vector.hash);
    });
  });

  describe('X25519', () => {
    it.each(blinding.vectors)('shares and blinds $a_public', (vector) => {
      const a = x25519.scalar(hex(vector.a_private));
      expect(toHex(x25519.publicKey(a))).toBe(vector.a_public);
      expect(multiply(vector.a_private, vector.b_public)).toBe(vector.shared);
      expect(multiply(vector.b_private, vector.a_public)).toBe(vector.shared);
      expect(multiply(vector.blinding_factor, vector.a_public)).toBe(vector.a_public_blinded);
      expect(multiply(vector.b_private, vector.a_public_blinded)).toBe(vector.shared_blinded);
    });

    it.each(blinding.low_order)('refuses the low-order point $point', ({ scalar, point }) => {
      expect(multiply(scalar, point)).toBeUndefined();
      expect(isLowOrder(x25519, hex(point))).toBe(true);
    });

    it('ignores bit 255 and reduces numbers of 2^255 - 19 and more', () => {
      const scalar = '42'.repeat(32);
      const nine = `09${'00'.repeat(31)}`;
      const nineWithTopBit = `09${'00'.repeat(30)}80`;
      const primePlusNine = `f6${'ff'.repeat(30)}7f`;
      expect(multiply(scalar, nineWithTopBit)).toBe(multiply(scalar, nine));
      expect(multiply(scalar, primePlusNine)).toBe(multiply(scalar, nine));
      expect(isLowOrder(x25519, hex(nine))).toBe(false);
    });

    it('keeps its own copy of a key', () => {
      const bytes = repeated(7, 32);
      const scalar = x25519.scalar(bytes);
      bytes.fill(0);
      expect(toHex(x25519.publicKey(scalar))).toBe(
        toHex(x25519.publicKey(x25519.scalar(repeated(7, 32)))),
      );
    });

    it('throws at a key of another length, which is a mistake in the program', () => {
      expect(() => x25519.scalar(new Uint8Array(31))).toThrow(RangeError);
      expect(() => x25519.point(new Uint8Array(33))).toThrow(RangeError);
    });
  });

  describe('Ed25519', () => {
    it.each(conversions)('signs, verifies and converts $public', (vector) => {
      const seed = hex(vector.private_64).subarray(0, 32);
      const publicKey = hex(vector.public);
      expect(toHex(ed25519.publicKey(seed))).toBe(vector.public);
      expect(toHex(ed25519.sign(seed, hex(vector.msg)))).toBe(vector.sig);
      expect(ed25519.verify(publicKey, hex(vector.msg), hex(vector.sig))).toBe(true);
      expect(toHex(ed25519.toX25519Secret(seed))).toBe(vector.x25519_private);
      expect(toHex(ed25519.toX25519Public(publicKey) ?? new Uint8Array(0))).toBe(
        vector.x25519_public,
      );
    });

    it('converts the worked key', () => {
      const seed = hex('e818ee275ddb72b8e63758dfba3a90e0f5687dd59f28c2812e9861ba19fa33bf');
      const publicKey = ed25519.publicKey(seed);
      expect(toHex(publicKey)).toBe(
        'fb731cf47b3732b24a5f9c00a0304b66d461b23e7292c5eb406ec09adc2d95e0',
      );
      expect(toHex(ed25519.toX25519Secret(seed))).toBe(
        '381192ba993578bf0310d6339be4b0817123a99d640bf09cff346ce9da05e14d',
      );
      expect(toHex(ed25519.toX25519Public(publicKey) ?? new Uint8Array(0))).toBe(
        '204aaf7c83ee5e9a08d95d264a636f813b81230e83ddcdd1aaf78bf779ce2268',
      );
    });

    it('refuses what is no signature, no key or of the wrong length, without throwing', () => {
      const seed = repeated(1, 32);
      const publicKey = ed25519.publicKey(seed);
      const message = utf8('postern');
      const signature = ed25519.sign(seed, message);
      for (let at = 0; at < signature.length; at++) {
        const flipped = signature.slice();
        flipped[at]! ^= 1;
        expect(ed25519.verify(publicKey, message, flipped)).toBe(false);
      }
      expect(ed25519.verify(publicKey, message, signature.subarray(1))).toBe(false);
      expect(ed25519.verify(publicKey.subarray(1), message, signature)).toBe(false);
      expect(ed25519.verify(repeated(0xff, 32), message, signature)).toBe(false);
    });

    it('converts nothing that is no point', () => {
      // y = 2 is on no point of the curve.
      expect(ed25519.toX25519Public(hex(`02${'00'.repeat(31)}`))).toBeUndefined();
      expect(ed25519.toX25519Public(new Uint8Array(31))).toBeUndefined();
    });
  });

  describe('ChaCha20-Poly1305', () => {
    // RFC 8439, section 2.8.2.
    const key = hex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
    const nonce = hex('070000004041424344454647');
    const ad = hex('50515253c0c1c2c3c4c5c6c7');
    const message = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the " +
        'future, sunscreen would be it.',
    );

    it('seals as in RFC 8439 and opens it again', () => {
      const sealed = aead.seal(key, nonce, ad, message);
      expect(toHex(sealed.subarray(0, 16))).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
      expect(toHex(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691');
      expect(aead.open(key, nonce, ad, sealed)).toEqual(message);
    });

    it('opens nothing with any byte flipped, or shorter than a tag', () => {
      const sealed = aead.seal(key, nonce, ad, message);
      for (let at = 0; at < sealed.length; at++) {
        const flipped = sealed.slice();
        flipped[at]! ^= 0x80;
        expect(aead.open(key, nonce, ad, flipped)).toBeUndefined();
      }
      expect(aead.open(key, nonce, message, sealed)).toBeUndefined();
      for (let length = 0; length < 16; length++) {
        expect(aead.open(key, nonce, ad, sealed.subarray(0, length))).toBeUndefined();
      }
    });

    it('seals and opens the empty message', () => {
      const sealed = aead.seal(key, nonce, ad, new Uint8Array(0));
      expect(sealed).toHaveLength(16);
      expect(aead.open(key, nonce, ad, sealed)).toEqual(new Uint8Array(0));
    });
  });

  it('counts AES-CTR over all sixteen bytes of the block', () => {
    const wrapping = repeated(0xff, 16);
    const stream = primitives.aesCtr(repeated(3, 16), wrapping, new Uint8Array(32));
    const afterWrap = primitives.aesCtr(repeated(3, 16), new Uint8Array(16), new Uint8Array(16));
    expect(stream.subarray(16)).toEqual(afterWrap);
  });

  it('gives the ChaCha20 key stream of RFC 8439 from counter 0', () => {
    const stream = primitives.chacha20(new Uint8Array(32), new Uint8Array(12), 16);
    expect(toHex(stream)).toBe('76b8e0ada0f13d90405d6ae55386bd28');
  });

  it('hashes as the standards do', () => {
    const abc = utf8('abc');
    expect(toHex(hash.sha256(abc))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(hash.sha512(abc)).slice(0, 32)).toBe('ddaf35a193617abacc417349ae204131');
    expect(toHex(hash.sha512_256(abc))).toBe(
      '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23',
    );
    expect(toHex(hash.sha3_256(abc))).toBe(
      '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532',
    );
    expect(toHex(hash.shake256(new Uint8Array(0), 16))).toBe('46b9dd2b0ba88d13233b3feb743eeb24');
    expect(toHex(hash.blake2b(abc, 64)).slice(0, 32)).toBe('ba80a53f981c4d0d6a2797b69f12f6e9');
    expect(hash.blake2b(abc, 48)).toHaveLength(48);
  });

  it('gives plain Uint8Arrays of their own memory', () => {
    const message = repeated(1, 40);
    const outputs = [
      hash.sha256(message),
      primitives.hmacBlake2b(message, message),
      primitives.aesCtr(repeated(1, 16), repeated(1, 16), message),
      aead.seal(repeated(1, 32), repeated(1, 12), message, message),
      ed25519.sign(repeated(1, 32), message),
      x25519.publicKey(x25519.scalar(repeated(1, 32))),
      primitives.wideBlock.encrypt(repeated(1, 48), repeated(1, 16), message),
    ];
    for (const output of outputs) expect(output.constructor).toBe(Uint8Array);
    expect(message).toEqual(repeated(1, 40));
  });
});
