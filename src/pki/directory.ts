/**
 * The directory client: fetches documents from an authority and posts descriptors to it.
 *
 * One connection, one question, one answer. The authority has no link key of its own: it answers
 * with the X25519 form of its identity key. Source: authority v0.0.14.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { equal } from '../bytes/compare.js';
import { onAbort } from '../io/abort.js';
import type { Clock, DialError, Duplex, Network } from '../io/contracts.js';
import type { Command } from '../wire/commands.js';
import type { LinkDeps, LinkError, LinkIdentity, Peer } from '../wire/contracts.js';
import { CONSENSUS_CODE, POST_CODE } from '../wire/directory-commands.js';
import { openLink } from '../wire/link.js';
import type { Epoch } from './epoch.js';
import type { AuthorityRef } from './network.js';

export interface DirectoryDeps {
  readonly network: Network;
  readonly link: LinkDeps;
  readonly authority: AuthorityRef;
  readonly clock: Clock;
  /** Told of our clock minus the authority's, ms, after each handshake. */
  readonly onSkew?: (skewMs: number) => void;
}

/** Why there was no answer. */
export type AskError =
  | DialError
  | LinkError
  /** The configured key is no Ed25519 point. */
  | { readonly kind: 'bad-authority-key' }
  | { readonly kind: 'no-address' }
  | { readonly kind: 'no-answer' }
  /** An answer to another question, or with a code that nobody knows. */
  | { readonly kind: 'unexpected-answer'; readonly command: Command['kind'] }
  | { readonly kind: 'aborted' };

export type FetchError =
  | AskError
  /** A source that needs a session has none. */
  | { readonly kind: 'not-connected' }
  /** There may be one later. */
  | { readonly kind: 'not-found'; readonly epoch: Epoch }
  /** There never will be one. */
  | { readonly kind: 'gone'; readonly epoch: Epoch };

export type PostError =
  | AskError
  | { readonly kind: 'invalid' }
  /** Another descriptor was there first, or the document is made: no use in trying again. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'forbidden' };

/** Where documents can be asked for. */
export interface DocumentSource {
  /** For people. */
  readonly name: string;
  /** The raw document, not verified. */
  fetch(epoch: Epoch, signal: AbortSignal): ResultAsync<Uint8Array, FetchError>;
}

/** Of a handshake, ms. */
const HANDSHAKE_MS = 20_000;
/** Of everything at one address, ms. */
const ADDRESS_MS = 45_000;

const KEY_LENGTH = 32;
const NO_AD = new Uint8Array(0);

/**
 * Asks the authority for a document, under a key that is thrown away.
 *
 * @returns the raw certificate, not verified
 * @errors any {@link FetchError} but `not-connected`
 */
export const fetchDocument = (
  deps: DirectoryDeps,
  epoch: Epoch,
  signal: AbortSignal,
): ResultAsync<Uint8Array, FetchError> => {
  const identity = { ad: NO_AD, secretKey: deps.link.random(KEY_LENGTH) };
  const command = { kind: 'get-consensus', epoch } as const;
  return ask(deps, { identity, command }, signal).andThen((answer) => readDocument(answer, epoch));
};

/**
 * Reads the answer to a GetConsensus, whoever gave it.
 *
 * @errors `not-found`, `gone`, `unexpected-answer`
 */
export const readDocument = (answer: Command, epoch: Epoch): Result<Uint8Array, FetchError> => {
  if (answer.kind !== 'consensus') return unexpected(answer);
  switch (answer.code) {
    case CONSENSUS_CODE.ok:
      return ok(answer.document);
    case CONSENSUS_CODE.notFound:
      return err({ kind: 'not-found', epoch });
    case CONSENSUS_CODE.gone:
      return err({ kind: 'gone', epoch });
    default:
      return unexpected(answer);
  }
};

/**
 * Posts a node's signed descriptor under its identity key.
 *
 * @param post - `seed`: of the node's identity key, 32 bytes; `raw`: the signed descriptor
 * @errors any {@link PostError}
 */
export const postDescriptor = (
  deps: DirectoryDeps,
  post: { readonly seed: Uint8Array; readonly epoch: Epoch; readonly raw: Uint8Array },
  signal: AbortSignal,
): ResultAsync<void, PostError> => {
  const { ed25519 } = deps.link.primitives;
  const identity = {
    ad: ed25519.publicKey(post.seed),
    secretKey: ed25519.toX25519Secret(post.seed),
  };
  const { epoch, raw } = post;
  const command = { kind: 'post-descriptor', epoch, descriptor: raw } as const;
  return ask(deps, { identity, command }, signal).andThen(readStatus);
};

