import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import {
  decodeCertificate,
  encodeCertificate,
  signCertificate,
} from '../../src/pki/certificate.js';
import {
  checkDescriptor,
  signDescriptor,
  verifyDescriptor,
  type Descriptor,
} from '../../src/pki/descriptor.js';
import { hex, repeated, sha256 } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import { descriptorOf, linkKeyOf, primitives, signedDescriptor } from './support.js';

const EXPIRATION = 4_102_444_800;
const NOW = 1_496_286_000_000;
const EPOCH = 9;

const keys = (...bytes: readonly number[]): ReadonlyMap<number, Uint8Array> =>
  new Map(bytes.map((byte, i) => [EPOCH + i, linkKeyOf(byte)]));

const mix: Descriptor = {
  name: 'mix1',
  identityKey: primitives.ed25519.publicKey(repeated(1, 32)),
  linkKey: linkKeyOf(2),
  addresses: new Map([['tcp4', ['127.0.0.1:30001']]]),
  mixKeys: keys(3, 4, 5),
  layer: 0,
  services: new Map(),
  registrationAddresses: undefined,
};
const provider: Descriptor = {
  name: 'provider1',
  identityKey: primitives.ed25519.publicKey(repeated(7, 32)),
  linkKey: linkKeyOf(8),
  addresses: new Map([['tcp4', ['127.0.0.1:30002']]]),
  mixKeys: keys(13, 14, 15),
  layer: 255,
  services: new Map([
    ['loop', { endpoint: '+loop' }],
    ['keyserver', { endpoint: '+keyserver' }],
  ]),
  registrationAddresses: ['http://127.0.0.1:8080'],
};

const sign = (descriptor: Descriptor, byte: number): Uint8Array =>
  signDescriptor(primitives, descriptor, { seed: repeated(byte, 32), expiration: EXPIRATION });
const verify = (raw: Uint8Array, epoch = EPOCH) =>
  verifyDescriptor(primitives, raw, { epoch, nowMs: NOW });
const payloadOf = (raw: Uint8Array) => fromUtf8(decodeCertificate(raw)._unsafeUnwrap().certified);

describe('the descriptors worked out for authority v0.0.14', () => {
  it('come out byte for byte for a mix', () => {
    const raw = sign(mix, 1);
    expect(payloadOf(raw)).toBe(
      '{"Addresses":{"tcp4":["127.0.0.1:30001"]},"IdentityKey":"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=","Layer":"0","LinkKey":"zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=","LoadWeight":"0","MixKeys":{"9":"Xf7dO2vUf2+ijuFdlp1bsOpTd01Ii9r53xxuASSz7yI=","10":"rAGyIJ6GNU+4UyN7XeD0+rE8f8v0M6YcAZNpYX/s8Qs=","11":"UKYUCbHd0DJemxa3AOcZ6XcsBwALG9d4bpB8ZT0gSV0="},"Name":"mix1","RegistrationHTTPAddresses":null,"Version":"v0"}',
    );
    const signature = decodeCertificate(raw)._unsafeUnwrap().signatures[0]?.payload;
    expect(toHex(signature ?? raw)).toBe(
      '2e08e6c5695735dc65d89d5c4fd5779788b68eb532d4386cf77098de39fa04b00f378400ac1ca95401ada606e3646f994b0f7239bfebff1aa57cb61cb3e3f20a',
    );
    expect(raw.length).toBe(603);
    expect(sha256(raw)).toBe('35be159104387da0deecf20fd397dd6664e39367b06364bc247e199cf98d38a7');
  });

  it('come out byte for byte for a provider', () => {
    const raw = sign(provider, 7);
    expect(payloadOf(raw).length).toBe(526);
    expect(raw.length).toBe(711);
    expect(sha256(raw)).toBe('e9ac4ba4343986aee007f3ba8e89ed1c4a7bfbcc4593c7b0ef129b7928162fb9');
  });

  it('are read back', () => {
    expect(verify(sign(mix, 1))._unsafeUnwrap()).toEqual(mix);
    expect(verify(sign(provider, 7))._unsafeUnwrap()).toEqual(provider);
  });
});

interface ReferenceDescriptor {
  readonly raw: string;
  readonly epoch: number;
  readonly certificate: { readonly expiration: number; readonly certified_text: string };
  readonly parsed: {
    readonly name: string;
    readonly identity_key: string;
    readonly link_key: string;
    readonly layer: number;
    readonly addresses: Readonly<Record<string, readonly string[]>>;
    readonly mix_keys: Readonly<Record<string, string>>;
    readonly kaetzchen: Readonly<Record<string, { readonly endpoint: string }>> | null;
  };
}

