/**
 * Three real mixes in a row on the memory network, with a hand-made authority and providers that
 * the test plays itself.
 */
import { toHex, utf8 } from '../../../src/bytes/text.js';
import type { Duplex } from '../../../src/io/contracts.js';
import { memoryIo, seededRandom, type MemoryIo } from '../../../src/io/memory.js';
import { verifyDescriptor } from '../../../src/pki/descriptor.js';
import { signDocument } from '../../../src/pki/document.js';
import type { Rate } from '../../../src/pki/document-codec.js';
import { epochAt, type Epoch } from '../../../src/pki/epoch.js';
import type { PathHop } from '../../../src/sphinx/header.js';
import { createPacket } from '../../../src/sphinx/packet.js';
import { unwrap } from '../../../src/sphinx/unwrap.js';
import { memoryStores } from '../../../src/store/memory.js';
import type { Command } from '../../../src/wire/commands.js';
import type { LinkDeps } from '../../../src/wire/contracts.js';
import { acceptLink } from '../../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { startMix, type MixOptions } from '../../../servers/mix/mix.js';
import type { RunningNode } from '../../../servers/node/node.js';
import { repeated } from '../../support/bytes.js';
import {
  AUTHORITY_ADDRESS,
  AUTHORITY_SEED,
  config,
  GEOMETRY,
  playProvider,
  primitives,
  suite,
  type PlayedProvider,
} from './provider.js';

export interface PlayedNetwork {
  readonly io: MemoryIo;
  readonly link: LinkDeps;
  readonly stores: ReturnType<typeof memoryStores>;
  readonly providers: readonly [PlayedProvider, PlayedProvider];
  /** Descriptors as posted: `<epoch> <name>` to the raw bytes of each post. */
  readonly posts: Map<string, Uint8Array[]>;
  /** The authority answers to nothing while this is set. */
  authorityDown: boolean;
  /** Extra rate of decoys in new documents. */
  lambdaM: Rate;
  start(index: number, options?: Partial<MixOptions>): Promise<RunningNode>;
  /** A packet over the played entry, the three mixes and the played exit. */
  packet(mixes: readonly RunningNode[], delaysMs: readonly number[], epoch?: Epoch): Uint8Array;
  /** A SURB reply that ends at the last of these mixes. */
  surbReply(mixes: readonly RunningNode[]): Uint8Array;
  now(): Epoch;
  /** Lets time pass until every mix has every connection that it needs. */
  settle(mixes: readonly RunningNode[]): Promise<void>;
}

const MIXES = ['m0', 'm1', 'm2'];

export const playNetwork = async (seed: string): Promise<PlayedNetwork> => {
  const io = memoryIo({ seed, latencyMs: 1 });
  const stores = memoryStores();
  const link: LinkDeps = {
    ...suite,
    profile: LINK_PROFILE_01,
    clock: io.clock,
    random: seededRandom(`${seed} links`),
  };
  const posts = new Map<string, Uint8Array[]>();
  const providers = [await playProvider(io, link, 101), await playProvider(io, link, 102)] as const;
  const network: PlayedNetwork = {
    io,
    link,
    stores,
    providers,
    posts,
    authorityDown: false,
    lambdaM: { perMs: 0.0001, maxMs: 60_000 },
    now: () => epochAt(config.epochTime, io.clock.now()),
    start: async (index, options = {}) => {
      const mix = await startMix({
        io: { ...io, network: io.network.from(`10.0.0.${index + 1}`) },
        dataDir: `/m${index}`,
        identifier: MIXES[index] ?? '',
        network: config,
        addresses: [`10.0.0.${index + 1}:7000`],
        openStore: stores.open,
        storageKey: repeated(index + 1, 32),
        tuning: { retryStepMs: 1000 },
        ...options,
      });
      return mix._unsafeUnwrap();
    },
    packet: (mixes, delaysMs, epoch = network.now()) => {
      const hops = pathOf(network, mixes, { delaysMs, epoch });
      const payload = new Uint8Array(GEOMETRY.payloadLength).fill(0x5a);
      const made = createPacket(suite, { path: hops, payload, random: io.random });
      const first = unwrap(
        suite,
        made._unsafeUnwrap(),
        primitives.x25519.scalar(repeated(101, 32)),
      );
      const opened = first._unsafeUnwrap();
      if (opened.kind !== 'forward') throw new Error('not a forward packet');
      return opened.packet;
    },
    surbReply: (mixes) => {
      const hops = pathOf(network, mixes, { delaysMs: [], epoch: network.now() });
      const recipient = new Uint8Array(GEOMETRY.recipientLength);
      const commands = [
        { kind: 'recipient', recipient },
        { kind: 'surb-reply', surbId: new Uint8Array(GEOMETRY.surbIdLength) },
      ] as const;
      const path = hops
        .slice(1, -1)
        .map((hop, index) => (index === mixes.length - 1 ? { ...hop, commands } : hop));
      const payload = new Uint8Array(GEOMETRY.payloadLength);
      return createPacket(suite, { path, payload, random: io.random })._unsafeUnwrap();
    },
    settle: async (mixes) => {
      const isUp = (mix: RunningNode): boolean => {
        const { outgoingPlanned, outgoingUp } = mix.status().connections;
        return outgoingPlanned > 0 && outgoingPlanned === outgoingUp;
      };
      const settled = await io.clock.runUntil(() => mixes.every(isUp), 120_000);
      if (!settled) throw new Error(JSON.stringify(mixes.map((mix) => mix.status())));
    },
  };
  await playAuthority(network);
  return network;
};

