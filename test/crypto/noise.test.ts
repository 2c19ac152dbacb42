import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { makeKyber1024 } from '../../src/crypto/kyber.js';
import { startHandshake, XXHFS } from '../../src/crypto/noise.js';
import type { CipherState, Handshake, NoiseTrace } from '../../src/crypto/noise.js';
import { hex, recordedRandom, toHex } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';
import { implementations } from './implementations.js';
import { NO_RANDOM, NOTHING, oneWay } from './noise-support.js';

interface TraceStep {
  token: string;
  h: string;
  ck: string;
  k?: string;
  n?: number;
}

/** Collects steps as the vector files write them. */
const tracer = (): { steps: TraceStep[]; trace: (step: NoiseTrace) => void } => {
  const steps: TraceStep[] = [];
  const trace = ({ token, h, ck, k, n }: NoiseTrace): void => {
    const keyed = k === undefined || n === undefined ? {} : { k: toHex(k), n };
    steps.push({ token, h: toHex(h), ck: toHex(ck), ...keyed });
  };
  return { steps, trace };
};

/** A vector's step; `init+prologue` is our `init`. */
const expected = ({ token, h, ck, k, n }: TraceStep): TraceStep => ({
  token: token.split('+')[0]!,
  h,
  ck,
  ...(k === undefined || n === undefined ? {} : { k, n }),
});

const counting = (from: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => from + i);

