/**
 * What lies beside a file that was refused, for the person who dropped it.
 * @module
 */
import { unsanitisableText } from '../../src/sanitise/sentences.js';
import type { DropError } from './outgoing.js';

/** The sentence for a refusal; `undefined`: not refused, it is tried again later. */
export const reasonFor = (error: DropError): string | undefined => {
  switch (error.kind) {
    case 'no-recipient':
      return 'The mail has no recipient in To, Cc or Bcc.';
    case 'foreign-sender':
      return 'The mail is not from the account that this folder belongs to.';
    case 'no-plain-file':
      return 'This is not a plain file.';
    case 'unknown-recipient':
      return `No key is known for ${error.recipient}.`;
    case 'unknown-provider':
      return `The network has no provider of ${error.recipient}.`;
    case 'bad-address':
      return `This is no usable address: ${error.address}`;
    case 'bad-mail':
      return `The mail is malformed: ${error.problem}`;
    case 'paths-locked':
    case 'bad-path':
      return 'The mail cannot go by the path that was written for it.';
    case 'unsanitisable':
      return `The mail ${unsanitisableText(error)}.`;
    case 'forbidden-header':
      return `The header ${error.header} is set by receivers only.`;
    case 'mail-too-large':
      return `The mail has ${error.size} bytes; at most ${error.limit} can be sent.`;
    // The account was removed while the file lay here: it stays for when it comes back.
    case 'unknown-account':
    case 'aborted':
    case 'closed':
    case 'store-full':
    case 'store-io':
    case 'store-corrupt':
    case 'store-key':
    case 'store-format':
    case 'store-closed':
      return undefined;
  }
};
