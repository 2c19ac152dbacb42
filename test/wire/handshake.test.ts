import { describe, expect, it } from 'vitest';
import type { NoiseTrace } from '../../src/crypto/noise.js';
import { manualClock } from '../../src/io/memory.js';
import { decodeCommand } from '../../src/wire/commands.js';
import { initiate, respond, type Established } from '../../src/wire/handshake.js';
import { makeSession } from '../../src/wire/session.js';
import { hex, recordedRandom, toHex } from '../support/bytes.js';
import {
  first,
  identityOf,
  responderTime,
  second,
  setting,
  third,
  vectors,
} from '../support/handshake.js';
import { anyone, sent } from '../support/link.js';

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

/** Our initiator against the recorded responder. */
const runInitiator = async () => {
  const clock = manualClock({ startMs: responderTime * 1000 + 1234 });
  const random = recordedRandom(...vectors.initiator.random_reads);
  const { deps, stream, peer } = setting({ clock, random });
  const steps: NoiseTrace[] = [];
  const identity = identityOf(vectors.initiator);
  const trace = (step: NoiseTrace): void => void steps.push(step);
  const done = initiate(deps, stream, { identity, authenticate: anyone, trace });
  const written = [await peer.read(1601)];
  await peer.write(hex(second));
  written.push(await peer.read(324));
  return { deps, stream, peer, steps, written, established: (await done)._unsafeUnwrap() };
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
  const written = [await peer.read(1940)];
  await peer.write(hex(third));
  return { deps, stream, peer, steps, written, established: (await done)._unsafeUnwrap() };
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
      await sent(session, plain);
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
    expect(run.written.map(toHex)).toEqual([first, third]);
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
    expect(run.written.map(toHex)).toEqual([second]);
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
