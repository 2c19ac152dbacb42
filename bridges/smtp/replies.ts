/**
 * What an SMTP client is told: every refusal's code, enhanced code (RFC 3463) and sentence.
 * @module
 */
import type { Address, SendError } from '../../src/index.js';
import type { ForeignSender } from '../../src/mail/own-sender.js';
import { unsanitisableText } from '../../src/sanitise/sentences.js';

export type Refusal =
  | SendError
  | { readonly kind: 'wrong-password' }
  | { readonly kind: 'too-many-wrong-passwords' }
  /** The envelope's sender is nobody's address here. */
  | { readonly kind: 'foreign-sender' }
  /** The envelope's sender is another's address: another account's, or a recipient's. */
  | { readonly kind: 'others-sender'; readonly sender: Address }
  | ForeignSender
  /** The connection ended within DATA: nobody hears this. */
  | { readonly kind: 'cut' };

export interface Reply {
  readonly code: number;
  /** Begins with the enhanced code. */
  readonly text: string;
}

/** The last word of a bridge that closes. */
export const SHUTTING_DOWN: Reply = { code: 421, text: '4.3.2 Shutting down, try again later' };

/** Follows the code and enhanced code of a mail that is on disk. */
export const ACCEPTED = 'Accepted for the mix network';

/** The same, while the sender's account has no connection to its provider. */
export const ACCEPTED_OFFLINE =
  'Accepted, will leave when the mix network is reachable; it is not at present';

type LoginRefusal = Extract<
  Refusal,
  { readonly kind: 'wrong-password' | 'too-many-wrong-passwords' }
>;

const loginReply = ({ kind }: LoginRefusal): Reply =>
  kind === 'wrong-password'
    ? { code: 535, text: '5.7.8 Wrong user name or password' }
    : { code: 421, text: '4.7.0 Too many wrong passwords' };

/** What is wrong with the mail itself. */
type MailRefusal = Extract<
  Refusal,
  {
    readonly kind:
      | 'bad-mail'
      | 'unsanitisable'
      | 'forbidden-header'
      | 'mail-too-large'
      | 'paths-locked'
      | 'bad-path';
  }
>;

const mailReply = (refusal: MailRefusal): Reply => {
  switch (refusal.kind) {
    case 'bad-mail':
      return { code: 554, text: `5.6.0 The mail is malformed: ${refusal.problem}` };
    case 'unsanitisable':
      return { code: 554, text: `5.6.0 The mail ${unsanitisableText(refusal)}` };
    case 'forbidden-header':
      return { code: 550, text: `5.7.7 The header ${refusal.header} is set by receivers only` };
    case 'mail-too-large':
      return { code: 552, text: `5.3.4 The mail is larger than ${refusal.limit} bytes` };
    case 'paths-locked':
    case 'bad-path':
      return { code: 554, text: '5.7.1 The mail cannot go by the path that was written for it' };
  }
};

/** The sentence for a refusal. */
export const replyTo = (refusal: Refusal): Reply => {
  switch (refusal.kind) {
    case 'wrong-password':
    case 'too-many-wrong-passwords':
      return loginReply(refusal);
    case 'foreign-sender':
    case 'unknown-account':
      return { code: 550, text: '5.7.1 The sender must be the account that you are logged in to' };
    case 'others-sender':
      return { code: 553, text: `5.7.1 <${refusal.sender}> is not the account of this log-in` };
    case 'foreign-from':
      return { code: 550, text: `5.7.1 ${foreignFrom(refusal)}` };
    case 'unknown-recipient':
      return { code: 550, text: `5.1.1 No key is known for <${refusal.recipient}>` };
    case 'unknown-provider':
      return { code: 550, text: `5.1.2 The network has no provider of <${refusal.recipient}>` };
    case 'bad-address':
      return { code: 553, text: `5.1.3 <${refusal.address}> is no usable address` };
    case 'bad-mail':
    case 'unsanitisable':
    case 'forbidden-header':
    case 'mail-too-large':
    case 'paths-locked':
    case 'bad-path':
      return mailReply(refusal);
    case 'store-full':
    case 'store-io':
      return { code: 452, text: '4.3.1 No room to keep the mail, try again later' };
    case 'store-corrupt':
    case 'store-key':
    case 'store-format':
      return { code: 451, text: '4.3.0 The outbox cannot be used' };
    case 'aborted':
    case 'closed':
    case 'store-closed':
    case 'cut':
      return SHUTTING_DOWN;
  }
};

const foreignFrom = ({ field, named }: ForeignSender): string =>
  named === ''
    ? `The header ${field} names nobody`
    : `The header ${field} names ${named}, which is not the account of this log-in`;
