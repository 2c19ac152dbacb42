/**
 * Commands between anybody and a directory authority, and between authorities.
 *
 * Layout and codes: core wire/commands/commands.go of v0.0.12.
 * @module
 */
import type { Reader } from '../bytes/reader.js';
import type { Writer } from '../bytes/writer.js';
import { COMMAND_ID, commandWriter } from './command-header.js';

export interface GetConsensus {
  readonly kind: 'get-consensus';
  readonly epoch: number;
}

export interface Consensus {
  readonly kind: 'consensus';
  /** One of {@link CONSENSUS_CODE}, or a code that we do not know. */
  readonly code: number;
  /** The raw certificate; empty unless the code is ok. */
  readonly document: Uint8Array;
}

export interface PostDescriptor {
  readonly kind: 'post-descriptor';
  readonly epoch: number;
  /** The raw certificate. */
  readonly descriptor: Uint8Array;
}

/** A vote, a finished signature, or a reveal: the authority's key and what it says. */
interface Ballot {
  readonly epoch: number;
  /** Ed25519 identity key of the sender, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly payload: Uint8Array;
}

export interface Vote extends Ballot {
  readonly kind: 'vote';
}

export interface Reveal extends Ballot {
  readonly kind: 'reveal';
}

export interface GetVote {
  readonly kind: 'get-vote';
  readonly epoch: number;
  readonly publicKey: Uint8Array;
}

/** Answers of one code: see {@link POST_CODE}, {@link VOTE_CODE} and {@link REVEAL_CODE}. */
export interface Status {
  readonly kind: 'post-descriptor-status' | 'vote-status' | 'reveal-status';
  readonly code: number;
}

export type DirectoryCommand =
  GetConsensus | Consensus | PostDescriptor | Vote | Reveal | GetVote | Status;

/** `notFound` may appear later, `gone` never will. */
export const CONSENSUS_CODE = { ok: 0, notFound: 1, gone: 2 } as const;

export const POST_CODE = { ok: 0, invalid: 1, conflict: 2, forbidden: 3 } as const;

export const VOTE_CODE = {
  ok: 0,
  tooLate: 1,
  tooEarly: 2,
  notAuthorised: 3,
  notSigned: 4,
  malformed: 5,
  alreadyReceived: 6,
  notFound: 7,
} as const;

/** Counted on from the vote's codes, so that success is not 0. */
export const REVEAL_CODE = {
  ok: 8,
  tooEarly: 9,
  notAuthorised: 10,
  alreadyReceived: 11,
  tooLate: 12,
} as const;

const EPOCH_LENGTH = 8;
const CODE_LENGTH = 1;
const PUBLIC_KEY_LENGTH = 32;

const STATUS_ID = {
  'post-descriptor-status': COMMAND_ID.postDescriptorStatus,
  'vote-status': COMMAND_ID.voteStatus,
  'reveal-status': COMMAND_ID.revealStatus,
} as const;

/** A command whose body begins with an epoch, and has `restLength` bytes behind it. */
const epochWriter = (id: number, epoch: number, restLength: number): Writer =>
  commandWriter(id, EPOCH_LENGTH + restLength).u64(epoch);

const encodeBallot = (id: number, ballot: Ballot): Uint8Array =>
  epochWriter(id, ballot.epoch, PUBLIC_KEY_LENGTH + ballot.payload.length)
    .bytes(ballot.publicKey)
    .bytes(ballot.payload)
    .done();

/** Whole commands. */
export const encodeDirectoryCommand = (command: DirectoryCommand): Uint8Array => {
  switch (command.kind) {
    case 'get-consensus':
      return epochWriter(COMMAND_ID.getConsensus, command.epoch, 0).done();
    case 'consensus':
      return commandWriter(COMMAND_ID.consensus, CODE_LENGTH + command.document.length)
        .u8(command.code)
        .bytes(command.document)
        .done();
    case 'post-descriptor':
      return epochWriter(COMMAND_ID.postDescriptor, command.epoch, command.descriptor.length)
        .bytes(command.descriptor)
        .done();
    case 'vote':
      return encodeBallot(COMMAND_ID.vote, command);
    case 'reveal':
      return encodeBallot(COMMAND_ID.reveal, command);
    case 'get-vote':
      return epochWriter(COMMAND_ID.getVote, command.epoch, PUBLIC_KEY_LENGTH)
        .bytes(command.publicKey)
        .done();
    case 'post-descriptor-status':
    case 'vote-status':
    case 'reveal-status':
      return commandWriter(STATUS_ID[command.kind], CODE_LENGTH).u8(command.code).done();
  }
};

export const readGetConsensus = (from: Reader): GetConsensus => ({
  kind: 'get-consensus',
  epoch: from.u64('epoch'),
});

export const readConsensus = (from: Reader): Consensus => ({
  kind: 'consensus',
  code: from.u8('error_code'),
  document: from.rest(),
});

export const readPostDescriptor = (from: Reader): PostDescriptor => ({
  kind: 'post-descriptor',
  epoch: from.u64('epoch'),
  descriptor: from.rest(),
});

const readBallot = (from: Reader): Ballot => ({
  epoch: from.u64('epoch'),
  publicKey: from.take(PUBLIC_KEY_LENGTH, 'public_key'),
  payload: from.rest(),
});

export const readVote = (from: Reader): Vote => ({ kind: 'vote', ...readBallot(from) });

export const readReveal = (from: Reader): Reveal => ({ kind: 'reveal', ...readBallot(from) });

export const readGetVote = (from: Reader): GetVote => ({
  kind: 'get-vote',
  epoch: from.u64('epoch'),
  publicKey: from.take(PUBLIC_KEY_LENGTH, 'public_key'),
});

export const readStatus = (kind: Status['kind'], from: Reader): Status => ({
  kind,
  code: from.u8('error_code'),
});
