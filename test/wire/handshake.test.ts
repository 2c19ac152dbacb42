import { describe, expect, it } from 'vitest';
import type { NoiseTrace } from '../../src/crypto/noise.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import type { LinkIdentity } from '../../src/wire/contracts.js';
import { decodeCommand } from '../../src/wire/commands.js';
import { initiate, respond, type Established } from '../../src/wire/handshake.js';
import { LINK_PROFILE_02 } from '../../src/wire/profile.js';
import { makeSession } from '../../src/wire/session.js';
import { LinkStream } from '../../src/wire/stream.js';
import { countingRandom, hex, recordedRandom, sha256, toHex } from '../support/bytes.js';
import {
  anyone,
  bareEnd,
  initiatorIdentity,
  linkDeps,
  publicKeyOf,
  responderIdentity,
} from '../support/link.js';
import { referenceVectors } from '../support/vectors.js';

interface Party {
  readonly additional_data: string;
  readonly static_private: string;
  readonly static_public: string;
  readonly random_reads: readonly string[];
}

interface HandshakeVectors {
  readonly initiator: Party;
  readonly responder: Party;
  readonly responder_auth_plaintext: string;
  readonly handshake_trace: readonly {
    readonly token: string;
    readonly h: string;
    readonly ck: string;
    readonly k?: string;
    readonly n?: number;
  }[];
  readonly split: {
    readonly initiator_to_responder_key: string;
    readonly responder_to_initiator_key: string;
  };
  readonly rekey: readonly {
    readonly i2r_key: string;
    readonly i2r_nonce: number;
    readonly r2i_key: string;
    readonly r2i_nonce: number;
  }[];
  readonly transcript: readonly {
    readonly from: 'initiator' | 'responder';
    readonly bytes: string;
    readonly command?: string;
  }[];
}

const vectors = referenceVectors<HandshakeVectors>('wire_handshake_v1.json');
const [first = '', second = '', third = ''] = vectors.transcript.map(({ bytes }) => bytes);
const responderTime = Number.parseInt(vectors.responder_auth_plaintext.slice(-8), 16);

const identityOf = (party: Party): LinkIdentity => ({
  ad: hex(party.additional_data),
  secretKey: hex(party.static_private),
});

const traceOf = (steps: readonly NoiseTrace[]): unknown =>
  steps.map(({ token, h, ck, k, n }) => ({
    token: token === 'init' ? 'init+prologue' : token,
    h: toHex(h),
    ck: toHex(ck),
    ...(k && { k: toHex(k), n }),
  }));

const expectedTrace = vectors.handshake_trace.map(({ token, h, ck, k, n }) => ({
  token,
  h,
  ck,
  ...(k && { k, n }),
}));

const setting = (given: Parameters<typeof linkDeps>[0]) => {
  const [near, far] = duplexPair();
  const deps = linkDeps({ geometry: KATZENPOST_GEOMETRY, ...given });
  return { deps, stream: new LinkStream(near, deps.clock), peer: bareEnd(far, deps.clock) };
};

/** Our initiator against the recorded responder. */
const runInitiator = async () => {
  const clock = manualClock({ startMs: responderTime * 1000 + 1234 });
  const random = recordedRandom(...vectors.initiator.random_reads);
  const { deps, stream, peer } = setting({ clock, random });
  const steps: NoiseTrace[] = [];
  const identity = identityOf(vectors.initiator);
  const trace = (step: NoiseTrace): void => void steps.push(step);
  const done = initiate(deps, stream, { identity, authenticate: anyone, trace });
  const sent = [await peer.read(1601)];
  await peer.write(hex(second));
  sent.push(await peer.read(324));
  return { deps, stream, peer, steps, sent, established: (await done)._unsafeUnwrap() };
};

/** Our responder against the recorded initiator. */
const runResponder = async () => {
  const clock = manualClock({ startMs: responderTime * 1000 + 999 });
  const random = recordedRandom(...vectors.responder.random_reads);
  const { deps, stream, peer } = setting({ clock, random });
  const steps: NoiseTrace[] = [];
  const identity = identityOf(vectors.responder);
  const trace = (step: NoiseTrace): void => void steps.push(step);
  const done = respond(deps, stream, { identity, authenticate: anyone, trace });
  await peer.write(hex(first));
  const sent = [await peer.read(1940)];
  await peer.write(hex(third));
  return { deps, stream, peer, steps, sent, established: (await done)._unsafeUnwrap() };
};

type Run = Awaited<ReturnType<typeof runInitiator>>;

