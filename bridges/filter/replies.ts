/**
 * Replies of SMTP servers: read line by line, and ours where the upstream has none.
 * @module
 */
import { unsanitisableText } from '../../src/sanitise/sentences.js';
import type { SanitiseError } from '../../src/sanitise/sanitise.js';

export interface Reply {
  readonly code: number;
  /** As the server said it, lines joined by spaces; begins with its enhanced code if it has one. */
  readonly text: string;
}

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

export const isRefusal = ({ code }: Reply): boolean => code >= 400;

/** More than this of one reply nobody says. */
const MAX_REPLY = 16 * 1024;

/** Puts pieces of text together to replies. */
export const replyReader = (): ((piece: string) => readonly Reply[] | 'malformed') => {
  let held = '';
  let lines: string[] = [];
  return (piece) => {
    held += piece;
    const replies: Reply[] = [];
    for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
      const [whole, digits = '', mark, text = ''] =
        /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(held.slice(0, end).replace(/\r$/, '')) ?? [];
      held = held.slice(end + 1);
      if (whole === undefined) return 'malformed';
      lines.push(text);
      if (mark === '-') continue;
      replies.push({ code: Number(digits), text: lines.join(' ').replace(/[^\x20-\x7e]/g, '?') });
      lines = [];
    }
    return held.length + lines.join('').length > MAX_REPLY ? 'malformed' : replies;
  };
};
