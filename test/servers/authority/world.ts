/** An authority on the memory network, with nodes that post by hand. */
import { selectPrimitives } from '../../../src/crypto/select.js';
import { memoryIo, type MemoryIo } from '../../../src/io/memory.js';
import { signDescriptor, type Descriptor } from '../../../src/pki/descriptor.js';
import { fetchDocument, postDescriptor, type DirectoryDeps } from '../../../src/pki/directory.js';
import { verifyDocument } from '../../../src/pki/document.js';
import {
  certificateExpiration,
  epochAt,
  epochStart,
  KATZENPOST_EPOCHS,
  type Epoch,
} from '../../../src/pki/epoch.js';
import { KATZENPOST_GEOMETRY } from '../../../src/sphinx/geometry.js';
import { memoryStores } from '../../../src/store/memory.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { startAuthority, type RunningAuthority } from '../../../servers/authority/authority.js';
import { rateOf, type AuthorityOptions } from '../../../servers/authority/options.js';
import { repeated } from '../../support/bytes.js';

const primitives = selectPrimitives();
export const START = epochStart(KATZENPOST_EPOCHS, 250_000) + 60_000;
export const MINUTE = 60_000;

export interface Node {
  readonly seed: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly name: string;
  readonly layer: number;
}

export const nodeOf = (n: number, layer: number): Node => {
  const seed = repeated(n, 32);
  const name = layer === 255 ? `p${n}.test` : `mix${n}`;
  return { seed, identityKey: primitives.ed25519.publicKey(seed), name, layer };
};
export const mixes = [1, 2, 3].map((n) => nodeOf(n, 0));
export const provider = nodeOf(9, 255);
export const all = [...mixes, provider];

const descriptorOf = (node: Node, epoch: Epoch, changes: Partial<Descriptor> = {}): Descriptor => ({
  name: node.name,
  identityKey: node.identityKey,
  linkKey: repeated(7, 32),
  addresses: new Map([['tcp4', ['127.0.0.1:30001']]]),
  mixKeys: new Map([0, 1, 2].map((i) => [epoch + i, repeated(i + 1, 32)])),
  layer: node.layer,
  services: new Map(),
  registrationAddresses: undefined,
  ...changes,
});

export interface World {
  readonly io: MemoryIo;
  readonly authority: RunningAuthority;
  readonly directory: DirectoryDeps;
  now(): Epoch;
  post(node: Node, epoch: Epoch, changes?: Partial<Descriptor>): Promise<string>;
  /** The same from another host of the network. */
  postFrom(host: string, node: Node, epoch: Epoch): Promise<string>;
  fetch(epoch: Epoch): Promise<string>;
  run<T>(work: PromiseLike<T>): Promise<T>;
}

export const stores = () => memoryStores();
export const optionsOf = (
  io: MemoryIo,
  store = stores(),
  providers: readonly Node[] = [provider],
): AuthorityOptions => ({
  io,
  dataDir: '/authority',
  addresses: ['127.0.0.1:30000'],
  network: { epochTime: KATZENPOST_EPOCHS, geometry: KATZENPOST_GEOMETRY, link: LINK_PROFILE_01 },
  parameters: {
    rates: {
      mu: rateOf(100),
      lambdaP: rateOf(1000),
      lambdaL: rateOf(1000),
      lambdaD: rateOf(1000),
      lambdaM: rateOf(1000),
    },
    sendRatePerMinute: 0,
  },
  layers: 3,
  minNodesPerLayer: 1,
  mixes: mixes.map(({ identityKey }) => identityKey),
  providers: providers.map(({ name, identityKey }) => ({ identifier: name, identityKey })),
  openStore: store.open,
  storageKey: repeated(1, 32),
});

export const worldOf = async (
  io = memoryIo({ seed: 'authority', startMs: START }),
  store = stores(),
  providers: readonly Node[] = [provider],
): Promise<World> => {
  const authority = (await startAuthority(optionsOf(io, store, providers)))._unsafeUnwrap();
  const directory: DirectoryDeps = {
    network: io.network,
    clock: io.clock,
    authority: { addresses: [authority.address], publicKey: authority.identityKey },
    link: {
      profile: LINK_PROFILE_01,
      geometry: KATZENPOST_GEOMETRY,
      primitives,
      clock: io.clock,
      random: io.random,
    },
  };
  const signal = new AbortController().signal;
  const run = async <T>(work: PromiseLike<T>): Promise<T> => {
    let isDone = false;
    const done = Promise.resolve(work).finally(() => (isDone = true));
    await io.clock.runUntil(() => isDone, 5000);
    return done;
  };
  const post = async (
    from: DirectoryDeps,
    {
      node,
      epoch,
      changes,
    }: {
      readonly node: Node;
      readonly epoch: Epoch;
      readonly changes?: Partial<Descriptor> | undefined;
    },
  ): Promise<string> => {
    const expiration = certificateExpiration(KATZENPOST_EPOCHS, io.clock.now());
    const descriptor = descriptorOf(node, epoch, changes);
    const raw = signDescriptor(primitives, descriptor, { seed: node.seed, expiration });
    const posted = await run(postDescriptor(from, { seed: node.seed, epoch, raw }, signal));
    return posted.isOk() ? 'ok' : posted.error.kind;
  };
  return {
    io,
    authority,
    directory,
    run,
    now: () => epochAt(KATZENPOST_EPOCHS, io.clock.now()),
    post: (node, epoch, changes) => post(directory, { node, epoch, changes }),
    postFrom: (host, node, epoch) =>
      post({ ...directory, network: io.network.from(host) }, { node, epoch }),
    fetch: async (epoch) => {
      const fetched = await run(fetchDocument(directory, epoch, signal));
      if (fetched.isErr()) return fetched.error.kind;
      const read = verifyDocument(primitives, fetched.value, {
        authorityKey: authority.identityKey,
        epoch,
        nowMs: io.clock.now(),
      })._unsafeUnwrap();
      return `genesis ${epoch - read.genesisEpoch} layers ${read.topology.map((layer) => layer.length).join()}`;
    },
  };
};
