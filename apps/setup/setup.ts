/**
 * What to put into the configuration of other people's mail programs, so that they use an account
 * and tell as little as they can: no name and version of theirs, no name of this machine, no zone.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { claws, evolution, kmail, outlook, thunderbird } from './desktop.js';
import { mutt, neomutt } from './mutt.js';
import type { Settings } from './settings.js';
import { aerc, git, msmtp, notmuch } from './terminal.js';

type Write = (settings: Settings) => string;

const WRITERS = {
  mutt,
  neomutt,
  notmuch,
  aerc,
  msmtp,
  thunderbird,
  claws,
  kmail,
  evolution,
  outlook,
  git,
} satisfies Readonly<Record<string, Write>>;

export type MailProgram = keyof typeof WRITERS;

/** Those that have no POP3. */
const READ_MAILDIR: readonly MailProgram[] = ['notmuch', 'aerc'];

/** In the order of the help. */
export const MAIL_PROGRAMS = Object.keys(WRITERS).filter((name) => isMailProgram(name));

function isMailProgram(name: string): name is MailProgram {
  return Object.hasOwn(WRITERS, name);
}

export type SetupError =
  | {
      readonly kind: 'no-such-program';
      readonly program: string;
      readonly known: readonly string[];
    }
  /** The program reads a Maildir, and the account has none. */
  | { readonly kind: 'needs-maildir'; readonly program: string; readonly account: string };

/** The text for one program. */
export const setupFor = (program: string, settings: Settings): Result<string, SetupError> => {
  if (!isMailProgram(program))
    return err({ kind: 'no-such-program', program, known: MAIL_PROGRAMS });
  if (READ_MAILDIR.includes(program) && settings.maildir === undefined) {
    return err({ kind: 'needs-maildir', program, account: settings.address });
  }
  return ok(WRITERS[program](settings));
};
