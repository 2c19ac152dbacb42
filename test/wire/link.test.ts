import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../src/bytes/compare.js';
import type { Duplex } from '../../src/io/contracts.js';
import { duplexPair, manualClock, seededRandom } from '../../src/io/memory.js';
import type { LinkIdentity, Peer } from '../../src/wire/contracts.js';
import { respond } from '../../src/wire/handshake.js';
import { acceptLink, openLink } from '../../src/wire/link.js';
import { LINK_PROFILE_01, LINK_PROFILE_02 } from '../../src/wire/profile.js';
import { makeSession } from '../../src/wire/session.js';
import { LinkStream } from '../../src/wire/stream.js';
import { repeated } from '../support/bytes.js';
import {
  anyone,
  asInitiator,
  asResponder,
  bareEnd,
  DEADLINE_MS,
  establishedPair,
  initiatorIdentity,
  linkDeps,
  publicKeyOf,
  responderIdentity,
  sent,
  watch,
} from '../support/link.js';

const isIdentity =
  (identity: LinkIdentity) =>
  ({ ad, publicKey }: Peer): boolean =>
    equal(ad, identity.ad) && equal(publicKey, publicKeyOf(identity));

/** Counts what is written, and whether the end was dropped. */
const watched = (duplex: Duplex) => {
  const seen = { written: 0, destroyed: false };
  const watcher: Duplex = {
    ...duplex,
    write: (bytes) => {
      seen.written += bytes.length;
      return duplex.write(bytes);
    },
    destroy: () => {
      seen.destroyed = true;
      duplex.destroy();
    },
  };
  return { seen, duplex: watcher };
};

/** A clock that knows how many sleep on it. */
const countedClock = () => {
  let sleeping = 0;
  const turned = manualClock();
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    sleeping++;
    await turned.sleep(ms, signal);
    sleeping--;
  };
  const clock = {
    now: () => turned.now(),
    monotonic: () => turned.monotonic(),
    settled: () => turned.settled(),
    sleep,
  };
  return { clock, sleepers: () => sleeping };
};

const setting = () => {
  const clock = manualClock();
  const [near, far] = duplexPair();
  const { seen, duplex } = watched(near);
  return { clock, deps: linkDeps({ clock }), seen, duplex, far, peer: bareEnd(far, clock) };
};

describe('two ends', () => {
  it('know each other', async () => {
    const { initiator, responder } = await establishedPair();
    expect(isIdentity(responderIdentity)(initiator.peer)).toBe(true);
    expect(isIdentity(initiatorIdentity)(responder.peer)).toBe(true);
    expect(initiator.skewMs).toBe(0);
    expect(responder.skewMs).toBeUndefined();
  });

  it('may be nobody: empty additional data', async () => {
    const { deps, duplex, far } = setting();
    const identity = { ...initiatorIdentity, ad: new Uint8Array(0) };
    const [opened, accepted] = await Promise.all([
      openLink(deps, duplex, { ...asInitiator, identity }),
      acceptLink(deps, far, asResponder),
    ]);
    expect(opened.isOk()).toBe(true);
    expect(accepted._unsafeUnwrap().peer.ad).toHaveLength(0);
  });

  it('may decide later: an asynchronous check', async () => {
    const { clock, deps, duplex, far } = setting();
    const authenticate = async (peer: Peer): Promise<boolean> => {
      await clock.sleep(100);
      return isIdentity(initiatorIdentity)(peer);
    };
    const both = Promise.all([
      openLink(deps, duplex, asInitiator),
      acceptLink(deps, far, { ...asResponder, authenticate }),
    ]);
    await clock.advance(100);
    expect((await both).map((result) => result.isOk())).toEqual([true, true]);
  });
});

describe('the initiator', () => {
  it.each([
    ['another link key', { ...responderIdentity, secretKey: repeated(0x33, 32) }],
    ['another name', { ...responderIdentity, ad: repeated(0xcc, 32) }],
  ])('tells nothing about itself to %s', async (_, identity) => {
    const { deps, seen, duplex, far } = setting();
    const authenticate = isIdentity(responderIdentity);
    const [opened, accepted] = await Promise.all([
      openLink(deps, duplex, { ...asInitiator, authenticate }),
      acceptLink(deps, far, { ...asResponder, identity }),
    ]);
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'not-authenticated' });
    expect(accepted._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect(seen).toEqual({ written: 1601, destroyed: true });
  });

  it('learns that it was refused', async () => {
    const { deps, seen, duplex, far } = setting();
    const [opened, accepted] = await Promise.all([
      openLink(deps, duplex, asInitiator),
      acceptLink(deps, far, { ...asResponder, authenticate: () => false }),
    ]);
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'refused' });
    expect(accepted._unsafeUnwrapErr()).toEqual({ kind: 'not-authenticated' });
    expect(seen.destroyed).toBe(true);
  });

  it('wants the NoOp first', async () => {
    const { clock, deps, duplex, far } = setting();
    const opening = openLink(deps, duplex, asInitiator);
    const stream = new LinkStream(far, clock);
    const established = await respond(deps, stream, {
      identity: responderIdentity,
      authenticate: anyone,
    });
    const responder = makeSession({
      geometry: deps.geometry,
      stream,
      ...established._unsafeUnwrap(),
    });
    await sent(responder, { kind: 'disconnect' });
    expect((await opening)._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'no-op' });
  });

  it('refuses garbage', async () => {
    const { deps, seen, duplex, peer } = setting();
    const opening = openLink(deps, duplex, asInitiator);
    await peer.write(seededRandom('garbage')(5000));
    expect((await opening)._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
    expect(seen).toEqual({ written: 1601, destroyed: true });
  });

  it('sees its peer go', async () => {
    const { deps, duplex, peer } = setting();
    const opening = openLink(deps, duplex, asInitiator);
    await peer.read(1601);
    peer.end();
    expect((await opening)._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
  });
});

