/**
 * What each token of a Noise pattern writes, reads and mixes.
 *
 * A written token gives the bytes that it adds to the message; a read token takes its bytes off
 * the front and says how many, or why they are refused. Public keys are checked when they are
 * read, so that nothing which a peer sends can make a later write fail.
 *
 * Source: Noise Protocol Framework revision 34, section 7.1; katzenpost/noise v0.0.1, state.go.
 * @module
 */
import type { Random } from '../io/contracts.js';
import { isLowOrder } from './low-order.js';
import type { SymmetricState } from './noise-symmetric.js';
import type { Kem, Point, Scalar, X25519 } from './primitives.js';

/** The letters of the Noise framework and its hfs extension. */
export type Token = 'e' | 'e1' | 'ee' | 'es' | 'se' | 'ss' | 's' | 'ekem1';

export type NoiseReason =
  | 'truncated'
  | 'too-long'
  | 'not-authentic'
  | 'low-order'
  | 'malformed-kem-key'
  | 'malformed-kem-ciphertext';

/** Everything that one end of a handshake knows so far. */
export interface HandshakeState {
  readonly x25519: X25519;
  readonly symmetric: SymmetricState;
  readonly initiator: boolean;
  readonly random: Random;
  readonly kem: Kem | undefined;
  readonly staticKey: Scalar | undefined;
  ephemeral: Scalar | undefined;
  remoteStatic: Point | undefined;
  remoteEphemeral: Point | undefined;
  kemSecret: Uint8Array | undefined;
  remoteKemKey: Uint8Array | undefined;
}

interface TokenRule {
  write(state: HandshakeState): Uint8Array;
  /** The number of bytes used up, or the reason for a refusal. */
  read(state: HandshakeState, message: Uint8Array): number | NoiseReason;
}

const DH_LENGTH = 32;
const NOTHING = new Uint8Array(0);

/** A value that the pattern promises; its absence is a mistake in the pattern or its options. */
const needed = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('the Noise pattern needs a key that is not there');
  return value;
};

const mixShared = (
  { x25519, symmetric }: HandshakeState,
  scalar: Scalar | undefined,
  point: Point | undefined,
): void => {
  const shared = x25519.multiply(needed(scalar), needed(point));
  if (shared === undefined) throw new Error('unreachable: low-order points are refused on entry');
  symmetric.mixKey(shared);
};

/** Takes a sealed field of `length` plaintext bytes off the message. */
const openField = (
  { symmetric }: HandshakeState,
  message: Uint8Array,
  length: number,
): { used: number; field: Uint8Array } | NoiseReason => {
  const used = length + symmetric.overhead;
  if (message.length < used) return 'truncated';
  const field = symmetric.openAndHash(message.subarray(0, used));
  return field === undefined ? 'not-authentic' : { used, field };
};

/** A Diffie-Hellman token: no bytes, both ends mix the same secret. */
const sharedSecret = (mix: (state: HandshakeState) => void): TokenRule => ({
  write: (state) => {
    mix(state);
    return NOTHING;
  },
  read: (state) => {
    mix(state);
    return 0;
  },
});

const ephemeral: TokenRule = {
  write: (state) => {
    state.ephemeral = state.x25519.scalar(state.random(DH_LENGTH));
    const publicKey = state.x25519.publicKey(state.ephemeral);
    state.symmetric.mixHash(publicKey);
    return publicKey;
  },
  read: (state, message) => {
    if (message.length < DH_LENGTH) return 'truncated';
    const publicKey = message.slice(0, DH_LENGTH);
    if (isLowOrder(state.x25519, publicKey)) return 'low-order';
    state.remoteEphemeral = state.x25519.point(publicKey);
    state.symmetric.mixHash(publicKey);
    return DH_LENGTH;
  },
};

const staticKey: TokenRule = {
  write: (state) => state.symmetric.sealAndHash(state.x25519.publicKey(needed(state.staticKey))),
  read: (state, message) => {
    const outcome = openField(state, message, DH_LENGTH);
    if (typeof outcome === 'string') return outcome;
    if (isLowOrder(state.x25519, outcome.field)) return 'low-order';
    state.remoteStatic = state.x25519.point(outcome.field);
    return outcome.used;
  },
};

const kemKey: TokenRule = {
  write: (state) => {
    const kem = needed(state.kem);
    const { publicKey, secretKey } = kem.keyPair(state.random(kem.keySeedLength));
    state.kemSecret = secretKey;
    return state.symmetric.sealAndHash(publicKey);
  },
  read: (state, message) => {
    const kem = needed(state.kem);
    const outcome = openField(state, message, kem.publicKeyLength);
    if (typeof outcome === 'string') return outcome;
    if (!kem.isPublicKey(outcome.field)) return 'malformed-kem-key';
    state.remoteKemKey = outcome.field;
    return outcome.used;
  },
};

/** The sealed ciphertext is hashed first, the shared key mixed afterwards. */
const kemCiphertext: TokenRule = {
  write: (state) => {
    const kem = needed(state.kem);
    const seed = state.random(kem.encapsulationSeedLength);
    const { ciphertext, sharedKey } = needed(kem.encapsulate(needed(state.remoteKemKey), seed));
    const sealed = state.symmetric.sealAndHash(ciphertext);
    state.symmetric.mixKey(sharedKey);
    return sealed;
  },
  read: (state, message) => {
    const kem = needed(state.kem);
    const outcome = openField(state, message, kem.ciphertextLength);
    if (typeof outcome === 'string') return outcome;
    const sharedKey = kem.decapsulate(outcome.field, needed(state.kemSecret));
    if (sharedKey === undefined) return 'malformed-kem-ciphertext';
    state.symmetric.mixKey(sharedKey);
    return outcome.used;
  },
};

/** `es` is the initiator's ephemeral with the responder's static key, `se` the other way round. */
const mixEphemeralStatic = (state: HandshakeState, isOwnEphemeral: boolean): void => {
  if (isOwnEphemeral) mixShared(state, state.ephemeral, state.remoteStatic);
  else mixShared(state, state.staticKey, state.remoteEphemeral);
};

const RULES: Readonly<Record<Token, TokenRule>> = {
  e: ephemeral,
  s: staticKey,
  e1: kemKey,
  ekem1: kemCiphertext,
  ee: sharedSecret((state) => mixShared(state, state.ephemeral, state.remoteEphemeral)),
  es: sharedSecret((state) => mixEphemeralStatic(state, state.initiator)),
  se: sharedSecret((state) => mixEphemeralStatic(state, !state.initiator)),
  ss: sharedSecret((state) => mixShared(state, state.staticKey, state.remoteStatic)),
};

export const writeToken = (state: HandshakeState, token: Token): Uint8Array =>
  RULES[token].write(state);

export const readToken = (
  state: HandshakeState,
  token: Token,
  message: Uint8Array,
): number | NoiseReason => RULES[token].read(state, message);
