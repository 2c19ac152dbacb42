/** The documents of a fake network: signed by its authority, whoever it says its nodes are. */
import type { Primitives, Scalar } from '../../../src/crypto/primitives.js';
import { LAYER_PROVIDER, signDescriptor } from '../../../src/pki/descriptor.js';
import { signDocument } from '../../../src/pki/document.js';
import type { Rates } from '../../../src/pki/document-codec.js';
import { type EpochTime, KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';

export interface FakeNode {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly linkSecret: Uint8Array;
  readonly linkKey: Uint8Array;
  readonly mixKey: Scalar;
  readonly address: string;
}

/** Where the onion of a provider is. */
export const onionOf = ({ name }: { readonly name: string }): string => `${name}.onion:1000`;

const rate = (meanMs: number) => ({ perMs: 1 / meanMs, maxMs: Math.ceil(meanMs * 11.5) });

export const FAST_RATES: Rates = {
  mu: rate(100),
  lambdaP: rate(100),
  lambdaL: rate(1000),
  lambdaD: rate(1000),
  lambdaM: rate(1000),
};

export interface Listing {
  readonly primitives: Primitives;
  /** The authority's. */
  readonly seed: Uint8Array;
  readonly mixes: readonly FakeNode[];
  readonly providers: readonly FakeNode[];
  /** Who is named in the place of a node of their name. */
  readonly strangers: ReadonlyMap<string, FakeNode>;
  readonly rates?: Partial<Rates>;
  readonly sendRatePerMinute?: number;
  readonly loops?: boolean;
  readonly epochTime?: EpochTime;
  readonly onions?: boolean;
}

export const makeDocument = (listing: Listing, epoch: number): Uint8Array => {
  const { primitives, seed, mixes, providers, strangers, rates, onions = true } = listing;
  const { sendRatePerMinute = 0, loops = true, epochTime = KATZENPOST_EPOCHS } = listing;
  const ends = epochTime.zeroMs + (epoch + 3) * epochTime.periodMs;
  const expiration = Math.floor(ends / 1000);
  const sign = (listed: FakeNode, layer: number) => {
    const node = strangers.get(listed.name) ?? listed;
    return signDescriptor(
      primitives,
      {
        name: node.name,
        identityKey: node.identityKey,
        linkKey: node.linkKey,
        addresses: new Map([
          ['tcp4', [node.address]],
          ...(layer === LAYER_PROVIDER && onions ? [['onion', [onionOf(node)]] as const] : []),
        ]),
        mixKeys: new Map(
          [epoch, epoch + 1, epoch + 2].map((each) => [
            each,
            primitives.x25519.publicKey(node.mixKey),
          ]),
        ),
        layer,
        services:
          layer === LAYER_PROVIDER && loops
            ? new Map([
                ['loop', { endpoint: '+loop' }],
                ['keyserver', { endpoint: '+keyserver' }],
              ])
            : new Map(),
        registrationAddresses: undefined,
      },
      { seed: node.seed, expiration },
    );
  };
  return signDocument(
    primitives,
    {
      epoch,
      genesisEpoch: 1,
      sendRatePerMinute,
      rates: { ...FAST_RATES, ...rates },
      topology: mixes.map((mix) => [sign(mix, 0)]),
      providers: providers.map((provider) => sign(provider, LAYER_PROVIDER)),
      sharedRandomCommit: undefined,
      sharedRandomValue: new Uint8Array(32),
      priorSharedRandom: [new Uint8Array(32)],
    },
    { seed: seed, expiration },
  );
};
