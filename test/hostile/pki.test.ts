/** Certificates, descriptors, documents and what they are made of, from anybody. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { decodeCbor, encodeCbor } from '../../src/pki/cbor.js';
import { signCertificate, verifyCertificate } from '../../src/pki/certificate.js';
import { verifyDescriptor } from '../../src/pki/descriptor.js';
import { verifyDocument } from '../../src/pki/document.js';
import { decodeDocument, encodeDocument } from '../../src/pki/document-codec.js';
import { isAddressFor } from '../../src/pki/endpoint.js';
import { readJson } from '../../src/pki/json.js';
import { hex, repeated } from '../support/bytes.js';
import {
  AUTHORITY_SEED,
  config,
  contentsOf,
  documentOf,
  expirationFor,
  signedDescriptor,
} from '../pki/support.js';
import { epochStart } from '../../src/pki/epoch.js';
import { expectFlat } from './memory.js';
import { describeParser } from './parser.js';

const primitives = makeFastPrimitives();
const EPOCH = 250_000;
const nowMs = epochStart(config.epochTime, EPOCH);
const seed = repeated(11, 32);
const expiration = expirationFor(EPOCH);

const item = new Map<string, Parameters<typeof encodeCbor>[0]>([
  ['n', 24],
  ['m', -300],
  ['t', 'text'],
  ['b', repeated(7, 30)],
  ['l', [1, 'x', new Map([['k', 70_000]])]],
]);

describeParser('CBOR', {
  read: decodeCbor,
  valid: [encodeCbor(item), encodeCbor([1, 2, 3]), encodeCbor(2 ** 40)],
});

describe('CBOR of another form', () => {
  it.each([
    ['an indefinite list', '9f01ff'],
    ['an indefinite text', '7f6161ff'],
    ['a number that is too long', '1801'],
    ['a length that is too long', '590001aa'],
    ['a float', 'f93c00'],
    ['a float that is an integer', 'fb3ff0000000000000'],
    ['not a number', 'f97e00'],
    ['undefined', 'f7'],
    ['null', 'f6'],
    ['true', 'f5'],
    ['a tag', 'c101'],
    ['a big number', 'c249010000000000000000'],
    ['a number over 2^53', '1b0020000000000001'],
    ['a name twice', 'a2616101616102'],
    ['a name that is a number', 'a10102'],
    ['text that is no UTF-8', '62c328'],
    ['two items', '0101'],
    ['a huge list', '9bffffffffffffffff'],
    ['a huge map', 'bbffffffffffffffff'],
    ['huge bytes', '5bffffffffffffffff'],
    ['a list of 4 G items', '9affffffff00'],
  ])('is refused: %s', (_, text) => {
    expect(decodeCbor(hex(text))).toBeUndefined();
  });

  it('is refused at nine levels, and at a million', () => {
    const nested = (depth: number): Uint8Array => concat(repeated(0x81, depth), Uint8Array.of(0));
    expect(decodeCbor(nested(8))).toBeDefined();
    expect(decodeCbor(nested(9))).toBeUndefined();
    expect(decodeCbor(nested(1_000_000))).toBeUndefined();
    expect(decodeCbor(repeated(0xa1, 1_000_000))).toBeUndefined();
  });

  it('may have a million members', () => {
    const many = concat(Uint8Array.of(0x9a, 0x00, 0x0f, 0x00, 0x00), new Uint8Array(0x0f_0000));
    expect(decodeCbor(many)).toHaveLength(0x0f_0000);
    expect(verifyDocument(primitives, many, { ...asked }).isErr()).toBe(true);
  });
});

const asked = { authorityKey: config.authority.publicKey, epoch: EPOCH, nowMs };
const publicKey = primitives.ed25519.publicKey(seed);

describeParser('a certificate', {
  read: (bytes) => verifyCertificate(primitives, bytes, { publicKey, nowMs }),
  valid: [signCertificate(primitives, utf8('certified'), { seed, expiration })],
  randomRuns: 1000,
  places: 100,
});

describeParser('a signed descriptor', {
  read: (bytes) => verifyDescriptor(primitives, bytes, { epoch: EPOCH, nowMs }),
  valid: [signedDescriptor(11, EPOCH, 0), signedDescriptor(101, EPOCH, 255)],
  randomRuns: 1000,
  places: 40,
});

describeParser('a signed document', {
  read: (bytes) => verifyDocument(primitives, bytes, asked),
  valid: [documentOf(EPOCH)],
  randomRuns: 500,
  places: 30,
});

const dialect = '{"a":"x\\u00e9","b":"AAEC","f":1.5,"l":[1,"2"],"m":{"k":null},"n":"7"}';

describeParser('the JSON dialect', {
  read: (bytes) =>
    readJson(bytes, (from) => [
      from.text('a'),
      from.bytes('b'),
      from.float('f'),
      from.list('l'),
      from.map('m'),
      from.integer('n'),
    ]),
  valid: [utf8(dialect)],
  likely: fc.json().map(utf8),
});

describeParser('the contents of a document', {
  read: decodeDocument,
  valid: [
    encodeDocument({
      ...contentsOf(EPOCH),
      topology: [[repeated(1, 3)]],
      providers: [repeated(2, 6)],
      sharedRandomCommit: new Writer(40).u64(EPOCH).zeros(32).done(),
    }),
  ],
  places: 100,
  // A last base64 character has bits that mean nothing, as in the reference.
  ignored: (at, valid) => valid[at + 1] === EQUALS || valid[at + 2] === EQUALS,
});

const EQUALS = 0x3d;

/** A listed node may sign whatever it likes. */
const read = (json: string) =>
  verifyDescriptor(primitives, signCertificate(primitives, utf8(json), { seed, expiration }), {
    epoch: EPOCH,
    nowMs,
  });