/** Answers one question per connection, from what was posted. */
const playAuthority = async (network: PlayedNetwork): Promise<void> => {
  const { io, link } = network;
  const identity = {
    ad: config.authority.publicKey,
    secretKey: primitives.ed25519.toX25519Secret(AUTHORITY_SEED),
  };
  const listener = (await io.network.listen(AUTHORITY_ADDRESS))._unsafeUnwrap();
  const documents = new Map<Epoch, Uint8Array>();
  const serve = async (duplex: Duplex): Promise<void> => {
    if (network.authorityDown) {
      duplex.destroy();
      return;
    }
    const authenticate = () => true;
    const session = await acceptLink(link, duplex, { identity, authenticate, deadlineMs: 30_000 });
    const command = await session.asyncAndThen((open) => open.receive());
    if (session.isErr() || command.isErr()) return;
    const answered = await session.value.send(answerTo(network, documents, command.value));
    answered._unsafeUnwrap();
    session.value.close();
  };
  void (async () => {
    for await (const duplex of listener.connections) void serve(duplex);
  })();
};

const answerTo = (
  network: PlayedNetwork,
  documents: Map<Epoch, Uint8Array>,
  command: Command,
): Command => {
  if (command.kind === 'post-descriptor') {
    const { epoch, descriptor: raw } = command;
    const nowMs = network.io.clock.now();
    const read = verifyDescriptor(primitives, raw, { epoch, nowMs })._unsafeUnwrap();
    const key = `${epoch} ${read.name}`;
    network.posts.set(key, [...(network.posts.get(key) ?? []), raw]);
    return { kind: 'post-descriptor-status', code: 0 };
  }
  if (command.kind !== 'get-consensus') throw new Error(`unexpected ${command.kind}`);
  const document = documents.get(command.epoch) ?? makeDocument(network, command.epoch);
  if (!document) {
    const code = command.epoch < network.now() ? 2 : 1;
    return { kind: 'consensus', code, document: new Uint8Array(0) };
  }
  documents.set(command.epoch, document);
  return { kind: 'consensus', code: 0, document };
};

/** One layer per mix, once all of them have posted. */
const makeDocument = (network: PlayedNetwork, epoch: Epoch): Uint8Array | undefined => {
  const raws = MIXES.map((name) => network.posts.get(`${epoch} ${name}`)?.[0]);
  if (!raws.every((raw) => raw !== undefined)) return undefined;
  const rate = { perMs: 0.001, maxMs: 10_000 };
  const rates = {
    mu: rate,
    lambdaP: rate,
    lambdaL: rate,
    lambdaD: rate,
    lambdaM: network.lambdaM,
  };
  return signDocument(
    primitives,
    {
      epoch,
      genesisEpoch: epoch,
      sendRatePerMinute: 100,
      rates,
      topology: raws.map((raw) => [raw]),
      providers: network.providers.map((provider) => provider.descriptor(epoch)),
      sharedRandomCommit: undefined,
      sharedRandomValue: repeated(7, 32),
      priorSharedRandom: [repeated(7, 32), repeated(8, 32)],
    },
    { seed: AUTHORITY_SEED, expiration: Math.floor(network.io.clock.now() / 1000) + 4200 },
  );
};

/** Entry, mixes and exit, with the mix keys that the mixes have published for this moment. */
const pathOf = (
  network: PlayedNetwork,
  mixes: readonly RunningNode[],
  { delaysMs, epoch }: { readonly delaysMs: readonly number[]; readonly epoch: Epoch },
): readonly PathHop[] => {
  const nowMs = network.io.clock.now();
  const delay = (delayMs: number) => ({ kind: 'node-delay', delayMs }) as const;
  const hops = mixes.map((mix, index): PathHop => {
    const raw = network.posts.get(`${epoch} ${MIXES[index]}`)?.[0];
    const read = verifyDescriptor(primitives, raw ?? new Uint8Array(0), { epoch, nowMs });
    const mixKey = read._unsafeUnwrap().mixKeys.get(epoch);
    if (!mixKey) throw new Error(`${toHex(mix.identityKey)} has no key`);
    return { nodeId: mix.identityKey, mixKey, commands: [delay(delaysMs[index] ?? 1)] };
  });
  const [entry, exit] = network.providers;
  const recipient = new Uint8Array(GEOMETRY.recipientLength);
  recipient.set(utf8('bob'));
  return [
    { nodeId: entry.identityKey, mixKey: entry.mixKey, commands: [delay(1)] },
    ...hops,
    { nodeId: exit.identityKey, mixKey: exit.mixKey, commands: [{ kind: 'recipient', recipient }] },
  ];
};
