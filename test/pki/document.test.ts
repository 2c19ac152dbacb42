import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex, utf8 } from '../../src/bytes/text.js';
import {
  decodeCertificate,
  encodeCertificate,
  signCertificate,
} from '../../src/pki/certificate.js';
import { signDescriptor } from '../../src/pki/descriptor.js';
import {
  signDocument,
  verifyDocument,
  type Document,
  type ListedNode,
} from '../../src/pki/document.js';
import { encodeDocument, type DocumentContents } from '../../src/pki/document-codec.js';
import { epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { sharedRandom } from '../../src/pki/genesis.js';
import { hex, repeated, sha256 } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import {
  AUTHORITY_SEED,
  contentsOf,
  descriptorOf,
  documentOf,
  expirationFor,
  linkKeyOf,
  primitives,
  RATES,
  signContents,
  signedDescriptor,
  verifyAt,
} from './support.js';

const withoutExpiration = (document: Document): Omit<Document, 'expiration'> => {
  const copy: { expiration?: number } & Omit<Document, 'expiration'> = { ...document };
  delete copy.expiration;
  return copy;
};

const contentsFrom = (document: Document): DocumentContents => ({
  ...withoutExpiration(document),
  topology: document.topology.map((layer) => layer.map(({ raw }) => raw)),
  providers: document.providers.map(({ raw }) => raw),
});

describe('the document worked out for authority v0.0.14', () => {
  const expiration = 4_102_444_800;
  const keys = (...bytes: readonly number[]) =>
    new Map(bytes.map((byte, i) => [9 + i, linkKeyOf(byte)]));
  const mix = signDescriptor(
    primitives,
    {
      ...descriptorOf(1, 9, 0),
      name: 'mix1',
      linkKey: linkKeyOf(2),
      mixKeys: keys(3, 4, 5),
    },
    { seed: repeated(1, 32), expiration },
  );
  const provider = signDescriptor(
    primitives,
    {
      ...descriptorOf(7, 9, 255),
      name: 'provider1',
      linkKey: linkKeyOf(8),
      addresses: new Map([['tcp4', ['127.0.0.1:30002']]]),
      mixKeys: keys(13, 14, 15),
      services: new Map([
        ['loop', { endpoint: '+loop' }],
        ['keyserver', { endpoint: '+keyserver' }],
      ]),
      registrationAddresses: ['http://127.0.0.1:8080'],
    },
    { seed: repeated(7, 32), expiration },
  );
  const authorityKey = primitives.ed25519.publicKey(AUTHORITY_SEED);
  const { value } = sharedRandom(primitives, { epoch: 9, authorityKey, drawn: repeated(0x55, 32) });
  const contents: DocumentContents = {
    epoch: 9,
    genesisEpoch: 9,
    sendRatePerMinute: 100,
    rates: RATES,
    topology: [[mix]],
    providers: [provider],
    sharedRandomCommit: undefined,
    sharedRandomValue: value,
    priorSharedRandom: [value, value],
  };
  const raw = signDocument(primitives, contents, { seed: AUTHORITY_SEED, expiration });

  it('comes out byte for byte', () => {
    const payload = encodeDocument(contents);
    expect(payload.length).toBe(2288);
    expect(sha256(payload)).toBe(
      '69f4218b0e6a46fea22e9de33b14cbc837572cdbb53b4db9eacc7c3d1660b62b',
    );
    expect(raw.length).toBe(2473);
    expect(sha256(raw)).toBe('52c805ab8e361883a16563137fc892191164bc11ccaa9cfc3d64750c5a39d07a');
  });

  it('is read back', () => {
    const document = verifyAt(raw, 9, 1_496_286_000_000)._unsafeUnwrap();
    expect(document.topology[0]?.[0]?.name).toBe('mix1');
    expect(contentsFrom(document)).toEqual(contents);
  });
});

interface ReferenceNode {
  readonly name: string;
  readonly layer: number;
  readonly identity_key: string;
  readonly link_key: string;
}

interface ReferenceDocument {
  readonly raw: string;
  readonly authority_public_key: string;
  readonly authority_link_x25519_public: string;
  readonly fetched_at_unix: number;
  readonly certificate: { readonly certified_text: string; readonly expiration: number };
  readonly parsed: {
    readonly epoch: number;
    readonly genesis_epoch: number;
    readonly mu: number;
    readonly mu_max_delay: number;
    readonly lambda_p: number;
    readonly lambda_p_max_delay: number;
    readonly send_rate_per_minute: number;
    readonly shared_random_value: string;
    readonly prior_shared_random: readonly string[];
    readonly topology: readonly (readonly ReferenceNode[])[];
    readonly providers: readonly ReferenceNode[];
  };
}

describe.each(['pki_document.json', 'pki_document_20min.json'])('the reference %s', (name) => {
  const vector = referenceVectors<ReferenceDocument>(name);
  const raw = hex(vector.raw);
  const verify = (nowMs: number) =>
    verifyDocument(primitives, raw, {
      authorityKey: hex(vector.authority_public_key),
      epoch: vector.parsed.epoch,
      nowMs,
    });
  const document = verify(vector.fetched_at_unix * 1000)._unsafeUnwrap();

  it('is read as the reference reads it', () => {
    const { parsed } = vector;
    const shown = ({ name: node, identityKey, linkKey }: ListedNode) => [
      node,
      toHex(identityKey),
      toHex(linkKey),
    ];
    const expected = (node: ReferenceNode) => [node.name, node.identity_key, node.link_key];
    expect(document.epoch).toBe(parsed.epoch);
    expect(document.genesisEpoch).toBe(parsed.genesis_epoch);
    expect(document.rates.mu).toEqual({ perMs: parsed.mu, maxMs: parsed.mu_max_delay });
    expect(document.rates.lambdaP).toEqual({
      perMs: parsed.lambda_p,
      maxMs: parsed.lambda_p_max_delay,
    });
    expect(document.sendRatePerMinute).toBe(parsed.send_rate_per_minute);
    expect(toHex(document.sharedRandomValue ?? raw)).toBe(parsed.shared_random_value);
    expect(document.priorSharedRandom.map(toHex)).toEqual(parsed.prior_shared_random);
    expect(document.topology.map((layer) => layer.map(shown))).toEqual(
      parsed.topology.map((layer) => layer.map(expected)),
    );
    expect(document.providers.map(shown)).toEqual(parsed.providers.map(expected));
  });

  it('gives every node the layer in which it stands', () => {
    expect(document.topology.map((layer) => layer.map((node) => node.layer))).toEqual([
      [0],
      [1],
      [2],
    ]);
    expect(document.providers.map((node) => node.layer)).toEqual([255, 255]);
  });

  it('is written again byte for byte', () => {
    expect(fromUtf8(encodeDocument(contentsFrom(document)))).toBe(
      vector.certificate.certified_text,
    );
    expect(encodeCertificate(decodeCertificate(raw)._unsafeUnwrap())).toEqual(raw);
  });

  it('converts to the key that the authority has on its links', () => {
    const key = primitives.ed25519.toX25519Public(hex(vector.authority_public_key));
    expect(toHex(key ?? raw)).toBe(vector.authority_link_x25519_public);
  });

  it('is refused once it or a descriptor in it has expired', () => {
    const expiredMs = vector.certificate.expiration * 1000 + 1;
    expect(verify(expiredMs)._unsafeUnwrapErr().kind).toBe('expired');
    const oldest = Math.min(
      ...[...document.topology.flat(), ...document.providers].map(
        (node) => decodeCertificate(node.raw)._unsafeUnwrap().expiration,
      ),
    );
    expect(verify(oldest * 1000).isOk()).toBe(true);
    if (oldest < vector.certificate.expiration) {
      expect(verify(oldest * 1000 + 1)._unsafeUnwrapErr()).toMatchObject({
        kind: 'bad-descriptor',
        reason: { kind: 'expired' },
      });
    }
  });
});

describe('rules', () => {
  const EPOCH = 250_000;
  const NOW = epochStart(KATZENPOST_EPOCHS, EPOCH);
  const good = contentsOf(EPOCH);
  const outcome = (change: Partial<DocumentContents>) =>
    verifyAt(signContents({ ...good, ...change }), EPOCH, NOW).match(
      () => 'ok',
      (error) => {
        if (error.kind === 'bad-field') return `${error.field}: ${error.rule}`;
        return error.kind === 'bad-descriptor'
          ? `${error.layer}/${error.index} ${error.reason.kind}`
          : error.kind;
      },
    );
  const commit = (epoch: number) => {
    const bytes = repeated(1, 40);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(epoch));
    return bytes;
  };
  const mix = signedDescriptor(11, EPOCH, 0);
  const provider = signedDescriptor(101, EPOCH, 255);

  it.each<[string, Partial<DocumentContents>, string]>([
    ['nothing special', {}, 'ok'],
    ['the epoch of another', { epoch: EPOCH + 1 }, 'wrong-epoch'],
    ['no genesis', { genesisEpoch: 0 }, 'GenesisEpoch: not 0'],
    ['no past at genesis', { priorSharedRandom: [] }, 'ok'],
    [
      'no past',
      { priorSharedRandom: [], genesisEpoch: EPOCH - 1 },
      'PriorSharedRandom: empty at genesis only',
    ],
    ['a commit', { sharedRandomCommit: commit(EPOCH), sharedRandomValue: undefined }, 'ok'],
    ['a foreign commit', { sharedRandomCommit: commit(1) }, 'SharedRandomCommit: the epoch'],
    ['a short commit', { sharedRandomCommit: repeated(1, 39) }, 'SharedRandomCommit: 40 bytes'],
    ['a short value', { sharedRandomValue: repeated(1, 31) }, 'SharedRandomValue: 32 bytes'],
    ['no value', { sharedRandomValue: undefined }, 'SharedRandomValue: commit or value'],
    ['no layer', { topology: [] }, 'Topology: a layer'],
    ['an empty layer', { topology: [[mix], []] }, 'Topology: no empty layer'],
    ['no provider', { providers: [] }, 'Providers: a provider'],
    ['a node twice', { topology: [[mix], [mix]] }, 'IdentityKey: once only'],
    ['a provider in a layer', { topology: [[provider]] }, '0/0 bad-field'],
    ['a mix among providers', { providers: [provider, mix] }, '255/1 bad-field'],
    [
      'a descriptor of another epoch',
      { topology: [[signedDescriptor(11, EPOCH - 1, 0)]] },
      '0/0 bad-field',
    ],
    ['no descriptor at all', { topology: [[Uint8Array.of(1)]] }, '0/0 bad-certificate'],
  ])('for a document with %s', (_, change, expected) => {
    expect(outcome(change)).toBe(expected);
  });

  it('want the authority that was configured', () => {
    const foreign = signDocument(primitives, good, {
      seed: repeated(4, 32),
      expiration: expirationFor(EPOCH),
    });
    expect(verifyAt(foreign, EPOCH, NOW)._unsafeUnwrapErr().kind).toBe('not-signed');
  });

  it('refuse a document with any byte flipped', () => {
    const raw = documentOf(EPOCH);
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = raw.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        expect(verifyAt(changed, EPOCH, NOW).isErr()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('hold for whatever the authority signs', () => {
    const text = fromUtf8(encodeDocument(good));
    const signText = (json: string) =>
      signCertificate(primitives, utf8(json), {
        seed: AUTHORITY_SEED,
        expiration: expirationFor(EPOCH),
      });
    expect(verifyAt(signText(text), EPOCH, NOW).isOk()).toBe(true);
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('Topology', 'Providers', 'Epoch'), (json, name) => {
        const last = `${text.slice(0, -1)},"${name}":${json}}`;
        expect(verifyAt(signText(last), EPOCH, NOW).isErr()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
