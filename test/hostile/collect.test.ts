/** Descriptors of a listed node that would spoil the document for everybody. */
import { describe, expect, it } from 'vitest';
import { concat } from '../../src/bytes/writer.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { signDescriptor, verifyDescriptor, type Descriptor } from '../../src/pki/descriptor.js';
import { manualClock } from '../../src/io/memory.js';
import { epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { memoryStores } from '../../src/store/memory.js';
import { Archive } from '../../servers/authority/archive.js';
import { collect } from '../../servers/authority/collect.js';
import { Registry } from '../../servers/authority/registry.js';
import { descriptorOf, expirationFor, signedDescriptor } from '../pki/support.js';
import { repeated } from '../support/bytes.js';

const primitives = makeFastPrimitives();

describe('a listed node that posts what would break the document', () => {
  const EPOCH = 250_000;
  const nowMs = epochStart(KATZENPOST_EPOCHS, EPOCH);
  const expiration = expirationFor(EPOCH);

  const post = async (descriptor: Descriptor, seed = repeated(101, 32)) => {
    const raw = signDescriptor(primitives, descriptor, { seed, expiration });
    expect(verifyDescriptor(primitives, raw, { epoch: EPOCH, nowMs }).isOk()).toBe(true);
    return collectRaw(raw, primitives.ed25519.publicKey(seed));
  };

  const collectRaw = async (raw: Uint8Array, identityKey: Uint8Array) => {
    const store = (await memoryStores().open('/authority', new Uint8Array(32)))._unsafeUnwrap();
    const whitelist = {
      mixes: [primitives.ed25519.publicKey(repeated(11, 32))],
      providers: [
        { identifier: 'node101', identityKey: primitives.ed25519.publicKey(repeated(101, 32)) },
      ],
    };
    const registry = new Registry(store, manualClock({ startMs: nowMs }), whitelist);
    const deps = { archive: new Archive(store), registry, primitives };
    const posted = { epoch: EPOCH, raw, identityKey, host: 'somewhere' };
    return collect(deps, posted, { now: EPOCH, nowMs });
  };

  const good = descriptorOf(101, EPOCH, 255);

  it('is taken when it is good', async () => {
    expect(await post(good)).toBe('ok');
  });

  it('is refused with low-order keys', async () => {
    const zero = new Uint8Array(32);
    const one = zero.slice().fill(1, 0, 1);
    for (const weak of [zero, one]) {
      expect(await post({ ...good, linkKey: weak })).toBe('invalid');
      expect(await post({ ...good, mixKeys: new Map([[EPOCH, weak]]) })).toBe('invalid');
      const later = new Map([...good.mixKeys, [EPOCH + 2, weak] as const]);
      expect(await post({ ...good, mixKeys: later })).toBe('invalid');
    }
  });

  it('is refused when it would fill the document', async () => {
    const address = `${'a'.repeat(60)}.test:1`;
    const many = Array.from({ length: 12_000 }, () => address);
    expect(await post({ ...good, addresses: new Map([...good.addresses, ['tcp', many]]) })).toBe(
      'invalid',
    );
    const others = new Map([['x', 'y'.repeat(700_000)]]);
    const services = new Map([['loop', { endpoint: '+loop', others }]]);
    expect(await post({ ...good, services })).toBe('invalid');
  });

  it('is refused when it is another node’s, of another epoch, or none', async () => {
    const own = primitives.ed25519.publicKey(repeated(101, 32));
    expect(await collectRaw(signedDescriptor(11, EPOCH, 0), own)).toBe('invalid');
    expect(await collectRaw(signedDescriptor(101, EPOCH + 1, 255), own)).toBe('invalid');
    for (const raw of [new Uint8Array(0), repeated(0x81, 1 << 20), new Uint8Array(1 << 20)]) {
      expect(await collectRaw(raw, own)).toBe('invalid');
    }
    const many = concat(Uint8Array.of(0x9a, 0, 0x0f, 0, 0), new Uint8Array(0x0f_0000));
    expect(await collectRaw(many, own)).toBe('invalid');
  });
});
