/**
 * Header values: folded at white space, and put into encoded words where they are not plain ASCII.
 *
 * No token is longer than 75 characters, since reference recipients split longer ones.
 * @module
 */
import { toBase64, utf8 } from '../bytes/text.js';

const LINE_LENGTH = 76;
const TOKEN_LENGTH = 75;

/** UTF-8 bytes per encoded word: 52 base64 characters, 64 with the frame, beside a field's name. */
const WORD_BYTES = 39;

/** UTF-8 bytes per section of a long parameter; each may become three characters. */
const SECTION_BYTES = 16;

/** A line of text as a field's value (RFC 2047 §5); control characters become spaces. */
export const encodeWords = (fieldName: string, text: string): string => {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  const tokens = line.split(' ');
  const plain = /^[\x20-\x7e]*$/.test(line) && !line.includes('=?');
  if (plain && tokens.every((token) => token.length <= TOKEN_LENGTH - fieldName.length)) {
    return foldTokens(fieldName, tokens);
  }
  const words = cutText(line, WORD_BYTES).map((part) => `=?UTF-8?B?${toBase64(utf8(part))}?=`);
  return words.join('\r\n ');
};

/** Tokens joined by spaces, with a fold before each that would make its line too long. */
export const foldTokens = (fieldName: string, tokens: readonly string[]): string => {
  let column = fieldName.length + 1;
  let value = '';
  for (const token of tokens) {
    const fits = value === '' || column + 1 + token.length <= LINE_LENGTH;
    value += value === '' ? token : `${fits ? ' ' : '\r\n '}${token}`;
    column = (fits ? column : 0) + 1 + token.length;
  }
  return value;
};

/** A parameter such as a file name, behind its `;`, in as many sections as it needs (RFC 2231). */
export const encodeParameter = (name: string, value: string): string => {
  if (/^[\x20-\x7e]*$/.test(value) && value.length < TOKEN_LENGTH - name.length - 4) {
    return `;\r\n ${name}="${value.replace(/["\\]/g, '\\$&')}"`;
  }
  const sections = cutText(value, SECTION_BYTES).map(percent);
  const mark = (at: number): string => (sections.length === 1 ? '*' : `*${at}*`);
  return sections
    .map((part, at) => `;\r\n ${name}${mark(at)}=${at === 0 ? "utf-8''" : ''}${part}`)
    .join('');
};

const percent = (text: string): string =>
  Array.from(utf8(text), (byte) => {
    const char = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9._-]/.test(char);
    return plain ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');

/** Cuts between characters into pieces of at most `limit` UTF-8 bytes; one piece at least. */
const cutText = (text: string, limit: number): readonly string[] => {
  const pieces: string[] = [];
  let piece = '';
  let length = 0;
  for (const char of text) {
    const size = utf8(char).length;
    if (length + size > limit) {
      pieces.push(piece);
      [piece, length] = ['', 0];
    }
    piece += char;
    length += size;
  }
  return [...pieces, piece];
};