describe.each(implementations)('Noise over $name primitives', (primitives) => {
  describe('pattern X', () => {
    const vector = referenceVectors<{
      message: string;
      plaintext: string;
      random_reads: string[];
      recipient_private: string;
      sender_private: string;
      trace: TraceStep[];
    }>('noise_x_trace.json');
    const keys = {
      sender: hex(vector.sender_private),
      recipient: hex(vector.recipient_private),
    };

    it('writes the reference message, state by state', () => {
      const { steps, trace } = tracer();
      const ends = oneWay(primitives, {
        ...keys,
        random: recordedRandom(...vector.random_reads),
        trace,
      });
      expect(toHex(ends.write().write(hex(vector.plaintext)))).toBe(vector.message);
      expect(steps).toEqual(vector.trace.map(expected));
    });

    it('reads the reference message, state by state, and learns the sender', () => {
      const { steps, trace } = tracer();
      const handshake = oneWay(primitives, { ...keys, random: NO_RANDOM, trace }).read();
      expect(toHex(handshake.read(hex(vector.message))._unsafeUnwrap())).toBe(vector.plaintext);
      expect(steps).toEqual(vector.trace.map(expected));
      const { x25519 } = primitives;
      expect(handshake.remoteStatic).toEqual(x25519.publicKey(x25519.scalar(keys.sender)));
    });

    it('gives the worked message', () => {
      const ends = oneWay(primitives, {
        sender: counting(0),
        recipient: counting(0x20),
        random: recordedRandom(toHex(counting(0x40))),
      });
      const message = ends.write().write(utf8('hello'));
      expect(toHex(message)).toBe(
        '79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a' +
          'd203cd28d81cf65a2da637f557a05728b3ae4abdc3a42d1cda5f719d6cf41d7f' +
          '2cf1b1c5af10e38a09a9bb7e3b1d589a15d3db2a9a5c692a214ac0fa95440dcb2327d711f0',
      );
      expect(ends.read().read(message)._unsafeUnwrap()).toEqual(utf8('hello'));
    });
  });

  it('gives the worked message of pattern N', () => {
    const ends = oneWay(primitives, {
      recipient: counting(0x20),
      random: recordedRandom(toHex(counting(0x40))),
    });
    const message = ends.write().write(utf8('hello'));
    expect(toHex(message)).toBe(
      '79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a' +
        '2b677eaf5f564d98318ecf954b63400a9476f14646',
    );
    expect(ends.read().read(message)._unsafeUnwrap()).toEqual(utf8('hello'));
  });

  describe('pattern XXhfs', () => {
    const vector = referenceVectors<{
      protocol: string;
      prologue: string;
      initiator: { static_private: string; random_reads: string[] };
      responder: { static_private: string; random_reads: string[] };
      initiator_auth_plaintext: string;
      responder_auth_plaintext: string;
      handshake_trace: TraceStep[];
      channel_binding_h: string;
      split: { initiator_to_responder_key: string; responder_to_initiator_key: string };
      rekey: { after_commands: number; i2r_key: string; i2r_nonce: number; r2i_key: string }[];
      transcript: { bytes: string }[];
    }>('wire_handshake_v1.json');

    const begin = (
      side: 'initiator' | 'responder',
      trace?: (step: NoiseTrace) => void,
    ): Handshake =>
      startHandshake({
        primitives,
        pattern: XXHFS,
        protocolName: vector.protocol,
        prologue: hex(vector.prologue),
        initiator: side === 'initiator',
        static: hex(vector[side].static_private),
        kem: makeKyber1024(primitives),
        random: recordedRandom(...vector[side].random_reads),
        trace,
      });

    /** Runs all three messages and compares each with the transcript. */
    const run = (initiator: Handshake, responder: Handshake): void => {
      const prologueLength = vector.prologue.length;
      const messages = vector.transcript.map(({ bytes }) => bytes);
      const first = initiator.write(NOTHING);
      expect(toHex(first)).toBe(messages[0]!.slice(prologueLength));
      expect(responder.read(first)._unsafeUnwrap()).toEqual(NOTHING);
      const second = responder.write(hex(vector.responder_auth_plaintext));
      expect(toHex(second)).toBe(messages[1]);
      const answer = initiator.read(second)._unsafeUnwrap();
      expect(toHex(answer)).toBe(vector.responder_auth_plaintext);
      const third = initiator.write(hex(vector.initiator_auth_plaintext));
      expect(toHex(third)).toBe(messages[2]);
      const authentication = responder.read(third)._unsafeUnwrap();
      expect(toHex(authentication)).toBe(vector.initiator_auth_plaintext);
    };

    const keyOf = (cipher: CipherState): string => toHex(cipher.exportKey());

    it('reproduces the reference handshake, state by state, on both ends', () => {
      const [initiator, responder] = [tracer(), tracer()];
      run(begin('initiator', initiator.trace), begin('responder', responder.trace));
      const steps = vector.handshake_trace.map(expected);
      expect(initiator.steps).toEqual(steps);
      expect(responder.steps).toEqual(steps);
      expect(steps.at(-1)?.h).toBe(vector.channel_binding_h);
    });

    it('splits into the reference keys, and rekeys without resetting the counter', () => {
      const [initiator, responder] = [begin('initiator'), begin('responder')];
      run(initiator, responder);
      const [ours, theirs] = [initiator.split(), responder.split()];
      expect(keyOf(ours.send)).toBe(vector.split.initiator_to_responder_key);
      expect(keyOf(theirs.receive)).toBe(vector.split.initiator_to_responder_key);
      expect(keyOf(ours.receive)).toBe(vector.split.responder_to_initiator_key);
      expect(keyOf(theirs.send)).toBe(vector.split.responder_to_initiator_key);
      for (const step of vector.rekey) {
        for (let half = 0; half < 2; half++) {
          const sealed = ours.send.seal(NOTHING, utf8('postern'));
          expect(theirs.receive.open(NOTHING, sealed)).toEqual(utf8('postern'));
        }
        ours.send.rekey();
        theirs.receive.rekey();
        theirs.send.rekey();
        expect(keyOf(ours.send)).toBe(step.i2r_key);
        expect(keyOf(theirs.receive)).toBe(step.i2r_key);
        expect(keyOf(theirs.send)).toBe(step.r2i_key);
        expect(ours.send.nonce).toBe(step.i2r_nonce);
      }
    });
  });
});
