/**
 * Exit modules: where received mail goes on from here, such as to a program or a web server.
 *
 * A module says what its section of a configuration may be, and opens an exit by it. An exit is handed
 * one mail at a time, each until it has said `ok` or `no-retry`. After a crash it may be handed one
 * again, whose `id` is the same then.
 * @module
 */
import type { Io, ReceivedMail } from '../../src/index.js';

/** A received mail, whose reader is not the exit's concern. */
export type ExitMail = Omit<ReceivedMail, 'done'>;

/** What became of a mail. */
export type ExitResult =
  /** It is where it should be, durably: nobody else keeps it any more. */
  | { readonly kind: 'ok' }
  /** Not now; or not ever. `reason` goes to the log: a few words, and nothing of the mail. */
  | { readonly kind: 'retry' | 'no-retry'; readonly reason: string };

/**
 * What an exit says of itself, each name in CamelCase. `MaximumSize`, octets, counts: a larger mail
 * is not handed over.
 */
export type Advertised = Readonly<Record<string, string | number>>;

export interface Exit {
  readonly advertised: Advertised;
  /**
   * Hands a mail over; `bytes` is only lent.
   *
   * @param signal - there is no time left: what is not done by now is `retry`
   * @returns never rejects
   */
  deliver(mail: ExitMail, signal: AbortSignal): Promise<ExitResult>;
}

/** What is wrong with a section. */
export interface SectionIssue {
  /** The key, and those in it. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Reads a section, as a schema of zod does. */
export interface SectionSchema<Section> {
  safeParse(
    section: unknown,
  ):
    | { readonly success: true; readonly data: Section }
    | { readonly success: false; readonly error: { readonly issues: readonly SectionIssue[] } };
}

export interface ExitModule<Section = unknown> {
  /** For people and the log, such as `exec`. */
  readonly name: string;
  /** A key that it does not know is an error that names it. */
  readonly section: SectionSchema<Section>;
  /** What is missing on this machine shows when a mail comes, as `retry`. */
  open(section: Section, io: Io): Exit;
}

export const DELIVERED: ExitResult = { kind: 'ok' };

export const later = (reason: string): ExitResult => ({ kind: 'retry', reason });

export const never = (reason: string): ExitResult => ({ kind: 'no-retry', reason });
