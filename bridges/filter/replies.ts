/**
 * What the mail program is told: the upstream's replies, and ours where it has none.
 * @module
 */
import { unsanitisableText } from '../../src/sanitise/sentences.js';
import type { SanitiseError } from '../../src/sanitise/sanitise.js';
import type { Reply } from '../mta/replies.js';

/** Why there is no upstream. */
export type UpstreamError =
  | { readonly kind: 'unreachable' }
  /** It would have to be told the password where others can read it. */
  | { readonly kind: 'no-tls' }
  | { readonly kind: 'log-in'; readonly reply: Reply }
  | { readonly kind: 'greeting'; readonly reply: Reply };

export type FilterError =
  UpstreamError | SanitiseError | { readonly kind: 'mail-too-large'; readonly limit: number };

/** What the mail program is told. */
export const replyFor = (error: FilterError): Reply => {
  switch (error.kind) {
    case 'unreachable':
      return { code: 451, text: '4.4.1 The server behind this filter does not answer' };
    case 'no-tls':
      return {
        code: 454,
        text: '4.7.0 The server behind this filter has no TLS, or no valid certificate',
      };
    case 'log-in':
      return {
        code: 451,
        text: `4.7.0 The server behind this filter refuses our log-in: ${error.reply.text}`,
      };
    case 'greeting':
      return error.reply;
    case 'bad-mail':
      return {
        code: 554,
        text: `5.6.0 The mail is malformed: ${error.problem}, line ${error.line}`,
      };
    case 'unsanitisable':
      return { code: 554, text: `5.6.0 The mail ${unsanitisableText(error)}` };
    case 'mail-too-large':
      return { code: 552, text: `5.3.4 The mail is larger than ${error.limit} bytes` };
  }
};
