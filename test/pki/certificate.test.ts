import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { utf8 } from '../../src/bytes/text.js';
import { encodeCbor, type CborItem } from '../../src/pki/cbor.js';
import {
  addSignature,
  decodeCertificate,
  encodeCertificate,
  signCertificate,
  signedMessage,
  verifyCertificate,
  verifyThreshold,
  type Certificate,
} from '../../src/pki/certificate.js';
import { hex, repeated, toHex } from '../support/bytes.js';
import { primitives } from './support.js';

const seed = hex('e818ee275ddb72b8e63758dfba3a90e0f5687dd59f28c2812e9861ba19fa33bf');
const publicKey = primitives.ed25519.publicKey(seed);
const expiration = 18_934_214_400;
const nowMs = 1_700_000_000_000;
const raw = signCertificate(primitives, utf8('hello'), { seed, expiration });

const verify = (bytes: Uint8Array) => verifyCertificate(primitives, bytes, { publicKey, nowMs });
const kindOf = (bytes: Uint8Array) =>
  verify(bytes).match(
    () => 'ok',
    ({ kind }) => kind,
  );

const decoded: Certificate = decodeCertificate(raw)._unsafeUnwrap();
const signatureItem = new Map<string, CborItem>([
  ['Identity', publicKey],
  ['Payload', decoded.signatures[0]?.payload ?? ''],
]);
const members: readonly (readonly [string, CborItem])[] = [
  ['Version', 0],
  ['Expiration', expiration],
  ['KeyType', 'ed25519'],
  ['Certified', utf8('hello')],
  ['Signatures', [signatureItem]],
];
const withMember = (name: string, value: CborItem) =>
  encodeCbor(new Map([...members.filter(([key]) => key !== name), [name, value]]));

describe('the certificate of core v0.0.12', () => {
  it('has the worked bytes', () => {
    expect(toHex(raw)).toBe(
      'a56756657273696f6e006a45787069726174696f6e1b0000000468912f00674b6579547970656765643235353139' +
        '694365727469666965644568656c6c6f6a5369676e61747572657381a2684964656e746974795820fb731cf47b' +
        '3732b24a5f9c00a0304b66d461b23e7292c5eb406ec09adc2d95e0675061796c6f61645840b3d90808c936845e' +
        '4852e78ba3300d55bf19810a5fcaa8a2bb7a49b81182a7461b05837e4cb3d4a2ea23361cf33ec005ec1f51c22c' +
        'a1c2c4c2d7049ef0178e04',
    );
  });

  it('signs version, expiration, key type and payload without anything between', () => {
    const message = signedMessage({ ...decoded, expiration: 4_102_444_800 });
    expect(toHex(message)).toBe(`00000000005786f400000000${toHex(utf8('ed25519hello'))}`);
  });

  it('gives back what was certified', () => {
    expect(verify(raw)._unsafeUnwrap()).toEqual(utf8('hello'));
    expect(encodeCertificate(decoded)).toEqual(raw);
  });
});

describe('expiry', () => {
  const at = (ms: number) =>
    verifyCertificate(primitives, raw, { publicKey, nowMs: ms }).match(
      () => 'ok',
      ({ kind }) => kind,
    );

  it('counts from the start of the second', () => {
    expect(at(expiration * 1000)).toBe('ok');
    expect(at(expiration * 1000 + 1)).toBe('expired');
  });

  it('is no matter of the codec', () => {
    expect(decodeCertificate(raw).isOk()).toBe(true);
  });
});

