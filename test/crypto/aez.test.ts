import { describe, expect, it } from 'vitest';
import { aezDecrypt, aezEncrypt, aezHash, aezPrf } from '../../src/crypto/aez.js';
import { blockOf } from '../../src/crypto/aez/block.js';
import { extractKey } from '../../src/crypto/aez/key.js';
import type { EngineMaker } from '../../src/crypto/aez/key.js';
import { tableEngine } from '../../src/crypto/aez/table.js';
import { makeWasmEngine } from '../../src/crypto/aez/wasm.js';
import { hex, pattern, sha256, toHex } from '../support/bytes.js';
import { referenceVectors, upstreamVectors } from '../support/vectors.js';
import { implementations } from './implementations.js';

interface PlainVector {
  key: string;
  iv: string;
  plaintext: string;
  ciphertext: string;
  decrypt_of_plaintext: string;
}

interface EncryptVector {
  k: string;
  nonce: string;
  data: string[] | null;
  tau: number;
  m: string;
  c: string;
}

const plainVectors = ['aez_tau0_small.json', 'aez_tau0_payload.json'].flatMap((name) =>
  referenceVectors<PlainVector[]>(name),
);

/** From the reference: length, first 16 bytes, SHA-256. */
const WORKED: readonly (readonly [number, string, string])[] = [
  [
    16,
    'ebbea96c92c5a260c0b324e6b1d8a2ca',
    '709583015c89db8c7837bfe3db1a7e20368b229db63c85b89eca60b9cddffb67',
  ],
  [
    31,
    '829031f280d84e2d828ce8cf23861567',
    '695c09b14c71611a8707353c335271008b023c79f41593f82f358ad0bee63a16',
  ],
  [
    32,
    '559e0e1b39a479123fd8a99667d0dcc1',
    '5e0aef29e6a01462da5f2b601cdeb6e96ae56701f032e466ccfbc2ca016afa39',
  ],
  [
    33,
    '0104b3327e5107ae85c7710056797bcb',
    '9cfe8b053f4bd916a9c694f87e262a3fd8dcec205ea2d3b92eb0399d82ad9114',
  ],
  [
    47,
    '83c743b0dc4f3354c2bf4f1c04537544',
    '7b513c95b10b4bd479b83de2149b69702c5f83a39ae52177b045f92a2b040c9b',
  ],
  [
    48,
    '471c6ca7c08e47a3241a7eb563e57851',
    '879be79406b9ce61749a911a9fb4dd7af420f11dd7d4266512d73eb5fb621b6e',
  ],
  [
    63,
    'fa8d8d62e2c422d4c66c6a5daaba0b8b',
    '28a61db70c579bce2a458de65c45e199c95980dfe7bd6b5f5eaad0a75dd63ae3',
  ],
  [
    64,
    '39ba686398aa0e1e6adbb3089bfb7228',
    'e3c840512ebedcf168425d464f91018384d71e5f03a22080b240edfb249b1315',
  ],
  [
    80,
    '49e81588e5d819680edca760b316b4b9',
    '036918c34667433ad790ab3032194f12b3b90216d07601c147079469cb0fd0b6',
  ],
  [
    96,
    '312a99717cfc8348972c49668c9812c4',
    '8f965e18a575866bb6afac074ce53f7dc67719549496f55cfe2c097e15e9e117',
  ],
  [
    271,
    '66faa81f745af458bf5942dc5799a0c2',
    'd5a5cce309737688817c63e2d9d3f5ff8dff90a41edb0161001d0050e08a6a13',
  ],
  [
    272,
    '859232c108baf19f3bca78af668a421d',
    '602fe2b081e2b08af4c830cf2a815e75a435d20f87de91f060cafc0a3ef62fa5',
  ],
  [
    273,
    '4daa2e320ff17cafe7254ca50db185af',
    '0ed7a1f2887f0248304e158ab461dcc91ef4ecb138b157a13c03c7d604dea6cc',
  ],
  [
    288,
    'fc3019eae5a8de281c9642877b1d1d02',
    '52f4e27dfbe58faeaf58ce8416dc104a45314563e45855b1be4f5592ca45f82d',
  ],
  [
    300,
    '3305b3c28b0e0e25f22e7fef9561b3a2',
    '529b5bdf67e469fc856fd9746890a074e862a824ee33d6869ec015933c7d982c',
  ],
  [
    1024,
    'b8034b5450debcd27e78c4a4446b14fa',
    '38abd2f023721d4b0200ee3957c1741522b06c0fe673cb02a503dfb16a37b1c9',
  ],
  [
    51216,
    'bf28e793c6149119accc16b19bd535ec',
    '47cba506bc2e4f43bdcac72d18ad61b7b0edbc7719b4d92dae9c8c44126d548d',
  ],
];

