/**
 * Values with parameters, such as those of Content-Type (RFC 2045 §5.1, RFC 2231 §3 and §4).
 * @module
 */
import { utf8 } from '../bytes/text.js';
import { decodeCharset } from './charset.js';
import { decodeWords } from './decode-words.js';

export interface ParameterValue {
  /** What stands before the first `;`, in lower case. */
  readonly value: string;
  /** By name in lower case; sections are joined, charsets and encoded words decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Parameters that are looked at; nobody needs more. */
const MAX_PARAMETERS = 100;

/** One piece of a parameter as it is written. */
interface Piece {
  readonly section: number;
  readonly extended: boolean;
  readonly text: string;
}

const NAME = /^([^*\s]+?)(?:\*(\d{1,3}))?(\*)?$/;

/** Cuts at `;` outside quotes and comments; comments go, quotes stay. */
const cutPieces = (text: string): readonly string[] => {
  const pieces: string[] = [];
  let current = '';
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    let char = text[at] ?? '';
    if (char === '\\' && (quoted || depth > 0)) char += text[++at] ?? '';
    if (char === '"' && depth === 0) quoted = !quoted;
    if (char === '(' && !quoted) depth++;
    const ends = char === ';' && !quoted && depth === 0;
    if (ends) pieces.push(current);
    if (ends) current = '';
    else if (depth === 0) current += char;
    if (char === ')' && !quoted && depth > 0) depth--;
  }
  return [...pieces, current].map((piece) => piece.trim());
};

const unquote = (text: string): string =>
  text.startsWith('"') ? text.replace(/^"|"$/g, '').replace(/\\(.)/gsu, '$1') : text;

const percentBytes = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = /^%([0-9a-f]{2})/i.exec(text.slice(at, at + 3))?.[1];
    if (hex !== undefined) at += 2;
    bytes.push(hex === undefined ? text.charCodeAt(at) & 0xff : Number.parseInt(hex, 16));
  }
  return Uint8Array.from(bytes);
};

/** Sections in order; the first extended one names the charset of all. */
const joinPieces = (pieces: readonly Piece[]): string => {
  const sorted = [...pieces].sort((a, b) => a.section - b.section);
  if (!sorted.some(({ extended }) => extended)) {
    return decodeWords(sorted.map(({ text }) => text).join(''));
  }
  const marked = /^([^']*)'[^']*'/.exec(sorted[0]?.text ?? '');
  const bytes = sorted.flatMap(({ extended, text }, at) => {
    const content = at === 0 && marked !== null ? text.slice(marked[0].length) : text;
    return [...(extended ? percentBytes(content) : utf8(content))];
  });
  const all = Uint8Array.from(bytes);
  return decodeCharset(all, marked?.[1] ?? '') ?? String.fromCharCode(...all.slice(0, 1000));
};

/** Reads a value and its parameters; of a name that comes twice the first counts. Never throws. */
export const readParameters = (text: string): ParameterValue => {
  const [value = '', ...rest] = cutPieces(text);
  const found = new Map<string, Piece[]>();
  for (const piece of rest.slice(0, MAX_PARAMETERS)) {
    const equals = piece.indexOf('=');
    const name = NAME.exec(piece.slice(0, Math.max(0, equals)).trim());
    if (name?.[1] === undefined) continue;
    const key = name[1].toLowerCase();
    const pieces = found.get(key) ?? [];
    const section = Number(name[2] ?? 0);
    if (pieces.some((other) => other.section === section)) continue;
    const extended = name[3] !== undefined;
    pieces.push({ section, extended, text: unquote(piece.slice(equals + 1).trim()) });
    found.set(key, pieces);
  }
  const parameters = new Map([...found].map(([key, pieces]) => [key, joinPieces(pieces)]));
  return { value: value.toLowerCase(), parameters };
};
