/**
 * Local log-in: who may use an account through a listener on this host.
 * @module
 */
import { equal } from '../bytes/compare.js';
import { utf8 } from '../bytes/text.js';

export interface LoginRules {
  /** The generated password of every account, by normalised address; may change while served. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Any password will do, as in the reference; for loopback only. */
  readonly allowAnyPassword?: boolean;
}

/** How long a refusal is held back, against guessing. */
export const WRONG_PASSWORD_DELAY_MS = 1000;

/** So many wrong passwords end a connection. */
export const WRONG_PASSWORDS_MAX = 3;

/**
 * Whether `password` opens the account.
 *
 * Takes the same time for unknown accounts; the passwords are random and of one length, so their
 * length is no secret.
 *
 * @param account - normalised address
 */
export const mayLogIn = (rules: LoginRules, account: string, password: string): boolean => {
  const expected = rules.passwords.get(account);
  // Compared with itself where there is no account: same work, and the result is not used.
  const matches = equal(utf8(password), utf8(expected ?? password));
  return expected !== undefined && (matches || rules.allowAnyPassword === true);
};
