/**
 * The ids of an account's mails: what they are here, and what they are to others.
 *
 * An id that a mail program made up here leaves under a pseudonym, which this account alone can
 * compute and which is the same each time: so answers fit together, and nothing has to be kept. An
 * id that came with a received mail is known to others as it is, and stays.
 * @module
 */
import { utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';
import type { Primitives } from '../crypto/primitives.js';
import { newMessageId } from '../mail/tokens.js';
import { isOwnId, type Threads } from '../sanitise/policy.js';

export interface ThreadsDeps {
  readonly primitives: Pick<Primitives, 'hash'>;
  /** X25519, 32 bytes. */
  readonly identitySecret: Uint8Array;
  /** Whether a mail of this id has come to the account. */
  readonly hasReceived: (messageId: string) => boolean;
}

const PSEUDONYM = utf8('postern message-id pseudonym\0');

export const threadsOf = ({ primitives, identitySecret, hasReceived }: ThreadsDeps): Threads => ({
  // One of the form that all sanitised mails have names nothing, whoever's it is.
  isKnown: (id) => isOwnId(id) || hasReceived(id),
  pseudonym: (id) => {
    const digest = primitives.hash.sha512_256(concat(PSEUDONYM, identitySecret, utf8(id)));
    return newMessageId((length) => digest.slice(0, length));
  },
});
