/**
 * TOP: the header of a mail and some lines of its body, without reading the rest.
 * @module
 */
import { ok } from 'neverthrow';
import type { Pieces } from './response.js';

const LF = 0x0a;
const CR = 0x0d;

/** What there is of a line so far. */
type Line = 'nothing' | 'cr' | 'text';

/** The header, the empty line and the first `lines` lines of the body. */
export async function* topOf(mail: Pieces, lines: number): Pieces {
  const cut = cutter(lines);
  for await (const piece of mail) {
    if (piece.isErr()) {
      yield piece;
      return;
    }
    const end = cut(piece.value);
    yield ok(piece.value.subarray(0, end));
    if (end !== undefined) return;
  }
}

/** Tells of each piece where in it the top ends; `undefined`: not yet. */
const cutter = (lines: number): ((piece: Uint8Array) => number | undefined) => {
  /** Lines of the body that are still wanted; `undefined` within the header. */
  let left: number | undefined;
  let line: Line = 'nothing';
  return (piece) => {
    for (let at = 0; at < piece.length;) {
      const end = piece.indexOf(LF, at);
      line = extended(line, piece.subarray(at, end < 0 ? undefined : end));
      if (end < 0) return undefined;
      if (left !== undefined) left--;
      else if (line !== 'text') left = lines;
      if (left !== undefined && left <= 0) return end + 1;
      line = 'nothing';
      at = end + 1;
    }
    return undefined;
  };
};

const extended = (line: Line, more: Uint8Array): Line => {
  if (more.length === 0) return line;
  return line === 'nothing' && more.length === 1 && more[0] === CR ? 'cr' : 'text';
};
