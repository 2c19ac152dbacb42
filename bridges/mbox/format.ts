/**
 * Mails as the records of an mbox, and back.
 *
 * A record begins with a line of `From `, and such lines within are quoted, also the quoted ones, so
 * that they come back ("mboxrd"). The line names nobody and no more than the day.
 *
 * Source: RFC 4155, appendix A; https://www.loc.gov/preservation/digital/formats/fdd/fdd000385.shtml
 * @module
 */
import { utf8 } from '../../src/bytes/text.js';
import { concatAll } from '../../src/bytes/writer.js';
import { mailDate } from '../../src/mail/dates.js';

const LF = 0x0a;
const CR = 0x0d;
const DAY_MS = 86_400_000;
const NEWLINE = Uint8Array.of(LF);

/** Says of a record that its mail ends within a line, since an mbox cannot. */
const OPEN_END = 'X-Mbox-Last-Line: open';

const SEPARATOR = 'From ';
const QUOTABLE = /(^|\n)(>*From )/g;
const QUOTED = /(^|\n)>(>*From )/g;

/**
 * A mail as a record, with its last empty line.
 *
 * @param file - the mail as it lies in a file
 * @param receivedMs - ms since the Unix epoch
 */
export const encodeRecord = (file: Uint8Array, receivedMs: number): Uint8Array => {
  const isOpen = file.at(-1) !== LF;
  const lineEnd = file[file.indexOf(LF) - 1] === CR ? '\r\n' : '\n';
  return concatAll([
    utf8(`${SEPARATOR}MAILER-DAEMON ${dayOf(receivedMs)}\n`),
    ...(isOpen ? [utf8(`${OPEN_END}${lineEnd}`)] : []),
    replaced(file, QUOTABLE, '$1>$2'),
    ...(isOpen ? [NEWLINE] : []),
    NEWLINE,
  ]);
};

/** The mails of an mbox, as they lie in files; what stands before the first record is one too.
 * Nothing but empty lines is none. */
export const decodeMbox = (mbox: Uint8Array): readonly Uint8Array[] => {
  const starts = startsOf(mbox);
  return starts
    .map((start, at) => decodeRecord(mbox.subarray(start, starts[at + 1])))
    .filter((mail) => mail.some((octet) => octet !== LF && octet !== CR));
};

/** As C's `asctime` writes it: `Sat Nov 21 00:00:00 2026`. */
const dayOf = (ms: number): string => {
  const [weekday = '', day = '', month = '', year = ''] = mailDate(ms - (ms % DAY_MS)).split(' ');
  return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} 00:00:00 ${year}`;
};

const decodeRecord = (record: Uint8Array): Uint8Array => {
  const whole = withoutEmptyLine(record);
  const body = hasSeparator(whole, 0) ? whole.subarray(lineEndOf(whole, 0)) : whole;
  const mail = replaced(body, QUOTED, '$1$2');
  const first = Buffer.from(mail.subarray(0, OPEN_END.length)).toString('latin1');
  return first === OPEN_END ? mail.slice(lineEndOf(mail, 0), -1) : mail;
};

/** The line that parts a record from the next one. */
const withoutEmptyLine = (record: Uint8Array): Uint8Array => {
  if (record.at(-1) !== LF) return record;
  if (record.at(-2) === LF) return record.subarray(0, -1);
  const isCrlf = record.at(-2) === CR && record.at(-3) === LF && record.at(-4) === CR;
  return isCrlf ? record.subarray(0, -2) : record;
};

/** Where records begin: at the start, and behind an empty line. */
const startsOf = (mbox: Uint8Array): readonly number[] => {
  const starts: number[] = mbox.length > 0 ? [0] : [];
  let isBehindEmpty = false;
  for (let at = 0; at < mbox.length; at = lineEndOf(mbox, at)) {
    if (at > 0 && isBehindEmpty && hasSeparator(mbox, at)) starts.push(at);
    isBehindEmpty = mbox[at] === LF || (mbox[at] === CR && mbox[at + 1] === LF);
  }
  return starts;
};

const hasSeparator = (bytes: Uint8Array, at: number): boolean =>
  Buffer.from(bytes.subarray(at, at + SEPARATOR.length)).toString('latin1') === SEPARATOR;

/** Behind the LF of the line at `at`. */
const lineEndOf = (bytes: Uint8Array, at: number): number => {
  const end = bytes.indexOf(LF, at);
  return end < 0 ? bytes.length : end + 1;
};

const replaced = (bytes: Uint8Array, pattern: RegExp, by: string): Uint8Array => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return new Uint8Array(Buffer.from(text.replace(pattern, by), 'latin1'));
};