describe('the responder', () => {
  it('answers nothing to a wrong prologue', async () => {
    const { clock, deps, seen, duplex, far } = setting();
    const other = linkDeps({ clock, profile: LINK_PROFILE_02 });
    const [accepted, opened] = await Promise.all([
      acceptLink(deps, duplex, asResponder),
      openLink(other, far, asInitiator),
    ]);
    expect(accepted._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'prologue' });
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect(seen).toEqual({ written: 0, destroyed: true });
  });

  it('refuses another protocol name behind the right prologue', async () => {
    const { clock, deps, duplex, far } = setting();
    const profile = { ...LINK_PROFILE_02, prologue: LINK_PROFILE_01.prologue };
    const other = linkDeps({ clock, profile });
    const [accepted, opened] = await Promise.all([
      acceptLink(deps, duplex, asResponder),
      openLink(other, far, asInitiator),
    ]);
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
    expect(accepted._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
  });

  it('never throws at random bytes, and always drops them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 4000, size: 'max' }),
        fc.boolean(),
        async (bytes, right) => {
          const { deps, seen, duplex, peer } = setting();
          if (right && bytes.length > 0) bytes[0] = 1;
          await peer.write(bytes);
          peer.end();
          expect((await acceptLink(deps, duplex, asResponder)).isErr()).toBe(true);
          expect(seen.destroyed).toBe(true);
        },
      ),
    );
  });

  it('lets a throwing check through, but not the connection', async () => {
    const { deps, seen, duplex, far } = setting();
    const authenticate = (): boolean => {
      throw new Error('a mistake of ours');
    };
    const accepting = acceptLink(deps, duplex, { ...asResponder, authenticate });
    const opened = openLink(deps, far, asInitiator);
    await expect(accepting).rejects.toThrow('a mistake of ours');
    expect((await opened).isErr()).toBe(true);
    expect(seen.destroyed).toBe(true);
  });
});

describe('a deadline', () => {
  const late = { kind: 'deadline', phase: 'handshake' };

  it('cuts a peer that says nothing', async () => {
    const { clock, deps, seen, duplex } = setting();
    const accepted = watch(acceptLink(deps, duplex, asResponder));
    await clock.advance(DEADLINE_MS - 1);
    expect(accepted.value).toBeUndefined();
    await clock.advance(1);
    expect(accepted.value?._unsafeUnwrapErr()).toEqual(late);
    expect(seen.destroyed).toBe(true);
  });

  it('cuts a peer that says it byte by byte', async () => {
    const { clock, deps, duplex, peer } = setting();
    const accepted = watch(acceptLink(deps, duplex, asResponder));
    for (let i = 0; i < 40 && accepted.value === undefined; i++) {
      await peer.write(Uint8Array.of(1));
      await clock.advance(1000);
    }
    expect(accepted.value?._unsafeUnwrapErr()).toEqual(late);
  });

  it('cuts a responder that never accepts', async () => {
    const { clock, deps, duplex, far } = setting();
    const opened = watch(openLink(deps, duplex, asInitiator));
    const never = new Promise<boolean>(() => {});
    watch(acceptLink(deps, far, { ...asResponder, authenticate: () => never }));
    await clock.advance(DEADLINE_MS);
    expect(opened.value?._unsafeUnwrapErr()).toEqual(late);
  });

  it('is gone once the link stands', async () => {
    const { clock, initiator, responder } = await establishedPair();
    await clock.advance(1000 * DEADLINE_MS);
    await sent(initiator, { kind: 'no-op' });
    expect((await responder.receive()).isOk()).toBe(true);
  });

  it.each([true, false])('leaves no timer behind; the peer stays: %s', async (stays) => {
    const { clock, sleepers } = countedClock();
    const [near, far] = duplexPair();
    const deps = linkDeps({ clock });
    const opening = openLink(deps, near, asInitiator);
    const accepting = stays ? acceptLink(deps, far, asResponder) : undefined;
    if (!stays) far.destroy();
    const ends = [await opening, await accepting];
    expect(ends[0]?.isOk()).toBe(stays);
    for (const end of ends) if (end?.isOk()) end.value.close();
    await clock.settled();
    expect(sleepers()).toBe(0);
  });
});
