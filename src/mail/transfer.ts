/**
 * Transfer encodings of MIME parts: base64 and quoted-printable (RFC 2045 §6), and plain text.
 * @module
 */
import { toBase64, utf8 } from '../bytes/text.js';
import { concat } from '../bytes/writer.js';

/** A part's bytes as they stand in the mail, ended by CRLF, and the name of how they got there. */
export interface EncodedBody {
  readonly encoding: '7bit' | 'quoted-printable' | 'base64';
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
  return { encoding: 'base64', bytes: concat(...chunks) };
};

/** Text as it is where short ASCII lines allow, else quoted-printable; line ends become CRLF. */
export const encodeText = (text: string): EncodedBody => {
  const lines = text.replace(/(?:\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/);
  const plain = lines.every((line) => line.length <= MAX_LINE && /^[\t\x20-\x7e]*$/.test(line));
  const written = plain ? lines : lines.map(quoteLine);
  return {
    encoding: plain ? '7bit' : 'quoted-printable',
    bytes: utf8(written.map((line) => `${line}\r\n`).join('')),
  };
};

const quoteLine = (line: string): string => {
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
const quoteUnits = (line: string): readonly string[] => {
  const bytes = utf8(line);
  return Array.from(bytes, (byte, at) => {
    const space = byte === 0x20 || byte === 0x09;
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x3d;
    if (plain || (space && at < bytes.length - 1)) return String.fromCharCode(byte);
    return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
};
