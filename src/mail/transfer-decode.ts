/**
 * Transfer encodings undone: base64 and quoted-printable as programs write them (RFC 2045 §6).
 * @module
 */
import { fromBase64, fromUtf8 } from '../bytes/text.js';
import { concatAll } from '../bytes/writer.js';

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** Base64 characters decoded at a time: whole quads, so that a large body is never one string. */
const CHUNK = 64 * 1024;

const isSpace = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

const isBase64 = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  byte === 0x2b ||
  byte === 0x2f;

/** Base64 characters without white space and padding; `undefined` where there is anything else. */
const base64Characters = (body: Uint8Array): Uint8Array | undefined => {
  const kept = new Uint8Array(body.length);
  let length = 0;
  let padded = false;
  for (const byte of body) {
    if (isSpace(byte) || byte === CR || byte === LF) continue;
    if (byte === EQUALS) padded = true;
    else if (padded || !isBase64(byte)) return undefined;
    else kept[length++] = byte;
  }
  return kept.subarray(0, length);
};

/** Bytes of base64 in lines of any length, padded or not; `undefined` where it is none. */
export const decodeBase64 = (body: Uint8Array): Uint8Array | undefined => {
  const characters = base64Characters(body);
  if (characters === undefined || characters.length % 4 === 1) return undefined;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < characters.length; at += CHUNK) {
    const text = fromUtf8(characters.subarray(at, at + CHUNK));
    const piece = fromBase64(text.padEnd(Math.ceil(text.length / 4) * 4, '='));
    if (piece === undefined) return undefined;
    pieces.push(piece);
  }
  return concatAll(pieces);
};

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};

/** Where the line at `at` goes on behind white space and its end; `undefined` where it does not. */
const behindBlankEnd = (body: Uint8Array, at: number): number | undefined => {
  let end = at;
  while (isSpace(body[end])) end++;
  if (end === body.length) return end;
  if (body[end] === LF) return end + 1;
  return body[end] === CR && body[end + 1] === LF ? end + 2 : undefined;
};

/** Bytes of quoted-printable; an `=` that means nothing stands for itself, as readers take it. */
export const decodeQuoted = (body: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(body.length);
  let length = 0;
  let at = 0;
  while (at < body.length) {
    const byte = body[at] ?? 0;
    const soft = byte === EQUALS ? behindBlankEnd(body, at + 1) : undefined;
    const [high, low] = [hexDigit(body[at + 1]), hexDigit(body[at + 2])];
    if (soft !== undefined) {
      at = soft;
    } else if (byte === EQUALS && high >= 0 && low >= 0) {
      bytes[length++] = high * 16 + low;
      at += 3;
    } else if (isSpace(byte)) {
      const end = blankRun(body, at);
      if (behindBlankEnd(body, at) === undefined)
        length = copy(bytes, length, body.subarray(at, end));
      at = end;
    } else {
      bytes[length++] = byte;
      at++;
    }
  }
  return bytes.slice(0, length);
};

const blankRun = (body: Uint8Array, at: number): number => {
  let end = at;
  while (isSpace(body[end])) end++;
  return end;
};

const copy = (to: Uint8Array, at: number, bytes: Uint8Array): number => {
  to.set(bytes, at);
  return at + bytes.length;
};

/** Transfer encodings that change nothing. */
export const IDENTITY_ENCODINGS: readonly string[] = ['', '7bit', '8bit', 'binary'];

/**
 * A body without its transfer encoding.
 *
 * @param encoding - in lower case
 * @returns `undefined` for an encoding that is not known, and for base64 that is none
 */
export const decodeTransfer = (body: Uint8Array, encoding: string): Uint8Array | undefined => {
  if (IDENTITY_ENCODINGS.includes(encoding)) return body;
  if (encoding === 'base64') return decodeBase64(body);
  return encoding === 'quoted-printable' ? decodeQuoted(body) : undefined;
};