/** Plays the recorded commands through a session made of `run`, checking keys on the way. */
const playCommands = async (run: Run, us: 'initiator' | 'responder'): Promise<void> => {
  const { deps, stream, peer, established } = run;
  const rekeyed = new Set<string>();
  const session = makeSession({ geometry: deps.geometry, stream, ...established });
  for (const { from, bytes, command = '' } of vectors.transcript.slice(3)) {
    const plain = decodeCommand(deps.geometry, hex(command))._unsafeUnwrap();
    if (from === us) {
      await session.send(plain);
      expect(toHex(await peer.read(bytes.length / 2))).toBe(bytes);
    } else {
      await peer.write(hex(bytes));
      expect((await session.receive())._unsafeUnwrap()).toEqual(plain);
    }
    for (const key of recordedKeys(established, us)) rekeyed.add(key);
  }
  expect(rekeyed).toEqual(new Set(vectors.rekey.flatMap((step) => [step.i2r_key, step.r2i_key])));
};

/** The keys of both directions that stand at a recorded count, which they must equal. */
const recordedKeys = (
  { sending, receiving }: Established,
  us: 'initiator' | 'responder',
): readonly string[] => {
  const [there, back] = us === 'initiator' ? [sending, receiving] : [receiving, sending];
  return vectors.rekey.flatMap((step) => [
    ...(there.nonce === step.i2r_nonce ? [toHex(there.exportKey())] : []),
    ...(back.nonce === step.r2i_nonce ? [toHex(back.exportKey())] : []),
  ]);
};

describe('the reference handshake', () => {
  it('is what our initiator writes', async () => {
    const run = await runInitiator();
    expect(run.sent.map(toHex)).toEqual([first, third]);
    expect(traceOf(run.steps)).toEqual(expectedTrace);
    const { peer, skewMs, sending, receiving } = run.established;
    expect(toHex(peer.ad)).toBe(vectors.responder.additional_data);
    expect(toHex(peer.publicKey)).toBe(vectors.responder.static_public);
    expect(skewMs).toBe(1234);
    expect(toHex(sending.exportKey())).toBe(vectors.split.initiator_to_responder_key);
    expect(toHex(receiving.exportKey())).toBe(vectors.split.responder_to_initiator_key);
    await playCommands(run, 'initiator');
  });

  it('is what our responder writes', async () => {
    const run = await runResponder();
    expect(run.sent.map(toHex)).toEqual([second]);
    expect(traceOf(run.steps)).toEqual(expectedTrace);
    const { peer, skewMs, sending, receiving } = run.established;
    expect(toHex(peer.ad)).toBe(vectors.initiator.additional_data);
    expect(toHex(peer.publicKey)).toBe(vectors.initiator.static_public);
    expect(skewMs).toBeUndefined();
    expect(toHex(sending.exportKey())).toBe(vectors.split.responder_to_initiator_key);
    expect(toHex(receiving.exportKey())).toBe(vectors.split.initiator_to_responder_key);
    await playCommands(run, 'responder');
  });
});

