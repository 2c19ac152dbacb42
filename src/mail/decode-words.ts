/**
 * Header values read: unfolded, with their encoded words decoded (RFC 2047).
 * @module
 */
import { concat } from '../bytes/writer.js';
import { decodeCharset, decodeLine } from './charset.js';
import type { HeaderLine } from './header.js';
import { decodeBase64, decodeQuoted } from './transfer-decode.js';

const COLON = 0x3a;

/** Charset, with or without a language (RFC 2231 §5), encoding, and text without spaces. */
const WORD = /=\?([^?*\s]{1,40})(?:\*[^?\s]{0,40})?\?([bq])\?([^?\s]*)\?=/gi;

/** Spaces between two encoded words do not count (RFC 2047 §6.2). */
const BETWEEN_WORDS = /(\?=)\s+(?==\?[^?\s]{1,80}\?[bq]\?[^?\s]*\?=)/gi;

/** Longest value that is looked into; what is longer has no encoded words. */
const MAX_LENGTH = 100_000;

interface Word {
  readonly charset: string;
  readonly bytes: Uint8Array;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const bytesOfWord = (encoding: string, text: string): Uint8Array | undefined =>
  encoding.toLowerCase() === 'b'
    ? decodeBase64(latin1(text))
    : decodeQuoted(latin1(text.replace(/_/g, '=20')));

/** A field's value, unfolded; its raw bytes as UTF-8 where they are, encoded words as they stand. */
export const fieldText = ({ raw }: HeaderLine): string =>
  decodeLine(raw.subarray(raw.indexOf(COLON) + 1))
    .replace(/\r?\n(?=[ \t])/g, '')
    .replace(/[\r\n]+/g, ' ')
    .trim();

/**
 * A value's encoded words as text.
 *
 * Neighbours in one charset are put together before they are decoded, since programs cut between
 * the bytes of a character. What cannot be decoded stays as it stands.
 */
export const decodeWords = (value: string): string => {
  if (value.length > MAX_LENGTH || !value.includes('=?')) return value;
  const joined = value.replace(BETWEEN_WORDS, '$1');
  let text = '';
  let at = 0;
  let run: Word | undefined;
  const flush = (): void => {
    if (run !== undefined) text += decodeCharset(run.bytes, run.charset) ?? '\ufffd';
    run = undefined;
  };
  for (const match of joined.matchAll(WORD)) {
    const [whole, charset = '', encoding = '', encoded = ''] = match;
    const bytes = bytesOfWord(encoding, encoded);
    const isNext = match.index === at;
    if (!isNext || bytes === undefined || run?.charset !== charset.toLowerCase()) flush();
    text += joined.slice(at, match.index);
    if (bytes === undefined) text += whole;
    else run = { charset: charset.toLowerCase(), bytes: joinBytes(run?.bytes, bytes) };
    at = match.index + whole.length;
  }
  flush();
  return text + joined.slice(at);
};

const joinBytes = (before: Uint8Array | undefined, bytes: Uint8Array): Uint8Array =>
  before === undefined ? bytes : concat(before, bytes);
