/**
 * Where the parts of a multipart body lie (RFC 2046 §5.1.1).
 * @module
 */
import { utf8 } from '../bytes/text.js';

/** Offsets of a part within its multipart's body; the line end before a delimiter is not its own. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;

/** What a line is to a multipart. */
type Role = 'content' | 'delimiter' | 'close';

/**
 * The parts between the delimiters; what comes before the first and after the last is nobody's.
 *
 * A body that ends without its last delimiter has its last part until the end, as readers take it.
 *
 * @returns `undefined` where there is no delimiter at all
 */
export const splitAt = (body: Uint8Array, boundary: string): readonly Piece[] | undefined => {
  const marker = utf8(`--${boundary}`);
  const pieces: Piece[] = [];
  let open: number | undefined;
  let found = false;
  for (let at = 0; at < body.length;) {
    const end = lineEnd(body, at);
    const role = roleOf(body.subarray(at, end), marker);
    if (role !== 'content') {
      found = true;
      if (open !== undefined) pieces.push({ start: open, end: withoutLineEnd(body, open, at) });
      open = role === 'delimiter' ? end : undefined;
      if (role === 'close') return pieces;
    }
    at = end;
  }
  if (open !== undefined) pieces.push({ start: open, end: body.length });
  return found ? pieces : undefined;
};

const startsWith = (line: Uint8Array, marker: Uint8Array): boolean =>
  line.length >= marker.length && marker.every((byte, at) => line[at] === byte);

const roleOf = (line: Uint8Array, marker: Uint8Array): Role => {
  if (!startsWith(line, marker)) return 'content';
  const rest = line.subarray(marker.length);
  const closes = rest[0] === DASH && rest[1] === DASH;
  return isBlank(closes ? rest.subarray(2) : rest) ? (closes ? 'close' : 'delimiter') : 'content';
};

const isBlank = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR || byte === LF);

const lineEnd = (body: Uint8Array, at: number): number => {
  const end = body.indexOf(LF, at);
  return end < 0 ? body.length : end + 1;
};

const withoutLineEnd = (body: Uint8Array, start: number, at: number): number => {
  if (at <= start || body[at - 1] !== LF) return Math.max(start, at);
  return at - 2 >= start && body[at - 2] === CR ? at - 2 : at - 1;
};
