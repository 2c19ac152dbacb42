/**
 * Transfer encodings of MIME parts: base64 and quoted-printable (RFC 2045 §6), and plain text.
 * @module
 */
import { toBase64, utf8 } from '../bytes/text.js';
import { concatAll } from '../bytes/writer.js';

/** A part's bytes as they stand in the mail, ended by CRLF, and the name of how they got there. */
export interface EncodedBody {
  readonly encoding: '7bit' | '8bit' | 'quoted-printable' | 'base64';
  readonly bytes: Uint8Array;
}

/** Bytes that make one base64 line of 76 characters. */
const BASE64_INPUT = 57;
/** Bytes encoded at a time, so that a large attachment never becomes one giant string. */
const BASE64_CHUNK = BASE64_INPUT * 1024;
const QUOTED_LINE = 75;
const MAX_LINE = 998;

/** Base64 in lines of 76 characters. */
export const encodeBase64 = (content: Uint8Array): EncodedBody => {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += BASE64_CHUNK) {
    const text = toBase64(content.subarray(at, at + BASE64_CHUNK));
    chunks.push(utf8(text.replace(/.{1,76}/g, '$&\r\n')));
  }
  return { encoding: 'base64', bytes: concatAll(chunks) };
};

const PLAIN_LINE = /^[\t\x20-\x7e]*$/;
const WIDE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

const linesOf = (text: string): readonly string[] =>
  text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);

const isPlain = (line: string): boolean => line.length <= MAX_LINE && PLAIN_LINE.test(line);

const isWide = (line: string): boolean =>
  WIDE_LINE.test(line.replaceAll('\t', '')) && utf8(line).length <= MAX_LINE;

const withLineEnds = (lines: readonly string[]): Uint8Array =>
  utf8(lines.map((line) => `${line}\r\n`).join(''));

/** Text as it is where short ASCII lines allow, else quoted-printable; line ends become CRLF. */
export const encodeText = (text: string): EncodedBody => {
  const lines = linesOf(text);
  return lines.every(isPlain)
    ? { encoding: '7bit', bytes: withLineEnds(lines) }
    : { encoding: 'quoted-printable', bytes: withLineEnds(lines.map(quoteLine)) };
};

/** The same, with other letters as they are too: their text does not grow. */
export const encodeWideText = (text: string): EncodedBody => {
  const lines = linesOf(text);
  if (lines.every(isPlain) || !lines.every(isWide)) return encodeText(text);
  return { encoding: '8bit', bytes: withLineEnds(lines) };
};

const LF = 0x0a;
const CR = 0x0d;

/**
 * Bytes of text, in whatever charset, as quoted-printable.
 *
 * It ends in a line end also where the text does not, since some readers lose a last line without.
 */
export const encodeQuoted = (text: Uint8Array): EncodedBody => {
  const rows: Uint8Array[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(LF, at);
    const stop = end < 0 ? text.length : end;
    const line = text.subarray(at, end > at && text[end - 1] === CR ? end - 1 : stop);
    rows.push(utf8(`${quoteBytes(line)}${end < 0 ? '=' : ''}\r\n`));
    at = stop + 1;
  }
  return { encoding: 'quoted-printable', bytes: concatAll(rows) };
};

const quoteLine = (line: string): string => quoteBytes(utf8(line));

const quoteBytes = (line: Uint8Array): string => {
  const rows: string[] = [];
  let row = '';
  for (const unit of quoteUnits(line)) {
    if (row.length + unit.length > QUOTED_LINE) {
      rows.push(`${row}=`);
      row = '';
    }
    row += unit;
  }
  return [...rows, row].join('\r\n');
};

/** A line's bytes, each as itself or as `=XX`; white space at the end is never left bare. */
const quoteUnits = (bytes: Uint8Array): readonly string[] =>
  Array.from(bytes, (byte, at) => {
    const space = byte === 0x20 || byte === 0x09;
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x3d;
    if (plain || (space && at < bytes.length - 1)) return String.fromCharCode(byte);
    return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
