/**
 * What a link is to those who use it: its identities, its session and the ways in which it fails.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { ParseError } from '../bytes/reader.js';
import type { Primitives } from '../crypto/primitives.js';
import type { Clock, Random } from '../io/contracts.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import type { Command } from './commands.js';
import type { LinkProfile } from './profile.js';

/** What every link of one network shares. */
export interface LinkDeps {
  readonly profile: LinkProfile;
  readonly geometry: SphinxGeometry;
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly random: Random;
}

/** Who we are on a link. */
export interface LinkIdentity {
  /** Additional data that names us, 0 to 255 bytes: a user name, an identity key or nothing. */
  readonly ad: Uint8Array;
  /** X25519 link key, 32 bytes. */
  readonly secretKey: Uint8Array;
}

/** Who the other end has proved to be. */
export interface Peer {
  /** Additional data that it gave, 0 to 255 bytes; only as true as `authenticate` found it. */
  readonly ad: Uint8Array;
  /** X25519 link key, 32 bytes; the handshake has proved that the peer holds its secret. */
  readonly publicKey: Uint8Array;
}

/**
 * Why a link is over. Every error is final: the connection is already dropped when it is seen.
 *
 * - `link-ended`: the peer ended, the connection broke, or we closed
 * - `handshake`: a wrong `prologue`; a `message` that is malformed or not authentic; `refused`, the
 *   responder closed instead of accepting us; `no-op`, it began with something else
 * - `not-authenticated`: our own check did not accept the peer
 * - `deadline`: the peer was too slow in the handshake, within a frame, or in taking one
 * - `bad-frame`: a frame is not authentic or shorter than its tag
 * - `frame-too-large`: `length` bytes of ciphertext, announced by the peer or to be sent by us
 * - `bad-command`: an authentic frame holds no command
 */
export type LinkError =
  | { readonly kind: 'link-ended' }
  | {
      readonly kind: 'handshake';
      readonly reason: 'prologue' | 'message' | 'refused' | 'no-op';
    }
  | { readonly kind: 'not-authenticated' }
  | { readonly kind: 'deadline'; readonly phase: 'handshake' | 'frame' }
  | { readonly kind: 'bad-frame' }
  | { readonly kind: 'frame-too-large'; readonly length: number }
  | { readonly kind: 'bad-command'; readonly error: ParseError };

/** An established link: encrypted commands both ways, in order. */
export interface Session {
  readonly peer: Peer;
  /** Our clock minus the responder's, ms; whole seconds on its side. Known to the initiator only. */
  readonly skewMs: number | undefined;
  /**
   * Sends one command; commands leave in the order of the calls. Ok when there is room for more,
   * which says nothing about delivery. Throws on payloads of wrong length.
   *
   * @errors the error that ended the session; `frame-too-large`
   */
  send(command: Command): ResultAsync<void, LinkError>;
  /**
   * The next command; waits for as long as the peer is silent. That the peer has gone is noticed
   * here and in sends only.
   *
   * @errors the error that ended the session
   */
  receive(): ResultAsync<Command, LinkError>;
  /** Ends the link after what was sent, and forgets its keys. Waiting receivers get `link-ended`. */
  close(): void;
  /** Resolves when the session is over, whoever ended it. */
  readonly closed: Promise<void>;
}
