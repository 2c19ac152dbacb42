/**
 * A mail as it goes after DATA.
 *
 * Source: RFC 5321 §4.5.2.
 * @module
 */
import { utf8 } from '../../src/bytes/text.js';
import { concatAll } from '../../src/bytes/writer.js';

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;
const END = utf8('.\r\n');
const LINE_AND_END = utf8('\r\n.\r\n');

/**
 * The dots that begin lines doubled, the last line ended where it was not, and the dot behind it all.
 *
 * A dot behind any LF begins a line; whether all servers agree, {@link isAmbiguous} tells.
 */
export const stuffed = (mail: Uint8Array): Uint8Array => {
  const pieces: Uint8Array[] = [];
  let from = 0;
  for (let at = mail.indexOf(DOT); at >= 0; at = mail.indexOf(DOT, at + 1)) {
    if (at > 0 && mail[at - 1] !== LF) continue;
    pieces.push(mail.subarray(from, at + 1));
    from = at;
  }
  return concatAll([...pieces, mail.subarray(from), isEnded(mail) ? END : LINE_AND_END]);
};

const isEnded = (mail: Uint8Array): boolean =>
  mail.length === 0 || (mail.at(-2) === CR && mail.at(-1) === LF);

/**
 * Whether a dot stands behind a CR or LF that is alone. To some servers that is a line of its own: they
 * would take the dot away, or end the mail there and read what follows as commands.
 */
export const isAmbiguous = (mail: Uint8Array): boolean => {
  for (let at = mail.indexOf(DOT, 1); at >= 0; at = mail.indexOf(DOT, at + 1)) {
    const [before, last] = [mail[at - 2], mail[at - 1]];
    if (last === CR || (last === LF && before !== CR)) return true;
  }
  return false;
};
