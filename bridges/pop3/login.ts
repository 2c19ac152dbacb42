/**
 * Logging in to a mailbox by USER and PASS or AUTH PLAIN (RFC 4616).
 * @module
 */
import { err, type Result } from 'neverthrow';
import { fromBase64, fromUtf8 } from '../../src/bytes/text.js';
import { mayLogIn, WRONG_PASSWORD_DELAY_MS, type LoginRules } from '../../src/control/login.js';
import type { Clock } from '../../src/io/contracts.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { openMailbox, type Mailbox, type OpenMailboxError, type Source } from './mailbox.js';
import { refuse, type Response } from './response.js';

export interface LoginDeps {
  readonly source: Source;
  readonly login: LoginRules;
  readonly clock: Clock;
}

export interface Credentials {
  /** The whole address, in any case. */
  readonly user: string;
  readonly password: string;
}

export type LoginError = { readonly kind: 'wrong-password' } | OpenMailboxError;

/** Opens the mailbox of whoever knows its password; a wrong one is answered late. */
export const logIn = async (
  { source, login, clock }: LoginDeps,
  { user, password }: Credentials,
): Promise<Result<Mailbox, LoginError>> => {
  const account = normaliseAddress(user);
  if (account.isOk() && mayLogIn(login, account.value.address, password)) {
    return openMailbox(source, account.value.address);
  }
  await clock.sleep(WRONG_PASSWORD_DELAY_MS);
  return err({ kind: 'wrong-password' });
};

/** The credentials in a PLAIN message; `undefined` when it is none, or asks for another account. */
export const readPlain = (token: string): Credentials | undefined => {
  const bytes = fromBase64(token);
  const parts = bytes === undefined ? [] : fromUtf8(bytes).split('\0');
  const [as, user, password] = parts;
  if (parts.length !== 3 || user === undefined || password === undefined) return undefined;
  return as === '' || as === user ? { user, password } : undefined;
};

export const refuseLogin = (error: LoginError): Response => {
  switch (error.kind) {
    case 'wrong-password':
      return refuse('Wrong user name or password', 'AUTH');
    case 'in-use':
      return refuse('Another session has this mailbox open', 'IN-USE');
    case 'unknown-account':
    case 'unknown-reader':
    case 'no-such-mail':
      return refuse('There is no such mailbox', 'SYS/PERM');
    case 'closed':
    case 'store-full':
    case 'store-io':
    case 'store-corrupt':
    case 'store-key':
    case 'store-format':
    case 'store-closed':
      return refuse('The mailbox cannot be opened now', 'SYS/TEMP');
  }
};