/** Runs both our ends against each other, recording what passes. */
const runBoth = async (profile = linkDeps({ clock: manualClock() }).profile) => {
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
    const seen = steps.slice(1).map(({ token, h, ck, k }) => [token, eight(h), eight(ck), eight(k)]);
    expect(seen).toEqual(states);
    expect(toHex(steps.at(-1)?.h ?? hex(''))).toBe(
      '72664ce4cdeffbb5f04013b912d28f33bb143dff8de42f38d5923eefd08cd1e9' +
        'bd9cef3665da29b854fa983a1a0c1988f4fc49a76bacc420ef2a242d3e3bc10c',
    );
    const there = 'f3a8331fe0f0df0fb698f50b48696ce086172376f1e5a5670573bb9bc7fe9cae';
    const back = 'cd0b1c36ba19178f314549ea3fbb93af8ad63354fccf1af8fef45525b1c64748';
    expect([initiator.sending, responder.receiving].map((c) => toHex(c.exportKey()))).toEqual([there, there]);
    expect([responder.sending, initiator.receiving].map((c) => toHex(c.exportKey()))).toEqual([back, back]);
    expect(initiator.peer).toEqual({ ad: responderIdentity.ad, publicKey: publicKeyOf(responderIdentity) });
    expect(responder.peer).toEqual({ ad: initiatorIdentity.ad, publicKey: publicKeyOf(initiatorIdentity) });
  });

  it('goes on with the same frames', async () => {
    const { written, sessions } = await runBoth();
    const [initiator, responder] = sessions;
    await responder.send({ kind: 'no-op' });
    await responder.send({ kind: 'no-op' });
    await initiator.send({ kind: 'retrieve-message', sequence: 7 });
    await initiator.send({ kind: 'get-consensus', epoch: 123 });
    expect(written.slice(3).map(toHex)).toEqual([
      'c5544a6fcabb608603222e6934bd6330a2213dacdbaf43aa0d2eba239723f63f7fe425594643614a944c',
      '44b3a33c56698d959923a1d9602695755ff379684ab4503688f8fe145690d38601dad27580cf124b0117',
      'c564f862062710d58b0e54b72a8ab4a73403bd66257f919d4fd259a8d282331915b9187731f224656257d9601855',
      '589a6fb756a05900eb828bf5967a9377565cd476b9e82ebe15d9e6783d24ce58f6e05b01e62ab07fcd0d2eb31f179f311f94',
    ]);
    expect((await initiator.receive())._unsafeUnwrap()).toEqual({ kind: 'no-op' });
    expect((await responder.receive())._unsafeUnwrap()).toEqual({ kind: 'retrieve-message', sequence: 7 });
    expect((await responder.receive())._unsafeUnwrap()).toEqual({ kind: 'get-consensus', epoch: 123 });
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

const flipped = (text: string, at: number, by: number): Uint8Array => {
  const bytes = hex(text);
  bytes[at] = (bytes[at] ?? 0) ^ by;
  return bytes;
};

/** What our responder makes of a first and a third message. */
const offerResponder = async (one: Uint8Array, three: Uint8Array) => {
  const random = recordedRandom(...vectors.responder.random_reads);
  const clock = manualClock({ startMs: responderTime * 1000 });
  const { deps, stream, peer } = setting({ clock, random });
  await peer.write(one);
  await peer.write(three);
  return respond(deps, stream, { identity: identityOf(vectors.responder), authenticate: anyone });
};

/** What our initiator makes of a second message. */
const offerInitiator = async (two: Uint8Array) => {
  const random = recordedRandom(...vectors.initiator.random_reads);
  const { deps, stream, peer } = setting({ clock: manualClock(), random });
  await peer.write(two);
  return initiate(deps, stream, { identity: identityOf(vectors.initiator), authenticate: anyone });
};

/** One flipped bit in each `step`-th byte of a range, the bit changing from byte to byte. */
const flips = (text: string, from: number, to: number, step: number): Uint8Array[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) =>
    flipped(text, from + i * step, 1 << (i % 8)),
  );

const REFUSED = { kind: 'handshake', reason: 'message' };

describe('a flipped byte', () => {
  it.each([
    ['the ephemeral key', 1, 33, 1],
    ['the KEM key', 33, 1601, 9],
  ])('in %s of the first message is refused, by the third if not before', async (_, from, to, step) => {
    for (const one of flips(first, from, to, step)) {
      const result = await offerResponder(one, hex(third));
      expect(result._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('in the prologue is not answered', async () => {
    for (const one of flips(first, 0, 1, 1)) {
      const result = await offerResponder(one, hex(third));
      expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'prologue' });
    }
  });

  it.each([
    ['the ephemeral key', 0, 32, 1],
    ['the KEM ciphertext', 32, 1616, 9],
    ['the static key', 1616, 1664, 1],
    ['the authenticate message', 1664, 1940, 1],
  ])('in %s of the second message is refused', async (_, from, to, step) => {
    for (const two of flips(second, from, to, step)) {
      expect((await offerInitiator(two))._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('anywhere in the third message is refused', async () => {
    for (const three of flips(third, 0, 324, 1)) {
      const result = await offerResponder(hex(first), three);
      expect(result._unsafeUnwrapErr()).toEqual(REFUSED);
    }
  });

  it('is what makes the difference', async () => {
    expect((await offerResponder(hex(first), hex(third))).isOk()).toBe(true);
    expect((await offerInitiator(hex(second))).isOk()).toBe(true);
  });
});

describe('hostile keys', () => {
  it('of low order are refused', async () => {
    const one = hex(first);
    one.fill(0, 1, 33);
    const result = await offerResponder(one, hex(third));
    expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
    const two = hex(second);
    two.fill(0, 0, 32);
    expect((await offerInitiator(two)).isErr()).toBe(true);
  });

  it('that are no KEM key are refused', async () => {
    const one = hex(first);
    one.fill(0xff, 33, 1601);
    const result = await offerResponder(one, hex(third));
    expect(result._unsafeUnwrapErr()).toEqual({ kind: 'handshake', reason: 'message' });
  });
});
