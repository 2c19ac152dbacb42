/**
 * POP3 responses: one line, or a line and a dot-stuffed body.
 * @module
 */
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';

/** Response codes of RFC 2449 and RFC 3206. */
export type ResponseCode = 'AUTH' | 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM';

export type Response =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'refused'; readonly code?: ResponseCode; readonly text: string }
  /** The server's word in an exchange of AUTH. */
  | { readonly kind: 'challenge' }
  | { readonly kind: 'listing'; readonly text: string; readonly lines: readonly string[] }
  | { readonly kind: 'mail'; readonly text: string; readonly mail: Uint8Array };

export const accept = (text: string): Response => ({ kind: 'ok', text });

export const refuse = (text: string, code?: ResponseCode): Response =>
  code === undefined ? { kind: 'refused', text } : { kind: 'refused', code, text };

const LF = 0x0a;
const DOT = 0x2e;
const CRLF = utf8('\r\n');
const END = utf8('.\r\n');

/** So much of a mail is written at once. */
const PIECE_LENGTH = 64 * 1024;

/** A response in the pieces in which it is written. */
export function* encodeResponse(response: Response): Generator<Uint8Array, void> {
  switch (response.kind) {
    case 'ok':
      yield utf8(`+OK ${response.text}\r\n`);
      return;
    case 'refused':
      yield utf8(
        `-ERR ${response.code === undefined ? '' : `[${response.code}] `}${response.text}\r\n`,
      );
      return;
    case 'challenge':
      yield utf8('+ \r\n');
      return;
    case 'listing':
      yield utf8([`+OK ${response.text}`, ...response.lines, '.', ''].join('\r\n'));
      return;
    case 'mail':
      yield utf8(`+OK ${response.text}\r\n`);
      yield* encodeBody(response.mail);
      return;
  }
}

function* encodeBody(mail: Uint8Array): Generator<Uint8Array, void> {
  let lineStart = true;
  for (let at = 0; at < mail.length; at += PIECE_LENGTH) {
    const piece = mail.subarray(at, at + PIECE_LENGTH);
    yield stuff(piece, lineStart);
    lineStart = piece.at(-1) === LF;
  }
  yield lineStart ? END.slice() : concat(CRLF, END);
}

/** Doubles each dot that begins a line. A line begins after any LF: none can end a mail early. */
const stuff = (piece: Uint8Array, lineStart: boolean): Uint8Array => {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = piece.indexOf(DOT); at >= 0; at = piece.indexOf(DOT, at + 1)) {
    if (at === 0 ? !lineStart : piece[at - 1] !== LF) continue;
    parts.push(piece.subarray(from, at + 1));
    from = at;
  }
  return concat(...parts, piece.subarray(from));
};

/** Octets of a mail as it is sent, dots not doubled: its last line is ended if it was not. */
export const octetsOf = (mail: Uint8Array): number =>
  mail.length + (mail.length === 0 || mail.at(-1) === LF ? 0 : CRLF.length);

/** The header, the empty line and the first `lines` lines of the body. */
export const topOf = (mail: Uint8Array, lines: number): Uint8Array => {
  let at = 0;
  let left: number | undefined;
  while (at < mail.length && left !== 0) {
    const end = mail.indexOf(LF, at);
    const next = end < 0 ? mail.length : end + 1;
    if (left !== undefined) left--;
    else if (isEmptyLine(mail.subarray(at, next))) left = lines;
    at = next;
  }
  return mail.subarray(0, at);
};

const isEmptyLine = (line: Uint8Array): boolean =>
  line[0] === LF || (line.length === 2 && line[1] === LF && line[0] === CRLF[0]);
