import { describe, expect, it } from 'vitest';
import type { NoiseTrace } from '../../src/crypto/noise.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';
import { initiate, respond } from '../../src/wire/handshake.js';
import { LINK_PROFILE_01, LINK_PROFILE_02 } from '../../src/wire/profile.js';
import { makeSession } from '../../src/wire/session.js';
import { LinkStream } from '../../src/wire/stream.js';
import { countingRandom, hex, sha256, toHex } from '../support/bytes.js';
import {
  anyone,
  initiatorIdentity,
  linkDeps,
  publicKeyOf,
  responderIdentity,
  sent,
} from '../support/link.js';

/** Runs both our ends against each other, recording what passes. */
const runBoth = async (profile = LINK_PROFILE_01) => {
  const clock = manualClock({ startMs: 1_600_000_000_000 });
  const [near, far] = duplexPair();
  const ours = linkDeps({ clock, profile, random: countingRandom(0x00) });
  const theirs = linkDeps({ clock, profile, random: countingRandom(0x80) });
  const written: Uint8Array[] = [];
  const tap = (duplex: typeof near): typeof near => ({
    ...duplex,
    write: (bytes) => {
      written.push(bytes.slice());
      return duplex.write(bytes);
    },
  });
  const streams = [new LinkStream(tap(near), clock), new LinkStream(tap(far), clock)] as const;
  const steps: NoiseTrace[] = [];
  const trace = (step: NoiseTrace): void => void steps.push(step);
  const [initiator, responder] = await Promise.all([
    initiate(ours, streams[0], { identity: initiatorIdentity, authenticate: anyone, trace }),
    respond(theirs, streams[1], { identity: responderIdentity, authenticate: anyone }),
  ]);
  const [i, r] = [initiator._unsafeUnwrap(), responder._unsafeUnwrap()];
  const sessions = [
    makeSession({ geometry: ours.geometry, stream: streams[0], ...i }),
    makeSession({ geometry: ours.geometry, stream: streams[1], ...r }),
  ] as const;
  return { written, steps, initiator: i, responder: r, sessions };
};

