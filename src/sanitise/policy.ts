/**
 * What an account wants of its sanitiser, and the world that it works in.
 * @module
 */
import type { Random } from '../io/contracts.js';

/** A field that leaves only where the account says so. */
export type KeptField =
  | 'Reply-To'
  | 'Autocrypt'
  | 'Auto-Submitted'
  | 'List-Id'
  | 'List-Unsubscribe'
  | 'X-Katzenpost-Unreliable';

/** The name in From: as written, none, or always the same. */
export type DisplayName =
  | { readonly kind: 'keep' }
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly text: string };

export interface SanitisePolicy {
  /** `headers`: the top-level header alone, every byte of the body stays; `full`: the whole mail. */
  readonly mode: 'headers' | 'full';
  /**
   * The account's own addresses, the main one first: From names one of them, or becomes the main
   * one. Where there is none, From keeps its address.
   */
  readonly addresses?: readonly string[];
  /** Default: keep. */
  readonly displayName?: DisplayName;
  readonly keep?: readonly KeptField[];
  /** Date is cut down to a multiple of this; default, and least, a minute. */
  readonly dateStepMs?: number;
  /** Whether descriptions within JPEG and PNG images are taken out; default `keep`. */
  readonly images?: 'keep' | 'strip';
  /**
   * What becomes of a body that cannot have the normal form without being broken; default `refuse`.
   * `send`: its header gets the normal form, and the body leaves as it is.
   */
  readonly unsanitisable?: 'refuse' | 'send';
  /** Words that must not be said, such as the names of this host and of its user. */
  readonly secrets?: readonly string[];
}

/** The ids of mails that an account knows, so that threads stay together. */
export interface Threads {
  /** Whether a mail of this id was received through us, so that others know it already. */
  isKnown(id: string): boolean;
  /**
   * What any other id leaves as, the same each time; `undefined`: it does not leave, and a mail that
   * has it gets a random one.
   */
  pseudonym(id: string): string | undefined;
}

/** What the sender's clock, chance and memory give to a mail. */
export interface Maker {
  readonly nowMs: number;
  readonly random: Random;
  /** Default: nothing is known but ids of our own form, which say nothing about anybody. */
  readonly threads?: Threads;
}

const OWN_ID = /^<[0-9a-f]{32}@anonymous\.invalid>$/;

/** Whether a Message-ID is of the form that every sanitised mail has: random, at a constant domain. */
export const isOwnId = (id: string): boolean => OWN_ID.test(id);

/** For who keeps no memory of ids. */
export const NO_THREADS: Threads = { isKnown: isOwnId, pseudonym: () => undefined };
