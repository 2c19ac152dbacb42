/**
 * POP3 responses: one line, or a line and a dot-stuffed body.
 *
 * A mail is written as it is read, so that of the largest one a piece is in memory.
 * @module
 */
import type { Result } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';

/** Response codes of RFC 2449 and RFC 3206. */
export type ResponseCode = 'AUTH' | 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM';

/** The bytes of a mail, piece by piece; an error is the last one. */
export type Pieces = AsyncIterable<Result<Uint8Array, unknown>>;

export type Response =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'refused'; readonly code?: ResponseCode; readonly text: string }
  /** The server's word in an exchange of AUTH. */
  | { readonly kind: 'challenge' }
  | { readonly kind: 'listing'; readonly text: string; readonly lines: readonly string[] }
  | { readonly kind: 'mail'; readonly text: string; readonly mail: Pieces };

export const accept = (text: string): Response => ({ kind: 'ok', text });

export const refuse = (text: string, code?: ResponseCode): Response =>
  code === undefined ? { kind: 'refused', text } : { kind: 'refused', code, text };

const LF = 0x0a;
const DOT = 0x2e;
const CRLF = utf8('\r\n');
const END = utf8('.\r\n');

/** So much of a mail is written at once, at most. */
const PIECE_LENGTH = 64 * 1024;

/** A mail of which the rest cannot be read: what follows can only be the end of the connection. */
export const LOST = Symbol('lost');

/** A response in the pieces in which it is written. */
export async function* encodeResponse(
  response: Response,
): AsyncGenerator<Uint8Array | typeof LOST, void> {
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

/** The last line gets its CR LF where it has none, since only behind one a dot ends the mail. */
async function* encodeBody(mail: Pieces): AsyncGenerator<Uint8Array | typeof LOST, void> {
  let last = CRLF;
  for await (const read of mail) {
    if (read.isErr()) {
      yield LOST;
      return;
    }
    for (const piece of inPieces(read.value)) {
      const stuffed = stuff(piece, last.at(-1) === LF);
      last = concat(last, piece.subarray(-CRLF.length)).slice(-CRLF.length);
      yield stuffed;
    }
  }
  yield equal(last, CRLF) ? END.slice() : concat(CRLF, END);
}

function* inPieces(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += PIECE_LENGTH) {
    yield bytes.subarray(at, at + PIECE_LENGTH);
  }
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
  return parts.length === 0 ? piece : concat(...parts, piece.subarray(from));
};
