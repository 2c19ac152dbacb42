/**
 * Noise handshakes, driven by the tokens of a pattern.
 *
 * A pattern is data, and each token is one pair of functions in `noise-tokens.ts`; the key
 * encapsulation is a value. Any pattern of these tokens runs here without new code.
 *
 * Source: Noise Protocol Framework revision 34; its hfs extension; katzenpost/noise v0.0.1.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Random } from '../io/contracts.js';
import { SymmetricState } from './noise-symmetric.js';
import type { CipherState } from './noise-symmetric.js';
import { readToken, writeToken } from './noise-tokens.js';
import type { HandshakeState, NoiseReason, Token } from './noise-tokens.js';
import { isLowOrder } from './low-order.js';
import { wipe } from '../bytes/compare.js';
import { concat } from '../bytes/writer.js';
import type { Kem, Primitives } from './primitives.js';

export { CipherState, noiseHash } from './noise-symmetric.js';
export type { NoiseHash, NoiseHashName } from './noise-symmetric.js';
export type { NoiseReason, Token } from './noise-tokens.js';

/** The largest handshake message, raised from Noise's 65535 by Katzenpost. */
export const MAX_MESSAGE_LENGTH = 1048576;

/** Messages alternate, the initiator's first. */
export interface NoisePattern {
  /** Whether the initiator knows the responder's static key beforehand. */
  readonly knownResponder: boolean;
  readonly messages: readonly (readonly Token[])[];
}

/** Mutual authentication with hybrid forward secrecy: the link handshake. */
export const XXHFS: NoisePattern = {
  knownResponder: false,
  messages: [
    ['e', 'e1'],
    ['e', 'ee', 'ekem1', 's', 'es'],
    ['s', 'se'],
  ],
};

/** One message to a known recipient that names its sender: sealed blocks. */
export const X: NoisePattern = { knownResponder: true, messages: [['e', 'es', 's', 'ss']] };

/** One message to a known recipient, from nobody. */
export const N: NoisePattern = { knownResponder: true, messages: [['e', 'es']] };

export interface NoiseError {
  readonly kind: 'noise';
  /** The part of the message that was refused. */
  readonly field: Token | 'payload';
  readonly reason: NoiseReason;
}

/** The state after a token, for comparison with vectors. Contains secrets: only for tests. */
export interface NoiseTrace {
  readonly token: Token | 'init' | 'payload';
  readonly h: Uint8Array;
  readonly ck: Uint8Array;
  readonly k: Uint8Array | undefined;
  readonly n: number | undefined;
}

export interface HandshakeOptions {
  readonly primitives: Primitives;
  readonly pattern: NoisePattern;
  /** Such as `Noise_X_25519_ChaChaPoly_SHA256`; its end chooses the hash. */
  readonly protocolName: string;
  readonly prologue: Uint8Array;
  readonly initiator: boolean;
  /** Our static X25519 secret, 32 bytes. */
  readonly static?: Uint8Array | undefined;
  /**
   * The peer's static X25519 public key where the pattern knows it beforehand. A low-order point
   * throws: check keys that people give with {@link isLowOrder} when they are stored.
   */
  readonly remoteStatic?: Uint8Array | undefined;
  readonly kem?: Kem | undefined;
  readonly random: Random;
  readonly trace?: ((step: NoiseTrace) => void) | undefined;
}

/** One run of a pattern. After a refused message it must not be used any more. */
export class Handshake {
  readonly #pattern: NoisePattern;
  readonly #state: HandshakeState;
  readonly #trace: HandshakeOptions['trace'];
  #turn = 0;

  /** Use {@link startHandshake}. */
  constructor(pattern: NoisePattern, state: HandshakeState, trace: HandshakeOptions['trace']) {
    this.#pattern = pattern;
    this.#state = state;
    this.#trace = trace;
    this.#report('init');
  }

