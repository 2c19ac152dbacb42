/** Two ends of a link in memory, and a bare end for saying anything to the other. */
import { portablePrimitives } from '../../src/crypto/portable.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import type { Clock, Duplex, Random } from '../../src/io/contracts.js';
import { duplexPair, manualClock, seededRandom, type ManualClock } from '../../src/io/memory.js';
import { smallGeometry, type SphinxGeometry } from '../../src/sphinx/geometry.js';
import type { Command } from '../../src/wire/commands.js';
import type { LinkDeps, LinkIdentity, Session } from '../../src/wire/contracts.js';
import { acceptLink, openLink } from '../../src/wire/link.js';
import { LINK_PROFILE_01, type LinkProfile } from '../../src/wire/profile.js';
import { LinkStream } from '../../src/wire/stream.js';
import { repeated } from './bytes.js';

export const DEADLINE_MS = 30_000;
export const GEOMETRY = smallGeometry(200);

export const initiatorIdentity: LinkIdentity = {
  ad: new TextEncoder().encode('alice'),
  secretKey: repeated(0x11, 32),
};
export const responderIdentity: LinkIdentity = {
  ad: repeated(0xbb, 32),
  secretKey: repeated(0x22, 32),
};

const fast = makeFastPrimitives();

export const publicKeyOf = (identity: LinkIdentity): Uint8Array =>
  portablePrimitives.x25519.publicKey(portablePrimitives.x25519.scalar(identity.secretKey));

export const linkDeps = (given: {
  readonly clock: Clock;
  readonly random?: Random;
  readonly profile?: LinkProfile;
  readonly geometry?: SphinxGeometry;
}): LinkDeps => ({
  profile: LINK_PROFILE_01,
  geometry: GEOMETRY,
  primitives: fast,
  random: seededRandom('links'),
  ...given,
});

export const anyone = (): boolean => true;

/** Both ends' options: who they are, and whom they accept. */
export const asInitiator = {
  identity: initiatorIdentity,
  authenticate: anyone,
  deadlineMs: DEADLINE_MS,
};
export const asResponder = {
  identity: responderIdentity,
  authenticate: anyone,
  deadlineMs: DEADLINE_MS,
};

export interface LinkPair {
  readonly clock: ManualClock;
  readonly initiator: Session;
  readonly responder: Session;
  /** The connection's ends under both sessions. */
  readonly ends: readonly [Duplex, Duplex];
}

/** An established link over a connection that buffers `capacity` bytes each way. */
export const establishedPair = async (
  options: { capacity?: number; geometry?: SphinxGeometry } = {},
): Promise<LinkPair> => {
  const clock = manualClock();
  const { geometry = GEOMETRY, ...pairOptions } = options;
  const ends = duplexPair(pairOptions);
  const deps = linkDeps({ clock, geometry });
  const [opened, accepted] = await Promise.all([
    openLink(deps, ends[0], asInitiator),
    acceptLink(deps, ends[1], asResponder),
  ]);
  return { clock, ends, initiator: opened._unsafeUnwrap(), responder: accepted._unsafeUnwrap() };
};

/** Sends, and minds the result. */
export const sent = async (session: Session, command: Command): Promise<void> =>
  (await session.send(command))._unsafeUnwrap();

/** Notes the outcome of something that may wait. */
export const watch = <T>(work: PromiseLike<T>): { value: T | undefined } => {
  const state: { value: T | undefined } = { value: undefined };
  void work.then((value) => (state.value = value));
  return state;
};

/** A bare end: reads exact lengths and writes what it likes. */
export const bareEnd = (duplex: Duplex, clock: Clock) => {
  const stream = new LinkStream(duplex, clock);
  return {
    read: async (length: number): Promise<Uint8Array> => {
      const bytes = (await stream.take(length))?.slice();
      if (bytes === undefined) throw new Error('the link has ended');
      return bytes;
    },
    write: (bytes: Uint8Array): Promise<boolean> => stream.write(bytes.slice()),
    end: (): void => duplex.end(),
  };
};
