/**
 * A proof of work: a number that makes a hash begin with so many zero bits, as in hashcash.
 *
 * SHA-256 over `challenge:name:number`, so that a proof is for one challenge and one name.
 * @module
 */
import { utf8 } from '../bytes/text.js';
import type { Hashes } from './primitives.js';

export interface Puzzle {
  /** Made by whoever asks for the work. */
  readonly challenge: string;
  /** Whom it is done for. */
  readonly name: string;
  /** Leading zero bits; each more doubles the work. */
  readonly bits: number;
}

/** Asked for by nobody who is in their senses: minutes of a fast machine. */
export const MOST_PROOF_BITS = 28;
/** A number in decimal. */
const PROOF = /^\d{1,15}$/;
/** Hashes between two breaths: some milliseconds. */
const ROUND = 4096;

/** Whether `proof` solves the puzzle. */
export const isProof = (
  { sha256 }: Pick<Hashes, 'sha256'>,
  { challenge, name, bits }: Puzzle,
  proof: string,
): boolean =>
  PROOF.test(proof) && leadingZeros(sha256(utf8(`${challenge}:${name}:${proof}`))) >= bits;

/**
 * Looks for a proof; some 2^bits hashes.
 *
 * @param breathe - lets others go on, now and then
 * @returns `undefined` when `signal` was aborted first
 */
export const findProof = async (
  hash: Pick<Hashes, 'sha256'>,
  puzzle: Puzzle,
  { breathe, signal }: { readonly breathe: () => Promise<void>; readonly signal: AbortSignal },
): Promise<string | undefined> => {
  for (let number = 0; ; number++) {
    if (number % ROUND === 0) await breathe();
    if (signal.aborted) return undefined;
    if (isProof(hash, puzzle, String(number))) return String(number);
  }
};

const leadingZeros = (digest: Uint8Array): number => {
  const first = digest.findIndex((byte) => byte !== 0);
  return first < 0 ? digest.length * 8 : first * 8 + Math.clz32(digest[first] ?? 0) - 24;
};
