/** A provider that a test plays, over real links, and what the played network shares. */
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Duplex } from '../../../src/io/contracts.js';
import type { MemoryIo } from '../../../src/io/memory.js';
import { signDescriptor } from '../../../src/pki/descriptor.js';
import { KATZENPOST_EPOCHS, type Epoch } from '../../../src/pki/epoch.js';
import type { NetworkConfig } from '../../../src/pki/network.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { decodePlaintext } from '../../../src/sphinx/plaintext.js';
import { useSurb } from '../../../src/sphinx/surb.js';
import { unwrap, type Unwrapped } from '../../../src/sphinx/unwrap.js';
import type { LinkDeps, LinkIdentity, Session } from '../../../src/wire/contracts.js';
import { acceptLink, openLink } from '../../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { repeated } from '../../support/bytes.js';

export const primitives = selectPrimitives();
export const GEOMETRY = smallGeometry(200);
export const AUTHORITY_SEED = repeated(9, 32);
export const AUTHORITY_ADDRESS = '10.0.0.99:1';

export const config: NetworkConfig = {
  authority: {
    addresses: [AUTHORITY_ADDRESS],
    publicKey: primitives.ed25519.publicKey(AUTHORITY_SEED),
  },
  epochTime: KATZENPOST_EPOCHS,
  geometry: GEOMETRY,
  link: LINK_PROFILE_01,
};
export const suite = { geometry: GEOMETRY, primitives };

const x25519PublicOf = (secret: Uint8Array): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(secret));

/** A provider that the test plays: it talks over real links, and opens packets with one key. */
export interface PlayedProvider {
  readonly address: string;
  readonly identityKey: Uint8Array;
  readonly mixKey: Uint8Array;
  /** Packets that nodes have sent to it. */
  readonly received: { readonly packet: Uint8Array; readonly atMs: number }[];
  /** How many connections it has accepted. */
  sessions: number;
  descriptor(epoch: Epoch): Uint8Array;
  /** Opens a link as this provider. @param after - may misuse the connection below it */
  connect(address: string, after?: (duplex: Duplex) => void): Promise<Session>;
  /** Opens a packet that ends here. */
  open(packet: Uint8Array): Unwrapped;
  /** Answers a packet by the SURB in it. @returns what goes to the SURB's first hop */
  reply(packet: Uint8Array): { readonly packet: Uint8Array; readonly firstHop: Uint8Array };
}

export const playProvider = async (
  io: MemoryIo,
  link: LinkDeps,
  number: number,
): Promise<PlayedProvider> => {
  const seed = repeated(number, 32);
  const address = `10.0.1.${number}:7000`;
  const identity: LinkIdentity = { ad: primitives.ed25519.publicKey(seed), secretKey: seed };
  const mixKey = x25519PublicOf(seed);
  const from = io.network.from(`10.0.1.${number}`);
  const provider: PlayedProvider = {
    address,
    identityKey: identity.ad,
    mixKey,
    received: [],
    sessions: 0,
    descriptor: (epoch) =>
      signDescriptor(
        primitives,
        {
          name: `p${number}.test`,
          identityKey: identity.ad,
          linkKey: x25519PublicOf(seed),
          addresses: new Map([['tcp4', [address]]]),
          mixKeys: new Map([0, 1, 2].map((i) => [epoch + i, mixKey])),
          layer: 255,
          services: new Map([['loop', { endpoint: '+loop' }]]),
          registrationAddresses: undefined,
        },
        { seed, expiration: Math.floor(io.clock.now() / 1000) + 4200 },
      ),
    connect: async (to, after) => {
      const duplex = await during(io, from.dial(to, new AbortController().signal));
      const opened = openLink(link, duplex._unsafeUnwrap(), {
        identity,
        authenticate: () => true,
        deadlineMs: 30_000,
      });
      const session = await during(io, opened);
      after?.(duplex._unsafeUnwrap());
      return session._unsafeUnwrap();
    },
    open: (packet) => unwrap(suite, packet, primitives.x25519.scalar(seed))._unsafeUnwrap(),
    reply: (packet) => {
      const opened = provider.open(packet);
      if (opened.kind !== 'terminal') throw new Error('not for us');
      const plaintext = decodePlaintext(GEOMETRY, opened.payload)._unsafeUnwrap();
      if (plaintext.kind !== 'with-surb') throw new Error('no reply wanted');
      const answer = new Uint8Array(GEOMETRY.payloadLength);
      return useSurb(suite, plaintext.surb, answer)._unsafeUnwrap();
    },
  };
  const listener = (await from.listen(address))._unsafeUnwrap();
  void (async () => {
    for await (const duplex of listener.connections) {
      void receiveAll(link, duplex, { identity, provider, nowMs: () => io.clock.now() });
    }
  })();
  return provider;
};

/** Turns the clock until work that needs time is done. */
export const during = async <T>(io: MemoryIo, work: PromiseLike<T>): Promise<T> => {
  let done = false;
  const finished = (async () => {
    const value = await work;
    done = true;
    return value;
  })();
  await io.clock.runUntil(() => done, 60_000);
  return finished;
};

const receiveAll = async (
  link: LinkDeps,
  duplex: Duplex,
  {
    identity,
    provider,
    nowMs,
  }: { identity: LinkIdentity; provider: PlayedProvider; nowMs: () => number },
): Promise<void> => {
  const session = await acceptLink(link, duplex, {
    identity,
    authenticate: () => true,
    deadlineMs: 30_000,
  });
  if (session.isErr()) return;
  provider.sessions++;
  for (;;) {
    const command = await session.value.receive();
    if (command.isErr()) return;
    if (command.value.kind !== 'send-packet') continue;
    provider.received.push({ packet: command.value.packet, atMs: nowMs() });
  }
};
