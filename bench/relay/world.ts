/**
 * The little network around the measured mix: a played authority, and two played providers between
 * which the mix stands as the only layer.
 *
 * Played, because they must cost little and agree to everything; what the mix sees is the real
 * protocol on real connections.
 * @module
 */
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Duplex } from '../../src/io/contracts.js';
import { nodeClock, nodeNetwork, nodeRandom } from '../../src/io/node.js';
import { LAYER_PROVIDER, signDescriptor } from '../../src/pki/descriptor.js';
import { signDocument } from '../../src/pki/document.js';
import { certificateExpiration, epochAt, type Epoch, type EpochTime } from '../../src/pki/epoch.js';
import type { AuthorityRef } from '../../src/pki/network.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import type { Command } from '../../src/wire/commands.js';
import type { LinkDeps, LinkIdentity, Session } from '../../src/wire/contracts.js';
import { acceptLink } from '../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../src/wire/profile.js';

export const primitives = selectPrimitives();
export const geometry = KATZENPOST_GEOMETRY;
export const clock = nodeClock();

/** One epoch for the whole bench: its change would put keys and connections in between. */
export const EPOCHS: EpochTime = { periodMs: 86_400_000, zeroMs: Date.now() - 4 * 86_400_000 - 1 };

export const link: LinkDeps = {
  profile: LINK_PROFILE_01,
  geometry,
  primitives,
  clock,
  random: nodeRandom,
};

export const DEADLINE_MS = 30_000;

const publicOf = (secret: Uint8Array): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(secret));

/** A provider that plays along: all of its keys come from one seed. */
export interface PlayedProvider {
  readonly name: string;
  readonly seed: Uint8Array;
  readonly identity: LinkIdentity;
  readonly mixKey: Uint8Array;
}

/** The same provider for the same number, in whichever process. */
export const playProvider = (number: number): PlayedProvider => {
  const seed = new Uint8Array(32).fill(number);
  const identity = { ad: primitives.ed25519.publicKey(seed), secretKey: seed };
  return { name: `p${number}.test`, seed, identity, mixKey: publicOf(seed) };
};

export const GENERATOR = playProvider(101);
export const SINK = playProvider(102);

/** Where nobody listens: the mix need not reach the generator. */
const NOWHERE = '127.0.0.1:9';

const descriptorOf = (
  { name, seed, identity, mixKey }: PlayedProvider,
  epoch: Epoch,
  address: string,
): Uint8Array =>
  signDescriptor(
    primitives,
    {
      name,
      identityKey: identity.ad,
      linkKey: publicOf(identity.secretKey),
      addresses: new Map([['tcp4', [address]]]),
      mixKeys: new Map([0, 1, 2].map((ahead) => [epoch + ahead, mixKey])),
      layer: LAYER_PROVIDER,
      services: new Map([['loop', { endpoint: '+loop' }]]),
      registrationAddresses: undefined,
    },
    { seed, expiration: certificateExpiration(EPOCHS, clock.now()) },
  );

export interface PlayedAuthority {
  readonly ref: AuthorityRef;
  /** The mix's descriptor, as soon as it has posted one for the current epoch. */
  readonly posted: Promise<Uint8Array>;
  close(): Promise<void>;
}

const AUTHORITY_SEED = new Uint8Array(32).fill(100);
const RATE = { perMs: 0.001, maxMs: 60_000 };

const documentOf = (epoch: Epoch, mix: Uint8Array, sinkAddress: string): Uint8Array =>
  signDocument(
    primitives,
    {
      epoch,
      genesisEpoch: epoch,
      sendRatePerMinute: 0,
      rates: { mu: RATE, lambdaP: RATE, lambdaL: RATE, lambdaD: RATE, lambdaM: RATE },
      topology: [[mix]],
      providers: [descriptorOf(GENERATOR, epoch, NOWHERE), descriptorOf(SINK, epoch, sinkAddress)],
      sharedRandomCommit: undefined,
      sharedRandomValue: new Uint8Array(32).fill(7),
      priorSharedRandom: [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)],
    },
    { seed: AUTHORITY_SEED, expiration: certificateExpiration(EPOCHS, clock.now()) },
  );

const ACCEPTED = 0;
const NOT_FOUND = 1;

/** Takes the descriptor of one mix, and puts it between the providers. */
export const playAuthority = async (sinkAddress: string): Promise<PlayedAuthority> => {
  const posts = new Map<Epoch, Uint8Array>();
  let resolve: (descriptor: Uint8Array) => void = () => undefined;
  const posted = new Promise<Uint8Array>((taken) => (resolve = taken));
  const answerTo = (command: Command): Command => {
    if (command.kind === 'post-descriptor') {
      posts.set(command.epoch, command.descriptor.slice());
      if (command.epoch === epochAt(EPOCHS, clock.now())) resolve(command.descriptor.slice());
      return { kind: 'post-descriptor-status', code: ACCEPTED };
    }
    const mix = command.kind === 'get-consensus' ? posts.get(command.epoch) : undefined;
    if (command.kind !== 'get-consensus' || mix === undefined) {
      return { kind: 'consensus', code: NOT_FOUND, document: new Uint8Array(0) };
    }
    const document = documentOf(command.epoch, mix, sinkAddress);
    return { kind: 'consensus', code: ACCEPTED, document };
  };
  const listener = (await nodeNetwork().listen('127.0.0.1:0'))._unsafeUnwrap();
  const publicKey = primitives.ed25519.publicKey(AUTHORITY_SEED);
  const secretKey = primitives.ed25519.toX25519Secret(AUTHORITY_SEED);
  void (async () => {
    for await (const duplex of listener.connections) {
      void answerOne(duplex, { ad: publicKey, secretKey }, answerTo);
    }
  })();
  const ref = { addresses: [listener.address], publicKey };
  return { ref, posted, close: () => listener.close() };
};

/** One question per connection. */
const answerOne = async (
  duplex: Duplex,
  identity: LinkIdentity,
  answerTo: (command: Command) => Command,
): Promise<void> => {
  const session = await accept(duplex, identity);
  const command = await session?.receive();
  if (session === undefined || command === undefined || command.isErr()) return;
  await session.send(answerTo(command.value));
  session.close();
};

/** The called end of a link, to anybody. */
export const accept = async (
  duplex: Duplex,
  identity: LinkIdentity,
): Promise<Session | undefined> => {
  const options = { identity, authenticate: () => true, deadlineMs: DEADLINE_MS };
  return (await acceptLink(link, duplex, options)).unwrapOr(undefined);
};
