/**
 * PGP within text: its armour names the program that made it (RFC 4880 §6.2), and nothing else of it
 * may be touched.
 * @module
 */
import { utf8 } from '../bytes/text.js';
import { concatAll } from '../bytes/writer.js';

const LF = 0x0a;
const BEGIN = /^-----BEGIN PGP ([A-Z ,/0-9]{1,40})-----[ \t]*\r?\n?$/;
const SIGNED = 'SIGNED MESSAGE';
const SIGNATURE = 'SIGNATURE';
const TELLING = /^(?:version|comment)[ \t]*:/i;
/** A line of an armour's header; any other ends it. */
const FIELD = /^[A-Za-z][A-Za-z-]{0,30}:/;

/** Between blocks, in the text of a clear signature, or in the header of a block's armour. */
type Place = 'text' | 'signed' | 'armour';

const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** The lines with their ends; views. */
const linesOf = function* (bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found + 1;
    yield bytes.subarray(at, end);
    at = end;
  }
};

const MARK = utf8('-----BEGIN PGP ');

/** Whether there is any armour in it, quoted or not. */
export const hasArmour = (bytes: Uint8Array): boolean => {
  for (const line of linesOf(bytes)) {
    if (MARK.every((byte, at) => line[at] === byte)) return true;
  }
  return false;
};

/** No line of armour is longer; text may be. */
const MAX_ARMOUR_LINE = 500;

/** Goes through the lines; `telling` is called with those that name a program, and may drop them. */
const walk = (bytes: Uint8Array, telling: (line: string) => 'keep' | 'drop'): Uint8Array => {
  const kept: Uint8Array[] = [];
  let place: Place = 'text';
  for (const raw of linesOf(bytes)) {
    const line = raw.length > MAX_ARMOUR_LINE ? '-' : latin1(raw);
    const begun = BEGIN.exec(line)?.[1];
    const isTelling = place === 'armour' && TELLING.test(line);
    if (!isTelling || telling(line.trim()) === 'keep') kept.push(raw);
    if (place === 'armour' && !FIELD.test(line)) place = 'text';
    if (begun === SIGNED && place === 'text') place = 'signed';
    else if (begun !== undefined && (place === 'text' || begun === SIGNATURE)) place = 'armour';
  }
  return concatAll(kept);
};

/** The bytes without the lines `Version:` and `Comment:` of armour; signed text stays to the byte. */
export const withoutArmourNames = (bytes: Uint8Array): Uint8Array => walk(bytes, () => 'drop');

/** The lines that {@link withoutArmourNames} would take out. */
export const armourNames = (bytes: Uint8Array): readonly string[] => {
  const found: string[] = [];
  walk(bytes, (line) => {
    found.push(line);
    return 'keep';
  });
  return found;
};