describe('the worked handshake', () => {
  const messages = [
    ['ce83dc94908c576eb807618a63d73f27cbea55aec15004f1e3518be3c29b17ed', 1601],
    ['f832dae4428e008c9ffedb67dbaa82dd8a4b2155fb8d1c28b307e88e1dbc2626', 1940],
    ['f33510254ffcff36b54d4f20f39e34c557f8bf3e3feb250dbf756ed42b0f7306', 324],
  ] as const;
  const starts = [
    '018f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285fcef20408a1931ac259d1988965198f',
    '493e82fc74464a59268817623d2053c5eb8e2cc4a988b4fee179ec6b010d531d86efa3babbc646940f7e51b1a6c58d14',
    '5cb890e80ecc5c3919c065154317d03c949cc274cb0dd1b9e70ff68c59e4cf99d883d98e59dc51a66465bc3a217421cc',
  ];
  /** Token and the first 8 bytes of h, ck and k. */
  const states = [
    ['e', 'd785227d70ac54d0', '4e6f6973655f5858', undefined],
    ['e1', 'c71e149be9c9e5d9', '4e6f6973655f5858', undefined],
    ['payload', '6f88aba76f7397b5', '4e6f6973655f5858', undefined],
    ['e', '90277cadf36370e2', '4e6f6973655f5858', undefined],
    ['ee', '90277cadf36370e2', 'b1132fd5c7b48056', '34eb68799a2981ec'],
    ['ekem1', '3fdb3717110d98de', '378bd190b2890ac1', '4eef2fc3482b749e'],
    ['s', '8303991998bbb29e', '378bd190b2890ac1', '4eef2fc3482b749e'],
    ['es', '8303991998bbb29e', 'd175c917fec928cb', 'a9ee9f700a2fa646'],
    ['payload', '51d8bc83af82ab20', 'd175c917fec928cb', 'a9ee9f700a2fa646'],
    ['s', '593d0c179691e4be', 'd175c917fec928cb', 'a9ee9f700a2fa646'],
    ['se', '593d0c179691e4be', 'bc909157894c00db', 'd6b2134e1776ac5d'],
    ['payload', '72664ce4cdeffbb5', 'bc909157894c00db', 'd6b2134e1776ac5d'],
  ];

  it('passes with the same bytes, states and keys', async () => {
    const { written, steps, initiator, responder } = await runBoth();
    expect(written.map((bytes) => [sha256(bytes), bytes.length])).toEqual(messages);
    expect(written.map((bytes) => toHex(bytes.subarray(0, 48)))).toEqual(starts);
    expect(toHex(written[1]?.subarray(-16) ?? hex(''))).toBe('5f584e742873a803e70b4ce3614f2775');
    expect(toHex(steps[0]?.h ?? hex(''))).toBe(
      '3cf9e1eadcbc72259e37e81480520d4eaf843f78df20168aaab52f92a3c82203' +
        '33e9ed1d4fa792ff9f1dd71dfa8b769d5cad2adc236f2d6dc50982a6f0027468',
    );
    const eight = (bytes: Uint8Array | undefined) => bytes && toHex(bytes.subarray(0, 8));
    const seen = steps
      .slice(1)
      .map(({ token, h, ck, k }) => [token, eight(h), eight(ck), eight(k)]);
    expect(seen).toEqual(states);
    expect(toHex(steps.at(-1)?.h ?? hex(''))).toBe(
      '72664ce4cdeffbb5f04013b912d28f33bb143dff8de42f38d5923eefd08cd1e9' +
        'bd9cef3665da29b854fa983a1a0c1988f4fc49a76bacc420ef2a242d3e3bc10c',
    );
    const there = 'f3a8331fe0f0df0fb698f50b48696ce086172376f1e5a5670573bb9bc7fe9cae';
    const back = 'cd0b1c36ba19178f314549ea3fbb93af8ad63354fccf1af8fef45525b1c64748';
    expect([initiator.sending, responder.receiving].map((c) => toHex(c.exportKey()))).toEqual([
      there,
      there,
    ]);
    expect([responder.sending, initiator.receiving].map((c) => toHex(c.exportKey()))).toEqual([
      back,
      back,
    ]);
    expect(initiator.peer).toEqual({
      ad: responderIdentity.ad,
      publicKey: publicKeyOf(responderIdentity),
    });
    expect(responder.peer).toEqual({
      ad: initiatorIdentity.ad,
      publicKey: publicKeyOf(initiatorIdentity),
    });
  });

  it('goes on with the same frames', async () => {
    const { written, sessions } = await runBoth();
    const [initiator, responder] = sessions;
    await sent(responder, { kind: 'no-op' });
    await sent(responder, { kind: 'no-op' });
    await sent(initiator, { kind: 'retrieve-message', sequence: 7 });
    await sent(initiator, { kind: 'get-consensus', epoch: 123 });
    expect(written.slice(3).map(toHex)).toEqual([
      'c5544a6fcabb608603222e6934bd6330a2213dacdbaf43aa0d2eba239723f63f7fe425594643614a944c',
      '44b3a33c56698d959923a1d9602695755ff379684ab4503688f8fe145690d38601dad27580cf124b0117',
      'c564f862062710d58b0e54b72a8ab4a73403bd66257f919d4fd259a8d282331915b9187731f224656257d9601855',
      '589a6fb756a05900eb828bf5967a9377565cd476b9e82ebe15d9e6783d24ce58f6e05b01e62ab07fcd0d2eb31f179f311f94',
    ]);
    expect((await initiator.receive())._unsafeUnwrap()).toEqual({ kind: 'no-op' });
    expect((await responder.receive())._unsafeUnwrap()).toEqual({
      kind: 'retrieve-message',
      sequence: 7,
    });
    expect((await responder.receive())._unsafeUnwrap()).toEqual({
      kind: 'get-consensus',
      epoch: 123,
    });
  });

  it('differs under profile 02 in its first byte and in every sealed one', async () => {
    const { written, initiator, responder } = await runBoth(LINK_PROFILE_02);
    expect(written.map((bytes) => bytes.length)).toEqual([1601, 1940, 324]);
    expect(written[0]?.[0]).toBe(2);
    // Up to the first key nothing else depends on the profile.
    expect(toHex(written[0]?.subarray(1, 48) ?? hex(''))).toBe(starts[0]?.slice(2));
    expect(toHex(written[1]?.subarray(0, 32) ?? hex(''))).toBe(starts[1]?.slice(0, 64));
    expect(toHex(written[1]?.subarray(32, 48) ?? hex(''))).not.toBe(starts[1]?.slice(64));
    expect(toHex(initiator.sending.exportKey())).toBe(toHex(responder.receiving.exportKey()));
  });
});