/**
 * Asks a source under a limit of time.
 *
 * @errors any {@link FetchError}; `no-answer` when the time is over
 */
export const fetchWithin = async (
  source: DocumentSource,
  epoch: Epoch,
  limits: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Result<Uint8Array, FetchError>> => {
  const limit = new AbortController();
  const forget = onAbort(limits.signal, () => limit.abort());
  const late = limits.clock
    .sleep(limits.limitMs, limit.signal)
    .then((): Result<Uint8Array, FetchError> => err({ kind: 'no-answer' }));
  const answer = await Promise.race([source.fetch(epoch, limit.signal), late]);
  forget();
  limit.abort();
  return answer;
};

/** The authority itself as a source of documents. */
export const authoritySource = (deps: DirectoryDeps): DocumentSource => ({
  name: 'authority',
  fetch: (epoch, signal) => fetchDocument(deps, epoch, signal),
});

const readStatus = (answer: Command): Result<void, PostError> => {
  if (answer.kind !== 'post-descriptor-status') return unexpected(answer);
  switch (answer.code) {
    case POST_CODE.ok:
      return ok(undefined);
    case POST_CODE.invalid:
      return err({ kind: 'invalid' });
    case POST_CODE.conflict:
      return err({ kind: 'conflict' });
    case POST_CODE.forbidden:
      return err({ kind: 'forbidden' });
    default:
      return unexpected(answer);
  }
};

const unexpected = (answer: Command): Result<never, AskError> =>
  err({ kind: 'unexpected-answer', command: answer.kind });

interface Question {
  readonly identity: LinkIdentity;
  readonly command: Command;
}

const ask = (
  deps: DirectoryDeps,
  question: Question,
  signal: AbortSignal,
): ResultAsync<Command, AskError> => new ResultAsync(askAnywhere(deps, question, signal));

/** One address after another until one answers, whatever the answer is. */
const askAnywhere = async (
  deps: DirectoryDeps,
  question: Question,
  signal: AbortSignal,
): Promise<Result<Command, AskError>> => {
  const { publicKey, addresses } = deps.authority;
  const linkKey = deps.link.primitives.ed25519.toX25519Public(publicKey);
  if (linkKey === undefined) return err({ kind: 'bad-authority-key' });
  const authority = { ad: publicKey, publicKey: linkKey };
  let failure: AskError = { kind: 'no-address' };
  for (const address of addresses) {
    if (signal.aborted) return err({ kind: 'aborted' });
    const answer = await askAt(deps, { ...question, authority, address }, signal);
    if (answer.isOk()) return answer;
    failure = answer.error;
  }
  return err(failure);
};

/** One address, under one limit of time; nothing stays open. */
const askAt = async (
  deps: DirectoryDeps,
  question: Question & { readonly authority: Peer; readonly address: string },
  signal: AbortSignal,
): Promise<Result<Command, AskError>> => {
  const attempt = new AbortController();
  const forget = onAbort(signal, () => attempt.abort());
  void deps.clock.sleep(ADDRESS_MS, attempt.signal).then(() => attempt.abort());
  const answer = await deps.network.dial(question.address, attempt.signal).andThen((duplex) => {
    onAbort(attempt.signal, () => duplex.destroy());
    return converse(deps, duplex, question);
  });
  const wasCut = attempt.signal.aborted;
  forget();
  attempt.abort();
  if (answer.isOk() || !wasCut) return answer;
  return err({ kind: signal.aborted ? 'aborted' : 'no-answer' });
};

const converse = (
  deps: DirectoryDeps,
  duplex: Duplex,
  { identity, command, authority }: Question & { readonly authority: Peer },
): ResultAsync<Command, LinkError> =>
  openLink(deps.link, duplex, {
    identity,
    authenticate: (peer) =>
      equal(peer.ad, authority.ad) && equal(peer.publicKey, authority.publicKey),
    deadlineMs: HANDSHAKE_MS,
  }).andThen((session) => {
    if (session.skewMs !== undefined) deps.onSkew?.(session.skewMs);
    return session
      .send(command)
      .andThen(() => session.receive())
      .map((answer) => {
        session.close();
        return answer;
      });
  });