describe.each(implementations)('AEZ with tau 0, $name', ({ wideBlock }) => {
  it('encrypts and decrypts as the reference, 0 to 51216 bytes', () => {
    expect(plainVectors.length).toBeGreaterThan(10);
    for (const vector of plainVectors) {
      const [key, iv, plaintext] = [hex(vector.key), hex(vector.iv), hex(vector.plaintext)];
      expect(toHex(wideBlock.encrypt(key, iv, plaintext))).toBe(vector.ciphertext);
      expect(toHex(wideBlock.decrypt(key, iv, hex(vector.ciphertext)))).toBe(vector.plaintext);
      expect(toHex(wideBlock.decrypt(key, iv, plaintext))).toBe(vector.decrypt_of_plaintext);
    }
  });

  it.each(WORKED)('encrypts the pattern of %i bytes', (length, start, digest) => {
    const key = Uint8Array.from({ length: 48 }, (_, i) => i);
    const iv = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i);
    const ciphertext = wideBlock.encrypt(key, iv, pattern(length));
    expect(toHex(ciphertext.subarray(0, 16))).toBe(start);
    expect(sha256(ciphertext)).toBe(digest);
    expect(sha256(wideBlock.decrypt(key, iv, ciphertext))).toBe(sha256(pattern(length)));
  });
});

const engines: readonly { name: string; engine: EngineMaker }[] = [
  { name: 'tables', engine: tableEngine },
  { name: 'WebAssembly', engine: makeWasmEngine() },
];

const encryptFiles = [
  'yawning_aez_encrypt_part1.json',
  'yawning_aez_encrypt_part2.json',
  'yawning_aez_encrypt_no_ad.json',
  'yawning_aez_encrypt_33_byte_ad.json',
  'yawning_aez_encrypt_16_byte_key.json',
].map((name) => ({ name, vectors: upstreamVectors<EncryptVector[]>(name) }));

describe.each(engines)('AEZ v5 by $name', ({ engine }) => {
  describe.each(encryptFiles)('$name', ({ vectors }) => {
    it.skipIf(vectors === undefined)('encrypts and decrypts every case', () => {
      for (const vector of vectors ?? []) {
        const ad = (vector.data ?? []).map(hex);
        const parameters = {
          key: hex(vector.k),
          nonce: hex(vector.nonce),
          ad,
          tau: vector.tau,
          engine,
        };
        expect(toHex(aezEncrypt(parameters, hex(vector.m)))).toBe(vector.c);
        const plaintext = aezDecrypt(parameters, hex(vector.c));
        expect(plaintext && toHex(plaintext)).toBe(vector.m);
      }
    });
  });

  it('refuses an expanded ciphertext with any byte flipped', () => {
    const nonce = pattern(16);
    for (const length of [0, 1, 15, 20, 40, 100]) {
      const parameters = { key: pattern(48), nonce, ad: [pattern(5)], tau: 16, engine };
      const ciphertext = aezEncrypt(parameters, pattern(length));
      expect(aezDecrypt(parameters, ciphertext)).toEqual(pattern(length));
      for (let at = 0; at < ciphertext.length; at++) {
        const flipped = ciphertext.slice();
        flipped[at]! ^= 0x10;
        expect(aezDecrypt(parameters, flipped)).toBeUndefined();
      }
    }
  });

  it('refuses a ciphertext shorter than its expansion', () => {
    const parameters = { key: pattern(48), nonce: pattern(16), ad: [], tau: 16, engine };
    expect(aezDecrypt(parameters, pattern(15))).toBeUndefined();
  });
});

const extractVectors = upstreamVectors<{ a: string; b: string }[]>('yawning_aez_extract.json');
const hashVectors =
  upstreamVectors<{ k: string; tau: number; data: string[] | null; v: string }[]>(
    'yawning_aez_hash.json',
  );
const prfVectors =
  upstreamVectors<{ k: string; delta: string; tau: number; r: string }[]>('yawning_aez_prf.json');

describe('the parts of AEZ', () => {
  it.skipIf(extractVectors === undefined)('extract keys as upstream', () => {
    for (const { a, b } of extractVectors ?? []) expect(toHex(extractKey(hex(a)))).toBe(b);
  });

  it.skipIf(hashVectors === undefined)('hash as upstream', () => {
    for (const { k, tau, data, v } of hashVectors ?? []) {
      const [nonce = new Uint8Array(0), ...ad] = (data ?? []).map(hex);
      expect(toHex(aezHash(hex(k), { nonce, ad, tauBits: tau }))).toBe(v);
    }
  });

  it.skipIf(prfVectors === undefined)('give the upstream prf', () => {
    for (const { k, delta, tau, r } of prfVectors ?? []) {
      expect(toHex(aezPrf(hex(k), blockOf(hex(delta)), tau))).toBe(r);
    }
  });
});
