/**
 * Asking a provider for a user's identity key. The answer is as true as the provider.
 *
 * Source: server internal/provider/kaetzchen, its keyserver; key order and escapes are the reference's.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, parseKeyText, utf8 } from '../../bytes/text.js';
import type { AskError, LookupError } from '../types.js';

/** Capability of the service. */
export const KEYSERVER = 'keyserver';

const VERSION = 0;
const MEMBERS = ['PublicKey', 'StatusCode', 'User', 'Version'];
const STATUS = { ok: 0, syntaxError: 1, noSuchUser: 2 } as const;

/** The question. @param user - normalised, since servers look it up as it is */
export const encodeKeyQuestion = (user: string): Uint8Array =>
  utf8(
    JSON.stringify({ User: user, Version: VERSION }).replace(
      /[<>&\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );

export interface KeyQuestion {
  /** Any way of asking the provider. */
  readonly ask: (body: Uint8Array) => ResultAsync<Uint8Array, AskError>;
  /** Normalised. */
  readonly user: string;
  /** Whether this can be anybody's key. */
  readonly isKey: (key: Uint8Array) => boolean;
}

/** Asks for a user's X25519 identity key. @errors as {@link readKeyReply}, and those of asking */
export const lookupKey = ({
  ask,
  user,
  isKey,
}: KeyQuestion): ResultAsync<Uint8Array, LookupError> =>
  ask(encodeKeyQuestion(user))
    .mapErr((error): LookupError => error)
    .andThen((reply) => readKeyReply(reply, user))
    .andThen((key): Result<Uint8Array, LookupError> =>
      isKey(key) ? ok(key) : err({ kind: 'malformed-reply' }),
    );

/**
 * Reads the answer, without the padding behind it.
 *
 * @errors `no-such-user`; `malformed-reply`: another form, another user, another status, no key
 */
export const readKeyReply = (reply: Uint8Array, user: string): Result<Uint8Array, LookupError> => {
  const members = parseMembers(reply);
  if (members === undefined) return err({ kind: 'malformed-reply' });
  if (members.get('StatusCode') === STATUS.noSuchUser) return err({ kind: 'no-such-user', user });
  const text = members.get('PublicKey');
  const isOk = members.get('StatusCode') === STATUS.ok && members.get('User') === user;
  const key = isOk && typeof text === 'string' ? parseKeyText(text) : undefined;
  return key === undefined ? err({ kind: 'malformed-reply' }) : ok(key);
};

const parseMembers = (reply: Uint8Array): ReadonlyMap<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(fromUtf8(reply));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const members = Object.entries(value);
    return members.every(([name]) => MEMBERS.includes(name)) ? new Map(members) : undefined;
  } catch {
    return undefined;
  }
};
