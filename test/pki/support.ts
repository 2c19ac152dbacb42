/** A signed network for tests: seeds are counted, so that every run is the same. */
import { portablePrimitives as primitives } from '../../src/crypto/portable.js';
import { signDescriptor, type Descriptor } from '../../src/pki/descriptor.js';
import { signDocument, verifyDocument, type Document } from '../../src/pki/document.js';
import type { DocumentContents, Rates } from '../../src/pki/document-codec.js';
import { epochStart, KATZENPOST_EPOCHS, type Epoch } from '../../src/pki/epoch.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { viewOf, type NetworkView } from '../../src/pki/view.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import { LINK_PROFILE_01 } from '../../src/wire/profile.js';
import { repeated } from '../support/bytes.js';

export { primitives };

export const AUTHORITY_SEED = repeated(9, 32);

export const config: NetworkConfig = {
  authority: {
    addresses: ['authority:1'],
    publicKey: primitives.ed25519.publicKey(AUTHORITY_SEED),
  },
  epochTime: KATZENPOST_EPOCHS,
  geometry: KATZENPOST_GEOMETRY,
  link: LINK_PROFILE_01,
};

const rate = { perMs: 0.00025, maxMs: 46_051 };
export const RATES: Rates = {
  mu: rate,
  lambdaP: rate,
  lambdaL: rate,
  lambdaD: rate,
  lambdaM: rate,
};

/** The X25519 public key of a secret of 32 equal bytes. */
export const linkKeyOf = (byte: number): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(repeated(byte, 32)));

/** A key that says which node and epoch it belongs to. */
export const mixKeyOf = (node: number, epoch: Epoch): Uint8Array => {
  const key = repeated(node, 32);
  new DataView(key.buffer).setUint32(0, epoch);
  return key;
};

/** The descriptor of node number `node` (1 to 255) for an epoch; `layer` is 0 or 255. */
export const descriptorOf = (node: number, epoch: Epoch, layer: number): Descriptor => ({
  name: `node${node}`,
  identityKey: primitives.ed25519.publicKey(repeated(node, 32)),
  linkKey: linkKeyOf(node),
  addresses: new Map([['tcp4', [`127.0.0.1:${30_000 + node}`]]]),
  mixKeys: new Map([0, 1, 2].map((i) => [epoch + i, mixKeyOf(node, epoch + i)])),
  layer,
  services: new Map(layer === 255 ? [['loop', { endpoint: '+loop' }]] : []),
  registrationAddresses: undefined,
});

/** Unix seconds at which a certificate made for an epoch is over: 70 min after the one before. */
export const expirationFor = (epoch: Epoch): number =>
  epochStart(KATZENPOST_EPOCHS, epoch - 1) / 1000 + 4200;

export const signedDescriptor = (node: number, epoch: Epoch, layer: number): Uint8Array =>
  signDescriptor(primitives, descriptorOf(node, epoch, layer), {
    seed: repeated(node, 32),
    expiration: expirationFor(epoch),
  });

/** Layers of `perLayer` mixes (nodes 11, 12, 21, 22 and so on) and providers 101 and 102. */
export const contentsOf = (epoch: Epoch, perLayer = 1): DocumentContents => ({
  epoch,
  genesisEpoch: epoch,
  sendRatePerMinute: 100,
  rates: RATES,
  topology: [10, 20, 30].map((first) =>
    Array.from({ length: perLayer }, (_, i) => signedDescriptor(first + 1 + i, epoch, 0)),
  ),
  providers: [101, 102].map((node) => signedDescriptor(node, epoch, 255)),
  sharedRandomCommit: undefined,
  sharedRandomValue: repeated(7, 32),
  priorSharedRandom: [repeated(7, 32), repeated(8, 32)],
});

export const signContents = (contents: DocumentContents): Uint8Array =>
  signDocument(primitives, contents, {
    seed: AUTHORITY_SEED,
    expiration: expirationFor(contents.epoch),
  });

const signed = new Map<string, Uint8Array>();

/** The document of an epoch, made once. */
export const documentOf = (epoch: Epoch, perLayer = 1): Uint8Array => {
  const key = `${epoch}/${perLayer}`;
  const made = signed.get(key) ?? signContents(contentsOf(epoch, perLayer));
  signed.set(key, made);
  return made;
};

export const verifyAt = (raw: Uint8Array, epoch: Epoch, nowMs: number) =>
  verifyDocument(primitives, raw, { authorityKey: config.authority.publicKey, epoch, nowMs });

export const readDocument = (epoch: Epoch, perLayer = 1): Document =>
  verifyAt(
    documentOf(epoch, perLayer),
    epoch,
    epochStart(KATZENPOST_EPOCHS, epoch),
  )._unsafeUnwrap();

export const readView = (epoch: Epoch, perLayer = 1): NetworkView =>
  viewOf(readDocument(epoch, perLayer), { geometry: KATZENPOST_GEOMETRY, primitives });
