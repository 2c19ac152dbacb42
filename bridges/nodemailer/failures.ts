/**
 * What a program that uses nodemailer is told: an error, as every transport of it gives one.
 * @module
 */
import type { SendError } from '../../src/index.js';
import { unsanitisableText } from '../../src/sanitise/sentences.js';

/** Nodemailer's codes: of envelopes, of messages, of aborted sends, of everything else. */
export type TransportCode = 'EENVELOPE' | 'EMESSAGE' | 'EABORT' | 'ESOCKET';

/** Why nothing was sent to anybody. */
export interface TransportError extends Error {
  readonly code: TransportCode;
  /** The client's own word for it, with its facts. */
  readonly reason: SendError | { readonly kind: 'no-recipient' };
}

/** The error for a refusal. */
export const failureOf = (reason: TransportError['reason']): TransportError => {
  const { code, text } = describe(reason);
  return Object.assign(new Error(text), { code, reason });
};

const describe = (
  reason: TransportError['reason'],
): { readonly code: TransportCode; readonly text: string } => {
  switch (reason.kind) {
    case 'no-recipient':
      return { code: 'EENVELOPE', text: 'the mail has no recipient' };
    case 'unknown-account':
      return { code: 'EENVELOPE', text: `there is no account ${reason.account}` };
    case 'unknown-recipient':
      return { code: 'EENVELOPE', text: `no key is known for ${reason.recipient}` };
    case 'unknown-provider':
      return { code: 'EENVELOPE', text: `the network has no provider of ${reason.recipient}` };
    case 'bad-address':
      return { code: 'EENVELOPE', text: `this is no usable address: ${reason.address}` };
    case 'bad-mail':
      return { code: 'EMESSAGE', text: `the mail is malformed: ${reason.problem}` };
    case 'forbidden-header':
      return { code: 'EMESSAGE', text: `the header ${reason.header} is set by receivers only` };
    case 'mail-too-large':
      return { code: 'EMESSAGE', text: `the mail has more than ${reason.limit} bytes` };
    case 'unsanitisable':
      return { code: 'EMESSAGE', text: `the mail ${unsanitisableText(reason)}` };
    case 'paths-locked':
    case 'bad-path':
      return { code: 'EENVELOPE', text: 'the mail cannot go by the path that was written for it' };
    case 'aborted':
      return { code: 'EABORT', text: 'the send was aborted before anything was queued' };
    case 'closed':
    case 'store-closed':
      return { code: 'ESOCKET', text: 'the client is closed' };
    case 'store-full':
      return { code: 'ESOCKET', text: 'the disk is full: nothing was stored' };
    case 'store-io':
    case 'store-corrupt':
    case 'store-key':
    case 'store-format':
      return { code: 'ESOCKET', text: 'the outbox cannot be used' };
  }
};