describe('the descriptors of a reference network', () => {
  const { mix: one, provider: two } = referenceVectors<{
    readonly mix: ReferenceDescriptor;
    readonly provider: ReferenceDescriptor;
  }>('pki_descriptors.json');

  it.each([one, two])('are read as the reference reads them: $parsed.name', (vector) => {
    const { expiration, certified_text } = vector.certificate;
    const raw = hex(vector.raw);
    const nowMs = expiration * 1000;
    const read = verifyDescriptor(primitives, raw, { epoch: vector.epoch, nowMs })._unsafeUnwrap();
    expect(read.name).toBe(vector.parsed.name);
    expect(read.layer).toBe(vector.parsed.layer);
    expect(toHex(read.identityKey)).toBe(vector.parsed.identity_key);
    expect(toHex(read.linkKey)).toBe(vector.parsed.link_key);
    expect(Object.fromEntries(read.addresses)).toEqual(vector.parsed.addresses);
    expect(Object.fromEntries(read.services)).toEqual(vector.parsed.kaetzchen ?? {});
    const mixKeys = [...read.mixKeys].map(([epoch, key]) => [String(epoch), toHex(key)]);
    expect(Object.fromEntries(mixKeys)).toEqual(vector.parsed.mix_keys);
    const again = signDescriptor(primitives, read, { seed: repeated(1, 32), expiration });
    expect(payloadOf(again)).toBe(certified_text);
    expect(encodeCertificate(decodeCertificate(raw)._unsafeUnwrap())).toEqual(raw);
  });
});

describe('rules', () => {
  const rule = (descriptor: Descriptor) =>
    checkDescriptor(descriptor, EPOCH).match(
      () => 'ok',
      (error) => `${error.field}: ${error.rule}`,
    );
  const addresses = (...entries: [string, string[]][]) => new Map(entries);
  const tcp4: [string, string[]] = ['tcp4', ['127.0.0.1:1']];

  it.each<[string, Partial<Descriptor>, string]>([
    ['a long name', { name: 'ü'.repeat(16) }, 'ok'],
    ['too long a name', { name: `${'ü'.repeat(16)}x` }, 'Name: 1 to 32 bytes'],
    ['no name', { name: '' }, 'Name: 1 to 32 bytes'],
    ['a layer of its own', { layer: 1 }, 'Layer: 0 or 255'],
    ['gaps in its keys', { mixKeys: new Map([...keys(1, 2, 3)].filter(([e]) => e !== 10)) }, 'ok'],
    ['no key for now', { mixKeys: new Map([...keys(1, 2)].slice(1)) }, 'MixKeys: has the epoch'],
    ['four keys', { mixKeys: keys(1, 2, 3, 4) }, 'MixKeys: three epochs'],
    ['no address', { addresses: new Map() }, 'Addresses: has tcp4'],
    ['no tcp4', { addresses: addresses(['tcp6', ['[::1]:1']]) }, 'Addresses: has tcp4'],
    ['both families', { addresses: addresses(tcp4, ['tcp6', ['[::1]:1']]) }, 'ok'],
    ['an empty list', { addresses: addresses(tcp4, ['tcp6', []]) }, 'Addresses: none empty'],
    ['a bad address', { addresses: addresses(['tcp4', ['x:1']]) }, 'Addresses: fits its transport'],
    [
      'a name as address',
      { addresses: addresses(tcp4, ['tcp', ['a:1']]) },
      'Addresses: IP only for mixes',
    ],
    [
      'a nameless transport',
      { addresses: addresses(tcp4, ['', ['a']]) },
      'Addresses: named transports',
    ],
    ['a service', { services: provider.services }, 'Kaetzchen: providers only'],
  ])('for a mix with %s', (_, change, expected) => {
    expect(rule({ ...mix, ...change })).toBe(expected);
  });

  it.each<[string, Partial<Descriptor>, string]>([
    ['other transports', { addresses: addresses(tcp4, ['tcp', ['a:1']], ['onion', ['b']]) }, 'ok'],
    [
      'a nameless capability',
      { services: new Map([['', { endpoint: '+x' }]]) },
      'Kaetzchen: named capabilities',
    ],
    [
      'no endpoint',
      { services: new Map([['x', { endpoint: '' }]]) },
      'Kaetzchen: endpoint of 1 to 64 bytes',
    ],
    [
      'a long endpoint',
      { services: new Map([['x', { endpoint: 'ü'.repeat(33) }]]) },
      'Kaetzchen: endpoint of 1 to 64 bytes',
    ],
  ])('for a provider with %s', (_, change, expected) => {
    expect(rule({ ...provider, ...change })).toBe(expected);
  });
});

