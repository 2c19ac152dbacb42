/**
 * The link handshake: three messages of fixed size, after which both ends know each other.
 *
 *     initiator                                    responder
 *     prologue, e, e1                        ->
 *                                            <-    e, ee, ekem1, s, es, authenticate message
 *     (is this whom we called?)
 *     s, se, authenticate message            ->    (may they come in?)
 *
 * Source: wire protocol specification, Handshake; core wire/session.go of v0.0.12.
 * @module
 */
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { concat } from '../bytes/writer.js';
import { makeKyber1024 } from '../crypto/kyber.js';
import {
  startHandshake,
  XXHFS,
  type CipherState,
  type Handshake,
  type NoiseTrace,
} from '../crypto/noise.js';
import type { Kem } from '../crypto/primitives.js';
import { AUTHENTICATE_LENGTH, decodeAuthenticate, encodeAuthenticate } from './authenticate.js';
import type { LinkDeps, LinkError, LinkIdentity, Peer } from './contracts.js';
import type { LinkStream } from './stream.js';

/** What a finished handshake gives to a session. */
export interface Established {
  readonly peer: Peer;
  /** Our clock minus the responder's, ms; `undefined` at the responder. */
  readonly skewMs: number | undefined;
  /** Seals what we send. */
  readonly sending: CipherState;
  /** Opens what we receive. */
  readonly receiving: CipherState;
}

/** How one end takes part. */
export interface HandshakeOptions<Verdict extends boolean | Promise<boolean>> {
  readonly identity: LinkIdentity;
  readonly authenticate: (peer: Peer) => Verdict;
  /** Sees the state after every token, secrets included: for comparing with vectors only. */
  readonly trace?: (step: NoiseTrace) => void;
}

const DH_LENGTH = 32;
const TAG_LENGTH = 16;
const NO_PAYLOAD = new Uint8Array(0);

/** A sealed static key and a sealed authenticate message. */
const SEALED_IDENTITY_LENGTH = DH_LENGTH + TAG_LENGTH + AUTHENTICATE_LENGTH + TAG_LENGTH;

/** 1601 bytes with Kyber1024. */
const firstLength = (prologue: Uint8Array, kem: Kem): number =>
  prologue.length + DH_LENGTH + kem.publicKeyLength;

/** 1940 bytes with Kyber1024. */
const secondLength = (kem: Kem): number =>
  DH_LENGTH + kem.ciphertextLength + TAG_LENGTH + SEALED_IDENTITY_LENGTH;

/** 324 bytes. */
const THIRD_LENGTH = SEALED_IDENTITY_LENGTH;

/**
 * The calling end. The third message, which tells who we are, leaves only when `authenticate` has
 * accepted the peer.
 *
 * @errors `link-ended`, `deadline`, `handshake`, `not-authenticated`
 */
export const initiate = (
  deps: LinkDeps,
  stream: LinkStream,
  options: HandshakeOptions<boolean>,
): ResultAsync<Established, LinkError> => {
  const { kem, handshake } = begin(deps, options, true);
  const established = safeTry(async function* () {
    yield* send(stream, concat(deps.profile.prologue, handshake.write(NO_PAYLOAD)));
    const second = yield* receive(stream, secondLength(kem));
    const arrivedMs = deps.clock.now();
    const { peer, unixTime } = yield* readIdentity(handshake, second);
    if (!options.authenticate(peer)) return failure({ kind: 'not-authenticated' });
    yield* send(stream, handshake.write(ourselves(options.identity, 0)));
    return ok(finish(handshake, peer, arrivedMs - unixTime * 1000));
  });
  return established.mapErr(forgetting(handshake));
};

/**
 * The called end. A wrong prologue is not answered at all, and a peer that `authenticate` refuses
 * learns nothing but the end of the connection.
 *
 * @errors `link-ended`, `deadline`, `handshake`, `not-authenticated`
 */
export const respond = (
  deps: LinkDeps,
  stream: LinkStream,
  options: HandshakeOptions<boolean | Promise<boolean>>,
): ResultAsync<Established, LinkError> => {
  const { kem, handshake } = begin(deps, options, false);
  const { prologue } = deps.profile;
  const established = safeTry(async function* () {
    const first = yield* receive(stream, firstLength(prologue, kem));
    yield* readFirst(handshake, prologue, first);
    const unixTime = Math.floor(deps.clock.now() / 1000);
    yield* send(stream, handshake.write(ourselves(options.identity, unixTime)));
    const third = yield* receive(stream, THIRD_LENGTH);
    const { peer } = yield* readIdentity(handshake, third);
    if (!(await options.authenticate(peer))) return failure({ kind: 'not-authenticated' });
    return ok(finish(handshake, peer, undefined));
  });
  return established.mapErr(forgetting(handshake));
};

const begin = (
  deps: LinkDeps,
  { identity, trace }: HandshakeOptions<boolean | Promise<boolean>>,
  initiator: boolean,
): { readonly kem: Kem; readonly handshake: Handshake } => {
  const kem = makeKyber1024(deps.primitives);
  const handshake = startHandshake({
    primitives: deps.primitives,
    pattern: XXHFS,
    protocolName: deps.profile.protocolName,
    prologue: deps.profile.prologue,
    initiator,
    static: identity.secretKey,
    kem,
    random: deps.random,
    trace,
  });
  return { kem, handshake };
};

const ourselves = ({ ad }: LinkIdentity, unixTime: number): Uint8Array =>
  encodeAuthenticate({ ad, unixTime });

const finish = (handshake: Handshake, peer: Peer, skewMs: number | undefined): Established => {
  const { send: sending, receive: receiving } = handshake.split();
  return { peer, skewMs, sending, receiving };
};

const failure = (error: LinkError): Result<never, LinkError> => err(error);

const MALFORMED: LinkError = { kind: 'handshake', reason: 'message' };

/** Wipes a failed handshake's secrets and passes its error on. */
const forgetting =
  (handshake: Handshake) =>
  (error: LinkError): LinkError => {
    handshake.wipe();
    return error;
  };

const readFirst = (
  handshake: Handshake,
  prologue: Uint8Array,
  first: Uint8Array,
): Result<void, LinkError> => {
  if (!equal(first.subarray(0, prologue.length), prologue)) {
    return failure({ kind: 'handshake', reason: 'prologue' });
  }
  const message = handshake.read(first.subarray(prologue.length));
  return message.map(() => undefined).mapErr(() => MALFORMED);
};

/** Reads the second or third message: who the peer is, and what its clock says (seconds). */
const readIdentity = (
  handshake: Handshake,
  message: Uint8Array,
): Result<{ readonly peer: Peer; readonly unixTime: number }, LinkError> =>
  handshake
    .read(message)
    .andThen(decodeAuthenticate)
    .mapErr(() => MALFORMED)
    .andThen(({ ad, unixTime }) => {
      const publicKey = handshake.remoteStatic;
      if (publicKey === undefined) return failure(MALFORMED);
      return ok({ peer: { ad: ad.slice(), publicKey }, unixTime });
    });

const send = (stream: LinkStream, message: Uint8Array): ResultAsync<void, LinkError> =>
  ResultAsync.fromSafePromise<boolean, LinkError>(stream.write(message)).andThen((isThere) =>
    isThere ? ok(undefined) : failure(stream.ending),
  );

const receive = (stream: LinkStream, length: number): ResultAsync<Uint8Array, LinkError> =>
  ResultAsync.fromSafePromise<Uint8Array | undefined, LinkError>(stream.take(length)).andThen(
    (message) => (message === undefined ? failure(stream.ending) : ok(message)),
  );