describe('hostile certificates', () => {
  it('are refused with any byte flipped', () => {
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = raw.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(verify(changed).isErr()).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  it('never throw, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeCertificate(bytes).isErr()).toBe(true);
        expect(decodeCertificate(concat(raw.subarray(0, 9), bytes)).isErr()).toBe(true);
      }),
    );
  });

  it('never throw when nested as deep as a frame allows', () => {
    expect(kindOf(repeated(0x81, 1 << 20))).toBe('bad-certificate');
    expect(kindOf(repeated(0xa1, 1 << 20))).toBe('bad-certificate');
    expect(kindOf(new Uint8Array((1 << 20) + 1))).toBe('bad-certificate');
  });

  it('may have their members in another order, which changes nothing', () => {
    expect(kindOf(encodeCbor(new Map([...members].reverse())))).toBe('ok');
  });

  it.each([
    ['a version', withMember('Version', 1)],
    ['an unknown member', encodeCbor(new Map([...members, ['Extra', 0]]))],
    ['a missing version', encodeCbor(new Map(members.slice(1)))],
    ['text as payload', withMember('Certified', 'hello')],
    ['no payload', withMember('Certified', new Uint8Array(0))],
    ['no key type', withMember('KeyType', '')],
    ['text as expiration', withMember('Expiration', '18934214400')],
    ['a signature with one member', withMember('Signatures', [new Map([['Identity', publicKey]])])],
    ['trailing bytes', concat(raw, Uint8Array.of(0))],
    ['an indefinite map', concat(Uint8Array.of(0xbf), raw.subarray(1), Uint8Array.of(0xff))],
  ])('are refused with %s', (_, bytes) => {
    expect(kindOf(bytes)).toBe('bad-certificate');
  });

  it('are refused with a float or a long form where an integer belongs', () => {
    const version = utf8('Version').length + 2;
    const replaced = (form: readonly number[]) =>
      concat(raw.subarray(0, version), Uint8Array.from(form), raw.subarray(version + 1));
    expect(kindOf(replaced([0x00]))).toBe('ok');
    expect(kindOf(replaced([0xf9, 0, 0]))).toBe('bad-certificate');
    expect(kindOf(replaced([0x18, 0]))).toBe('bad-certificate');
  });

  it('are refused with a member twice', () => {
    const twice = concat(Uint8Array.of(0xa6), raw.subarray(1), utf8('gVersion'), Uint8Array.of(0));
    expect(kindOf(twice)).toBe('bad-certificate');
  });

  it('tell an unknown scheme and a foreign signer apart', () => {
    expect(kindOf(withMember('KeyType', 'ed448'))).toBe('unknown-key-type');
    const foreign = signCertificate(primitives, utf8('hello'), {
      seed: repeated(1, 32),
      expiration,
    });
    expect(kindOf(foreign)).toBe('not-signed');
  });

  it('count the first signature of a signer only', () => {
    const bad = new Map<string, CborItem>([
      ['Identity', publicKey],
      ['Payload', new Uint8Array(64)],
    ]);
    expect(kindOf(withMember('Signatures', [bad, signatureItem]))).toBe('bad-signature');
    expect(kindOf(withMember('Signatures', [signatureItem, bad]))).toBe('ok');
  });
});

describe('several signatures', () => {
  const seeds = [1, 2, 3].map((byte) => repeated(byte, 32));
  const keys = seeds.map((each) => primitives.ed25519.publicKey(each));
  const signatureOf = (index: number) =>
    decodeCertificate(
      signCertificate(primitives, utf8('vote'), { seed: seeds[index] ?? seed, expiration }),
    )._unsafeUnwrap().signatures[0] ?? { identity: seed, payload: seed };
  const first = signCertificate(primitives, utf8('vote'), { seed: repeated(1, 32), expiration });
  const add = (bytes: Uint8Array, index: number) =>
    addSignature(primitives, bytes, { signature: signatureOf(index), nowMs });
  const threshold = (bytes: Uint8Array, wanted: number) =>
    verifyThreshold(primitives, bytes, { publicKeys: keys, threshold: wanted, nowMs });

  it('are kept ascending by identity, whatever the order of adding', () => {
    const there = add(first, 1).andThen((bytes) => add(bytes, 2));
    const back = add(first, 2).andThen((bytes) => add(bytes, 1));
    expect(there._unsafeUnwrap()).toEqual(back._unsafeUnwrap());
    const identities = decodeCertificate(there._unsafeUnwrap())
      ._unsafeUnwrap()
      .signatures.map(({ identity }) => toHex(identity));
    expect(identities).toEqual([...identities].sort());
  });

  it('count towards a threshold', () => {
    const two = add(first, 1)._unsafeUnwrap();
    expect(threshold(two, 2)._unsafeUnwrap()).toEqual(utf8('vote'));
    expect(threshold(two, 3)._unsafeUnwrapErr()).toEqual({
      kind: 'too-few-signatures',
      valid: 2,
      threshold: 3,
    });
  });

  it('are refused twice, or when they do not fit', () => {
    expect(add(first, 0)._unsafeUnwrapErr().kind).toBe('duplicate-signature');
    const payload = signatureOf(2).payload;
    const foreign = { identity: keys[1] ?? seed, payload };
    const added = addSignature(primitives, first, { signature: foreign, nowMs });
    expect(added._unsafeUnwrapErr().kind).toBe('bad-signature');
  });
});
