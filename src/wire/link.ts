/**
 * Links: an authenticated session over any byte stream, from the calling and from the called end.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Duplex } from '../io/contracts.js';
import type { LinkDeps, LinkError, LinkIdentity, Peer, Session } from './contracts.js';
import { initiate, respond, type Established } from './handshake.js';
import { makeSession } from './session.js';
import { LinkStream } from './stream.js';

/** How to call. */
export interface OpenOptions {
  readonly identity: LinkIdentity;
  /** Whether this is whom we called; a refused peer never learns who we are. */
  readonly authenticate: (peer: Peer) => boolean;
  /** For the whole handshake, up to the responder's NoOp, ms. */
  readonly deadlineMs: number;
}

/** How to be called. */
export interface AcceptOptions {
  readonly identity: LinkIdentity;
  /** Whether this peer may come in; one that may not sees the connection end. */
  readonly authenticate: (peer: Peer) => boolean | Promise<boolean>;
  /** For the whole handshake, `authenticate` included, ms. */
  readonly deadlineMs: number;
}

/**
 * Calls a peer over a fresh connection, which is dropped whenever this fails.
 *
 * @returns a session whose peer has accepted us: its first NoOp has come
 * @errors `handshake`, `not-authenticated`, `deadline`, `link-ended`, and those of a first frame
 */
export const openLink = (
  deps: LinkDeps,
  duplex: Duplex,
  options: OpenOptions,
): ResultAsync<Session, LinkError> =>
  establish(new LinkStream(duplex, deps.clock), options.deadlineMs, (stream) =>
    initiate(deps, stream, options)
      .map((established) => begin(deps, stream, established))
      .andThen((session) => firstNoOp(session).map(() => session)),
  );

/**
 * Answers a peer that has just connected; the connection is dropped whenever this fails.
 *
 * @returns a session that has sent its NoOp
 * @errors `handshake`, `not-authenticated`, `deadline`, `link-ended`
 */
export const acceptLink = (
  deps: LinkDeps,
  duplex: Duplex,
  options: AcceptOptions,
): ResultAsync<Session, LinkError> =>
  establish(new LinkStream(duplex, deps.clock), options.deadlineMs, (stream) =>
    respond(deps, stream, options)
      .map((established) => begin(deps, stream, established))
      .andThen((session) => session.send({ kind: 'no-op' }).map(() => session)),
  );

const begin = (deps: LinkDeps, stream: LinkStream, established: Established): Session =>
  makeSession({ geometry: deps.geometry, stream, ...established });

/** Reads what says that the responder has accepted us; a responder that has not just closes. */
const firstNoOp = (session: Session): ResultAsync<void, LinkError> =>
  session
    .receive()
    .mapErr((error): LinkError =>
      error.kind === 'link-ended' ? { kind: 'handshake', reason: 'refused' } : error,
    )
    .andThen((command): Result<void, LinkError> => {
      if (command.kind === 'no-op') return ok(undefined);
      session.close();
      return err({ kind: 'handshake', reason: 'no-op' });
    });

/** Runs a handshake under one deadline; whatever goes wrong, nothing stays open. */
const establish = (
  stream: LinkStream,
  deadlineMs: number,
  shake: (stream: LinkStream) => ResultAsync<Session, LinkError>,
): ResultAsync<Session, LinkError> => {
  const disarm = stream.cutAfter(deadlineMs, { kind: 'deadline', phase: 'handshake' });
  return new ResultAsync(settle(shake(stream), stream, disarm));
};

const settle = async (
  shaken: ResultAsync<Session, LinkError>,
  stream: LinkStream,
  disarm: () => void,
): Promise<Result<Session, LinkError>> => {
  let established = false;
  try {
    const result = await shaken;
    established = result.isOk();
    return result;
  } finally {
    disarm();
    if (!established) stream.destroy();
  }
};
