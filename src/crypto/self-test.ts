/**
 * Known answers for every primitive, checked once at start.
 *
 * The answers come from RFC 7748, RFC 8032, the published AEZ and Sphinx vectors, and, where those
 * are long, from two implementations that agree; the test suite compares with many more.
 * @module
 */
import { toHex, utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import { portableHashes } from './portable.js';
import type { Point, Primitives } from './primitives.js';

/** Everything of {@link Primitives} but its name. */
export type PrimitiveName = Exclude<keyof Primitives, 'name'>;

interface KnownAnswer {
  /** Works the primitive; a wrong refusal shows as missing bytes. */
  readonly run: (primitives: Primitives) => readonly (Uint8Array | undefined)[];
  /** SHA-256 of all its outputs joined, in hex. */
  readonly answer: string;
}

/** `length` bytes: from, from + 1, … */
const counting = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => from + i);

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

const MESSAGE = utf8('postern');
const KEY = counting(32);
const IV = counting(16, 0xf0);
const NONCE = counting(12);

/** A point on which everybody agrees on zero: refused, so it adds no byte to the answer. */
const lowOrder = ({ x25519 }: Primitives): Point => x25519.point(new Uint8Array(32));

const flag = (value: boolean): Uint8Array => Uint8Array.of(Number(value));

const KNOWN_ANSWERS: Readonly<Record<PrimitiveName, KnownAnswer>> = {
  x25519: {
    run: (primitives) => {
      const { x25519 } = primitives;
      const scalar = x25519.scalar(KEY);
      const point = x25519.point(counting(32, 0xe0));
      return [
        x25519.publicKey(scalar),
        x25519.multiply(scalar, point),
        x25519.multiply(scalar, lowOrder(primitives)),
      ];
    },
    answer: '1439c74d5952b7e180ef305a0bc1c5b2e5c9ba78b6a85fb052aa2fe12c130bac',
  },
  ed25519: {
    run: ({ ed25519 }) => {
      const publicKey = ed25519.publicKey(KEY);
      const signature = ed25519.sign(KEY, MESSAGE);
      return [
        publicKey,
        signature,
        flag(ed25519.verify(publicKey, MESSAGE, signature)),
        flag(ed25519.verify(publicKey, NONCE, signature)),
        ed25519.toX25519Secret(KEY),
        ed25519.toX25519Public(publicKey),
      ];
    },
    answer: 'e7f765d8758dbf93194de06ed0c45adcde0fe19b6f3e84f59aeaaf0692ef8664',
  },
  aead: {
    run: ({ aead }) => {
      const sealed = aead.seal(KEY, NONCE, IV, MESSAGE);
      return [sealed, aead.open(KEY, NONCE, IV, sealed), aead.open(KEY, NONCE, KEY, sealed)];
    },
    answer: '06aa335ea944279bf664044f4d1c5257e9427135a684560a6b40087672043c20',
  },
  wideBlock: {
    run: ({ wideBlock }) => {
      const sealed = wideBlock.encrypt(counting(48), IV, pattern(1024));
      const opened = wideBlock.decrypt(counting(48), IV, sealed);
      return [sealed.subarray(0, 16), sealed.subarray(-16), opened.subarray(-16)];
    },
    answer: 'a5c3c47f8ac590271a3ec143448ea0e8370ebbe9977f124f9f11850c715c8f5a',
  },
  hash: {
    run: ({ hash }) => [
      hash.sha256(MESSAGE),
      hash.sha512(MESSAGE),
      hash.sha512_256(MESSAGE),
      hash.sha3_256(MESSAGE),
      hash.shake256(MESSAGE, 8),
      hash.blake2b(MESSAGE, 64),
      hash.blake2b(MESSAGE, 8),
    ],
    answer: '8c6dc13d6f4fd6b8086e37cccb5541a14f04bf6ea295e24aad1bded4b2360dca',
  },
  hmacSha256: {
    run: (primitives) => [primitives.hmacSha256(KEY, MESSAGE)],
    answer: '9b8c2aa984d9dd21d9a6397dee1af5762597df21c8119192089231f77bb77668',
  },
  hmacBlake2b: {
    run: (primitives) => [primitives.hmacBlake2b(KEY, MESSAGE)],
    answer: '6af3d2a77c697cae530645215bb0715cf5ddcb253bd2cf6427441ba2b710284a',
  },
  hkdfExpand: {
    run: (primitives) => [primitives.hkdfExpand(KEY, MESSAGE, 40)],
    answer: '8577bd8dde7254a5441086f23f6648b1985326b044e28e67e1da450b192d0158',
  },
  aesCtr: {
    run: ({ aesCtr }) => [aesCtr(counting(16), IV, pattern(40)), aesCtr(KEY, IV, MESSAGE)],
    answer: '1aa408021ad2fde085f326f9863a74eeef3703f3368c0216ebfd9c041a6fb902',
  },
  chacha20: {
    run: ({ chacha20 }) => [chacha20(KEY, NONCE, 70)],
    answer: '043da57c85738cdf107a476e0dfe03cb895341da5b3f8da5027ea8452fb905d5',
  },
};

/** Whether one primitive gives its known answer; one that throws does not. */
export const passes = (primitives: Primitives, name: PrimitiveName): boolean => {
  const { run, answer } = KNOWN_ANSWERS[name];
  try {
    const outputs = concat(...run(primitives).filter((part) => part !== undefined));
    return toHex(portableHashes.sha256(outputs)) === answer;
  } catch {
    return false;
  }
};

export const PRIMITIVE_NAMES: readonly PrimitiveName[] = [
  'x25519',
  'ed25519',
  'aead',
  'wideBlock',
  'hash',
  'hmacSha256',
  'hmacBlake2b',
  'hkdfExpand',
  'aesCtr',
  'chacha20',
];

/** The first primitive whose known answer is not met; `undefined` when all are right. */
export const selfTest = (primitives: Primitives): PrimitiveName | undefined =>
  PRIMITIVE_NAMES.find((name) => !passes(primitives, name));
