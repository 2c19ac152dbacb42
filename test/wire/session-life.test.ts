import { describe, expect, it } from 'vitest';
import type { LinkError } from '../../src/wire/contracts.js';
import { pattern, repeated } from '../support/bytes.js';
import { establishedPair, sent, watch } from '../support/link.js';
import { encoded, retrieve, setting } from '../support/session.js';

const FRAME_DEADLINE_MS = 120_000;
const LINGER_MS = 5_000;

describe('time', () => {
  const late: LinkError = { kind: 'deadline', phase: 'frame' };

  it('does not matter between frames', async () => {
    const { clock, session, far, seal } = setting();
    const received = watch(session.receive());
    await clock.advance(7 * 24 * 3_600_000);
    await far.write(seal(encoded(3)));
    await clock.settled();
    expect(received.value?._unsafeUnwrap()).toEqual(retrieve(3));
  });

  it.each([1, 20, 25])('is limited after %i bytes of a frame', async (length) => {
    const { clock, session, seen, far, seal } = setting();
    const received = watch(session.receive());
    await far.write(seal(encoded(3)).subarray(0, length));
    await clock.advance(FRAME_DEADLINE_MS - 1);
    expect(received.value).toBeUndefined();
    await clock.advance(1);
    expect(received.value?._unsafeUnwrapErr()).toEqual(late);
    expect(seen.destroyed).toBe(true);
  });

  it('is not won by dribbling', async () => {
    const { clock, session, far, seal } = setting();
    const received = watch(session.receive());
    const frame = seal(encoded(3));
    for (let i = 0; received.value === undefined && i < frame.length; i++) {
      await far.write(frame.slice(i, i + 1));
      await clock.advance(10_000);
    }
    expect(received.value?._unsafeUnwrapErr()).toEqual(late);
  });

  it('starts anew with each frame', async () => {
    const { clock, session, far, seal } = setting();
    for (const i of [1, 2, 3]) {
      const received = watch(session.receive());
      const frame = seal(encoded(i));
      await far.write(frame.slice(0, 5));
      await clock.advance(FRAME_DEADLINE_MS - 1);
      await far.write(frame.slice(5));
      await clock.settled();
      expect(received.value?._unsafeUnwrap()).toEqual(retrieve(i));
    }
  });

  it('is limited for a peer that takes nothing', async () => {
    const { clock, session, seen } = setting(100);
    const sends = [1, 2, 3, 4].map((i) => watch(session.send(retrieve(i))));
    await clock.advance(FRAME_DEADLINE_MS - 1);
    expect(sends.map(({ value }) => value?.isOk())).toEqual([true, true, undefined, undefined]);
    await clock.advance(1);
    expect(sends[3]?.value?._unsafeUnwrapErr()).toEqual(late);
    expect(seen.destroyed).toBe(true);
  });
});

describe('back-pressure', () => {
  it('holds the sender until the peer reads', async () => {
    const { clock, session, far } = setting(100);
    await sent(session, retrieve(1));
    await sent(session, retrieve(2));
    const third = watch(session.send(retrieve(3)));
    await clock.settled();
    expect(third.value).toBeUndefined();
    await far.read();
    await clock.settled();
    expect(third.value?.isOk()).toBe(true);
  });
});

describe('closing', () => {
  it('lets arrive what was sent', async () => {
    const { initiator, responder } = await establishedPair();
    watch(initiator.send(retrieve(1)));
    watch(initiator.send({ kind: 'disconnect' }));
    initiator.close();
    expect((await responder.receive())._unsafeUnwrap()).toEqual(retrieve(1));
    expect((await responder.receive())._unsafeUnwrap()).toEqual({ kind: 'disconnect' });
    expect((await responder.receive())._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await Promise.all([initiator.closed, responder.closed]);
  });

  it('answers those who wait, and all who come later', async () => {
    const { session, keys } = setting();
    const before = { sending: keys.sending.exportKey(), receiving: keys.receiving.exportKey() };
    const waiting = session.receive();
    session.close();
    session.close();
    expect((await waiting)._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.receive())._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.send(retrieve(1)))._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await session.closed;
    expect(keys.sending.exportKey()).not.toEqual(before.sending);
    expect(keys.receiving.exportKey()).toEqual(repeated(0, 32));
  });

  it('drops the connection when the peer has ended too', async () => {
    const { clock, session, seen, far } = setting();
    session.close();
    await clock.settled();
    expect(seen.destroyed).toBe(false);
    far.end();
    await clock.settled();
    expect(seen.destroyed).toBe(true);
  });

  it('does not wait for a peer that never ends, or never stops', async () => {
    for (const isChatty of [false, true]) {
      const { clock, session, seen, far } = setting();
      watch(session.receive());
      session.close();
      for (let i = 0; i < 5; i++) {
        expect(seen.destroyed).toBe(false);
        if (isChatty) await far.write(pattern(1000));
        await clock.advance(LINGER_MS / 5);
      }
      expect(seen.destroyed).toBe(true);
    }
  });

  it('is seen when the peer breaks off', async () => {
    const { session, far, seen } = setting();
    const waiting = session.receive();
    far.destroy();
    expect((await waiting)._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    expect((await session.send(retrieve(1)))._unsafeUnwrapErr()).toEqual({ kind: 'link-ended' });
    await session.closed;
    expect(seen.destroyed).toBe(true);
  });
});
