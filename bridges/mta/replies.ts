/**
 * Replies of mail servers, read line by line.
 *
 * Source: RFC 5321 §4.2, RFC 2034 for enhanced codes.
 * @module
 */

export interface Reply {
  readonly code: number;
  /** As the server said it, lines joined by spaces; begins with its enhanced code if it has one. */
  readonly text: string;
}

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