  /** The peer's static public key, as soon as it is known. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#state.remoteStatic?.bytes.slice();
  }

  /** The next message. Throws when it is the peer's turn. */
  write(payload: Uint8Array): Uint8Array {
    const parts = this.#nextTokens(this.#state.initiator).map((token) => {
      const written = writeToken(this.#state, token);
      this.#report(token);
      return written;
    });
    const sealed = this.#state.symmetric.sealAndHash(payload);
    this.#report('payload');
    return concat(...parts, sealed);
  }

  /**
   * Reads the peer's message and gives its payload. Throws when it is our turn.
   *
   * @errors `noise` with the field that was refused, and why
   */
  read(message: Uint8Array): Result<Uint8Array, NoiseError> {
    const tokens = this.#nextTokens(!this.#state.initiator);
    if (message.length > MAX_MESSAGE_LENGTH) return refuse('payload', 'too-long');
    let rest = message;
    for (const token of tokens) {
      const outcome = readToken(this.#state, token, rest);
      if (typeof outcome === 'string') return refuse(token, outcome);
      rest = rest.subarray(outcome);
      this.#report(token);
    }
    const payload = this.#state.symmetric.openAndHash(rest);
    if (payload === undefined) return refuse('payload', 'not-authentic');
    this.#report('payload');
    return ok(payload);
  }

  /** The transport ciphers, when all messages have passed. The handshake is used up. */
  split(): { readonly send: CipherState; readonly receive: CipherState } {
    if (this.#turn !== this.#pattern.messages.length) throw new Error('handshake not finished');
    const [toResponder, toInitiator] = this.#state.symmetric.split();
    this.wipe();
    return this.#state.initiator
      ? { send: toResponder, receive: toInitiator }
      : { send: toInitiator, receive: toResponder };
  }

  /** Forgets all secrets; for patterns without a transport phase, and for refused handshakes. */
  wipe(): void {
    const { symmetric, staticKey, ephemeral, kemSecret } = this.#state;
    symmetric.wipe();
    for (const secret of [staticKey?.bytes, ephemeral?.bytes, kemSecret]) if (secret) wipe(secret);
  }

  #nextTokens(isSpeaking: boolean): readonly Token[] {
    const initiatorsTurn = this.#turn % 2 === 0;
    const tokens = this.#pattern.messages[this.#turn];
    const speaker = isSpeaking === initiatorsTurn;
    if (tokens === undefined || !speaker) throw new Error('handshake message out of turn');
    this.#turn += 1;
    return tokens;
  }

  #report(token: NoiseTrace['token']): void {
    if (this.#trace === undefined) return;
    const { transcript: h, chainingKey: ck, cipher } = this.#state.symmetric;
    this.#trace({ token, h, ck, k: cipher?.exportKey(), n: cipher?.nonce });
  }
}

const refuse = (field: NoiseError['field'], reason: NoiseReason): Result<never, NoiseError> =>
  err({ kind: 'noise', field, reason });

/** The responder's static public key where both ends know it before the first message. */
const knownResponderKey = (options: HandshakeOptions): Uint8Array => {
  const { x25519 } = options.primitives;
  const own = options.static && x25519.publicKey(x25519.scalar(options.static));
  const key = options.initiator ? options.remoteStatic : own;
  if (key === undefined) throw new Error('the pattern needs a static key that was not given');
  if (isLowOrder(x25519, key)) throw new RangeError('the static public key is a low-order point');
  return key;
};

/**
 * Begins a handshake.
 *
 * @throws when a key that the pattern needs is missing or is a low-order point
 */
export const startHandshake = (options: HandshakeOptions): Handshake => {
  const { primitives, pattern, protocolName, initiator } = options;
  const symmetric = new SymmetricState(primitives, protocolName);
  symmetric.mixHash(options.prologue);
  if (pattern.knownResponder) symmetric.mixHash(knownResponderKey(options));
  const state: HandshakeState = {
    x25519: primitives.x25519,
    symmetric,
    initiator,
    random: options.random,
    kem: options.kem,
    staticKey: options.static && primitives.x25519.scalar(options.static),
    remoteStatic: options.remoteStatic && primitives.x25519.point(options.remoteStatic),
    ephemeral: undefined,
    remoteEphemeral: undefined,
    kemSecret: undefined,
    remoteKemKey: undefined,
  };
  return new Handshake(pattern, state, options.trace);
};
