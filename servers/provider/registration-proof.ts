/**
 * Challenges for the proof of work of a registration: made and checked without remembering any, but
 * for those that were solved.
 *
 * A challenge is `expiry.nonce.tag`; the tag is an HMAC under a key that lives as long as the
 * process, so a restart makes all of them void.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { fromHex, toHex, utf8 } from '../../src/bytes/text.js';
import { isProof } from '../../src/crypto/proof-of-work.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Clock, Random } from '../../src/io/contracts.js';

export interface ProofDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly primitives: Pick<Primitives, 'hash' | 'hmacSha256'>;
}

/** What a newcomer brings. */
export interface Proof {
  readonly challenge: string;
  readonly proof: string;
  readonly name: string;
}

const CHALLENGE_MS = 600_000;
const KEY_LENGTH = 32;
const NONCE_LENGTH = 16;
const CHALLENGE = /^(\d{1,15})\.[0-9a-f]{32}\.([0-9a-f]{64})$/;

export class ProofDesk {
  readonly #deps: ProofDeps;
  readonly #bits: number;
  readonly #key: Uint8Array;
  /** Challenges that were solved, until they expire; each has cost somebody the work. */
  readonly #spent = new Map<string, number>();

  constructor(deps: ProofDeps, bits: number) {
    this.#deps = deps;
    this.#bits = bits;
    this.#key = deps.random(KEY_LENGTH);
  }

  /** Asks for the work: `proof-of-work BITS CHALLENGE`. */
  ask(): string {
    const expiry = this.#deps.clock.now() + CHALLENGE_MS;
    const body = `${expiry}.${toHex(this.#deps.random(NONCE_LENGTH))}`;
    return `proof-of-work ${this.#bits} ${body}.${toHex(this.#tag(body))}`;
  }

  /** Whether the work was done, for this name, in time, and is used for the first time. */
  take({ challenge, proof, name }: Proof): boolean {
    const [, expiry = '', tag = ''] = CHALLENGE.exec(challenge) ?? [];
    const expected = this.#tag(challenge.slice(0, -tag.length - 1));
    if (!equal(expected, fromHex(tag) ?? new Uint8Array(0))) return false;
    const now = this.#deps.clock.now();
    if (Number(expiry) < now || this.#spent.has(challenge)) return false;
    const puzzle = { challenge, name, bits: this.#bits };
    if (!isProof(this.#deps.primitives.hash, puzzle, proof)) return false;
    this.#forgetExpired(now);
    this.#spent.set(challenge, Number(expiry));
    return true;
  }

  #tag(body: string): Uint8Array {
    return this.#deps.primitives.hmacSha256(this.#key, utf8(body));
  }

  #forgetExpired(now: number): void {
    for (const [challenge, expiry] of this.#spent) {
      if (expiry < now) this.#spent.delete(challenge);
    }
  }
}
