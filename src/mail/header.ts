/**
 * Header lines of a mail, read and changed without ever touching its body.
 *
 * The body is everything after the first empty line, whatever its line ends. A mail that ends within
 * its header has an empty body (RFC 5322 §3.5).
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromUtf8, utf8 } from '../bytes/text.js';
import { concat, concatAll } from '../bytes/writer.js';

/** One field with its continuation lines. */
export interface HeaderLine {
  /** As written, without white space around it. */
  readonly name: string;
  /** Unfolded, without white space around it. */
  readonly value: string;
  /** All its bytes with their line ends; a view into the mail. */
  readonly raw: Uint8Array;
}

export interface MailHead {
  readonly lines: readonly HeaderLine[];
  /** Offset of the first byte after the empty line; the mail's length where there is none. */
  readonly bodyStart: number;
}

export interface HeaderError {
  readonly kind: 'bad-mail';
  readonly problem: 'empty' | 'leading-space' | 'no-colon' | 'bad-name';
  /** From 1. */
  readonly line: number;
}

/** A field to be written. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

/** Printable ASCII without a colon (RFC 5322 §3.6.8). */
const NAME = /^[\x21-\x39\x3b-\x7e]+$/;

/**
 * Reads the header of a mail.
 *
 * White space before the colon is taken as obsolete syntax (RFC 5322 §4.5.8), so no odd spelling
 * hides a name from {@link findAll}.
 *
 * @errors `bad-mail`: no byte at all, a line that is no field, or a first line that continues one
 */
export const readHead = (mail: Uint8Array): Result<MailHead, HeaderError> => {
  if (mail.length === 0) return err({ kind: 'bad-mail', problem: 'empty', line: 1 });
  const lines: HeaderLine[] = [];
  let at = 0;
  while (at < mail.length && !isEmptyLine(mail, at)) {
    const end = fieldEnd(mail, at);
    const line = readLine(mail.subarray(at, end));
    if (typeof line === 'string') {
      return err({ kind: 'bad-mail', problem: line, line: countLines(mail.subarray(0, at)) + 1 });
    }
    lines.push(line);
    at = end;
  }
  return ok({ lines, bodyStart: at < mail.length ? lineEnd(mail, at) : at });
};

/** Where the body starts; `undefined` as long as `bytes` hold no empty line. */
export const findBody = (bytes: Uint8Array): number | undefined => {
  for (let at = 0; at < bytes.length; at = lineEnd(bytes, at)) {
    if (isEmptyLine(bytes, at)) return lineEnd(bytes, at);
  }
  return undefined;
};

/** Head, with its empty line, and body; views into `mail`. */
export const splitMail = (mail: Uint8Array): { head: Uint8Array; body: Uint8Array } => {
  const at = findBody(mail) ?? mail.length;
  return { head: mail.subarray(0, at), body: mail.subarray(at) };
};

/** Whether two field names are the same. */
export const isNamed = (line: HeaderLine, name: string): boolean =>
  line.name.toLowerCase() === name.toLowerCase();

/** All fields of a name, in any case, in order. */
export const findAll = (head: MailHead, name: string): readonly HeaderLine[] =>
  head.lines.filter((line) => isNamed(line, name));

/** Fields as bytes, each line ended by CRLF; a value with a line end of its own throws. */
export const encodeFields = (fields: readonly HeaderField[]): Uint8Array =>
  utf8(fields.map(encodeField).join(''));

/** The mail with our fields in front, its own bytes unchanged. */
export const prependFields = (mail: Uint8Array, fields: readonly HeaderField[]): Uint8Array =>
  concat(encodeFields(fields), mail);

/**
 * The mail without the fields that `drop` names; all other bytes unchanged.
 *
 * @errors `bad-mail`: as {@link readHead}
 */
export const withoutFields = (
  mail: Uint8Array,
  drop: (line: HeaderLine) => boolean,
): Result<Uint8Array, HeaderError> =>
  readHead(mail).map(({ lines }) => {
    const head = lines.reduce((length, line) => length + line.raw.length, 0);
    const kept = lines.filter((line) => !drop(line)).map((line) => line.raw);
    return concatAll([...kept, mail.subarray(head)]);
  });

/**
 * The mail with other fields in the place of those for which `change` gives one; all other bytes
 * unchanged, and the mail itself where it gives none.
 *
 * @errors `bad-mail`: as {@link readHead}
 */
export const replaceFields = (
  mail: Uint8Array,
  change: (line: HeaderLine) => HeaderField | undefined,
): Result<Uint8Array, HeaderError> =>
  readHead(mail).map(({ lines }) => {
    const changed = lines.map(change);
    if (changed.every((field) => field === undefined)) return mail;
    const head = lines.reduce((length, line) => length + line.raw.length, 0);
    const fields = lines.map(({ raw }, index) => {
      const field = changed[index];
      return field === undefined ? raw : utf8(encodeField(field));
    });
    return concatAll([...fields, mail.subarray(head)]);
  });

const encodeField = ({ name, value }: HeaderField): string => {
  if (/[\r\n]/.test(value.replace(/\r\n[ \t]/g, ''))) throw new RangeError(`line end in ${name}`);
  return `${name}: ${value}\r\n`;
};

const readLine = (raw: Uint8Array): HeaderLine | Exclude<HeaderError['problem'], 'empty'> => {
  if (startsWithSpace(raw)) return 'leading-space';
  const colon = raw.indexOf(COLON);
  if (colon < 0) return 'no-colon';
  const name = fromUtf8(raw.subarray(0, nameEnd(raw, colon)));
  if (!NAME.test(name)) return 'bad-name';
  const value = fromUtf8(raw.subarray(colon + 1)).replace(/\r?\n/g, '');
  return { name, value: value.trim(), raw };
};

/** Where the name in front of the colon ends; a pattern for this would take quadratic time. */
const nameEnd = (raw: Uint8Array, colon: number): number => {
  let end = colon;
  while (end > 0 && isSpace(raw[end - 1])) end--;
  return end;
};

/** The end of the line at `at`, behind its LF. */
const lineEnd = (mail: Uint8Array, at: number): number => {
  const end = mail.indexOf(LF, at);
  return end < 0 ? mail.length : end + 1;
};

/** The end of the field at `at`, behind its last continuation line. */
const fieldEnd = (mail: Uint8Array, at: number): number => {
  let end = lineEnd(mail, at);
  while (startsWithSpace(mail.subarray(end, end + 1))) end = lineEnd(mail, end);
  return end;
};

const isEmptyLine = (mail: Uint8Array, at: number): boolean =>
  mail[at] === LF || (mail[at] === CR && mail[at + 1] === LF);

const startsWithSpace = (line: Uint8Array): boolean => isSpace(line[0]);

const isSpace = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

const countLines = (bytes: Uint8Array): number =>
  bytes.reduce((count, byte) => count + (byte === LF ? 1 : 0), 0);