describe('hostile descriptors', () => {
  const kind = (raw: Uint8Array, epoch = EPOCH) =>
    verify(raw, epoch).match(
      () => 'ok',
      (error) => error.kind,
    );
  const signText = (json: string) =>
    signCertificate(primitives, utf8(json), { seed: repeated(1, 32), expiration: EXPIRATION });
  const text = payloadOf(sign(mix, 1));

  it('are refused for another epoch', () => {
    const raw = sign(mix, 1);
    expect(kind(raw, EPOCH + 1)).toBe('bad-field');
    expect(kind(raw, EPOCH - 1)).toBe('bad-field');
  });

  it.each([
    ['an unsigned name', text.replace('"Name":"mix1",', '')],
    ['no identity key', text.replace('IdentityKey', 'Identity')],
    ['another version', text.replace('"v0"', '"v1"')],
    ['an empty service map on a mix', text.replace('"Layer"', '"Kaetzchen":{},"Layer"')],
    ['a key of 31 bytes', text.replace('iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=', 'AAAA')],
    ['a nameless epoch', text.replace('"9":', '"":')],
    ['a weight over 8 bits', text.replace('"LoadWeight":"0"', '"LoadWeight":"256"')],
  ])('are refused with %s', (_, json) => {
    expect(json).not.toBe(text);
    expect(kind(signText(json))).toBe('bad-field');
  });

  it('are read with bare numbers and unknown members', () => {
    expect(kind(signText(text.replace('"Layer":"0"', '"Layer":0,"More":[{}]')))).toBe('ok');
    expect(kind(signText(text.replace('"Layer"', '"Kaetzchen":null,"Layer"')))).toBe('ok');
  });

  it('are refused unless the node that they name has signed, alone', () => {
    expect(kind(sign(mix, 2))).toBe('not-signed');
    const raw = sign(mix, 1);
    const other = { epoch: EPOCH, nowMs: NOW, identityKey: repeated(3, 32) };
    expect(verifyDescriptor(primitives, raw, other)._unsafeUnwrapErr().kind).toBe('not-signed');
    const certificate = decodeCertificate(raw)._unsafeUnwrap();
    const twice = {
      ...certificate,
      signatures: [...certificate.signatures, ...certificate.signatures],
    };
    expect(kind(encodeCertificate(twice))).toBe('signature-count');
  });

  it('are refused when signed by the expected key under another name', () => {
    const raw = sign(mix, 2);
    const identityKey = primitives.ed25519.publicKey(repeated(2, 32));
    const read = verifyDescriptor(primitives, raw, { epoch: EPOCH, nowMs: NOW, identityKey });
    expect(read._unsafeUnwrapErr()).toEqual({
      kind: 'bad-field',
      field: 'IdentityKey',
      rule: 'the signer',
    });
  });

  it('are refused when expired', () => {
    const late = { epoch: EPOCH, nowMs: EXPIRATION * 1000 + 1 };
    expect(verifyDescriptor(primitives, sign(mix, 1), late)._unsafeUnwrapErr().kind).toBe(
      'expired',
    );
  });

  it('are refused with any byte flipped', () => {
    const raw = signedDescriptor(1, EPOCH, 0);
    expect(verify(raw)._unsafeUnwrap()).toEqual(descriptorOf(1, EPOCH, 0));
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = raw.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(verify(changed).isErr()).toBe(true);
      }),
    );
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(verify(signText(json === '""' ? '0' : json)).isErr()).toBe(true);
        const services = text.replace('"Layer":"0"', `"Kaetzchen":${json},"Layer":"255"`);
        expect(() => verify(signText(services))).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe('services', () => {
  it('keep what else is said of them', () => {
    const services = new Map([['ping', { endpoint: '+ping', others: new Map([['fee', '5']]) }]]);
    const raw = sign({ ...provider, services }, 7);
    expect(payloadOf(raw)).toContain('"Kaetzchen":{"ping":{"endpoint":"+ping","fee":"5"}}');
    expect(verify(raw)._unsafeUnwrap().services).toEqual(services);
  });
});