const good = payloadOf(signedDescriptor(11, EPOCH, 0));

/** The JSON in a signed descriptor. */
function payloadOf(raw: Uint8Array): string {
  const certificate = decodeCbor(raw);
  const certified: unknown = certificate instanceof Map ? certificate.get('Certified') : undefined;
  return fromUtf8(certified instanceof Uint8Array ? certified : new Uint8Array(0));
}

const withMember = (name: string, value: unknown): string =>
  JSON.stringify({ ...(JSON.parse(good) as object), [name]: value });

describe('what a listed node may sign', () => {
  const NAMES = ['Addresses', 'IdentityKey', 'Layer', 'LinkKey', 'LoadWeight', 'MixKeys', 'Name'];
  const VALUES: readonly unknown[] = [
    ...[null, true, -1, 0.5, 1e300, 2 ** 53, '', 'x', '-1', '1e9', '\ud800', [], {}, [[]], [null]],
    ...[{ tcp4: null }, { tcp4: 'x' }, { tcp4: [1] }, { '': [] }, { tcp4: [] }, { x: ['y'] }],
    ...[{ '9': 'AA==' }, { '-1': 'A' }, { [EPOCH]: 'x' }, { constructor: [] }, 'A'.repeat(44)],
  ];

  it('is read when it is good', () => {
    expect(read(good).isOk()).toBe(true);
  });

  it('is refused or read, but never thrown at, whatever a member is', () => {
    for (const name of [...NAMES, 'Kaetzchen', 'Version', 'RegistrationHTTPAddresses']) {
      for (const value of VALUES) read(withMember(name, value));
      read(good.replace(`"${name}"`, '"__proto__"'));
    }
  });

  it('cannot reach a prototype', () => {
    const evil = `{"__proto__":{"Name":"evil"},"constructor":{"prototype":{"x":1}},${good.slice(1)}`;
    expect(read(evil)._unsafeUnwrap().name).toBe('node11');
    expect(Object.prototype).not.toHaveProperty('x');
    expect(read('{"__proto__":{"Version":"v0"}}').isErr()).toBe(true);
  });

  it('may be deep, long and wide, and is refused in no time', () => {
    const started = performance.now();
    for (const json of [
      '['.repeat(500_000),
      `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`,
      withMember('Addresses', { tcp4: ['127.0.0.1:1', '9'.repeat(900_000)] }),
      withMember('Addresses', { tcp4: [`[${':'.repeat(900_000)}]:1`] }),
      withMember('Addresses', { tcp4: Array.from({ length: 60_000 }, () => '1.1.1.1:1x') }),
      withMember(
        'Addresses',
        Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [i, []])),
      ),
      withMember('MixKeys', Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [i, KEY]))),
      withMember('Name', 'n'.repeat(900_000)),
      withMember('Layer', '9'.repeat(900_000)),
    ]) {
      expect(read(json).isErr()).toBe(true);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

const KEY = 'A'.repeat(43).concat('=');

describe('what an authority may sign', () => {
  const documentWith = (json: string) =>
    verifyDocument(
      primitives,
      signCertificate(primitives, utf8(json), { seed: AUTHORITY_SEED, expiration }),
      asked,
    );
  const contents = fromUtf8(encodeDocument(contentsOf(EPOCH)));
  const member = (name: string, value: unknown): string =>
    JSON.stringify({ ...(JSON.parse(contents) as object), [name]: value });

  it('is read when it is good', () => {
    expect(documentWith(contents).isOk()).toBe(true);
  });

  it('is refused in no time with ten thousand descriptors, layers or random values', () => {
    const started = performance.now();
    const raw = Buffer.from(signedDescriptor(11, EPOCH, 0)).toString('base64');
    for (const json of [
      member('Topology', [Array.from({ length: 10_000 }, () => 'AAAA')]),
      member('Topology', [Array.from({ length: 100_000 }, () => '')]),
      member(
        'Topology',
        Array.from({ length: 300_000 }, () => []),
      ),
      member('Topology', [Array.from({ length: 500 }, () => raw)]),
      member(
        'Providers',
        Array.from({ length: 500 }, () => raw),
      ),
      member(
        'PriorSharedRandom',
        Array.from({ length: 10_000 }, () => 7),
      ),
    ]) {
      expect(documentWith(json).isErr()).toBe(true);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('is refused or read, but never thrown at, whatever a member is', () => {
    for (const name of Object.keys(JSON.parse(contents) as object)) {
      for (const value of [null, 0, -1, 'x', 1e300, [], {}, [[]], [[null]], true, '\u0000']) {
        documentWith(member(name, value));
      }
    }
  });
});

describe('an address in a descriptor', () => {
  it('of any text is judged without a throw', () => {
    const transport = fc.constantFrom('tcp', 'tcp4', 'tcp6', 'onion', '__proto__', '');
    const parts = fc.constantFrom(
      ...['[', ']', ':', '.', '%', '@', '/', '\\', '#', '?', '127.0.0.1', '::1', 'xn--a', 'a', '1'],
      ...['\u0000', '\u200d', '\u3002', '\ud800', '65536', '١'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(parts, { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(transport, text, (name, address) => {
        expect(isAddressFor(name, address)).toBeTypeOf('boolean');
      }),
      { numRuns: 5000 },
    );
  });

  it('leaves nothing behind, 100,000 times', async () => {
    const inputs = ['127.0.0.1:1', '[::1]:80', 'xn--a:1', '\ud800:1', 'ä.de:1', '1'.repeat(300)];
    await expectFlat(inputs, (address) => isAddressFor('tcp', address));
  });
});
