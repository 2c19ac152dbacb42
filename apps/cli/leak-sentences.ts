/**
 * Every leak as a sentence for the person who wrote the mail.
 * @module
 */
import type { FileFormat, Leak } from '../../src/sanitise/leaks.js';

const FORMATS: Readonly<Record<FileFormat, string>> = {
  jpeg: 'a JPEG image with data of its camera or program',
  png: 'a PNG image with data of its program',
  pdf: 'a PDF document that may name its author and program',
  office: 'an office document that may name its author and program',
  tnef: 'a winmail.dat, in which Outlook writes much that nobody sees',
};

const where = (part: string): string => (part === '' ? '' : ` (part ${part})`);

type Kind = Leak['kind'];
type LeakOf<K extends Kind> = {
  [P in K]: { readonly kind: P } & Extract<Leak, { readonly kind: P }>;
}[K];

/** One sentence per kind; the compiler misses none. */
const SENTENCES: { readonly [K in Kind]: (leak: LeakOf<K>) => string } = {
  header: (leak) => `the header ${leak.name}: ${leak.value}`,
  'message-id': (leak) => `the Message-ID ${leak.id} may name your host, your program and the time`,
  date: (leak) => `the date ${leak.value} shows your time zone, or the second`,
  'foreign-from': (leak) => `From names ${leak.address}, which is no address of the account`,
  'recipient-names': (leak) => `${leak.field} shows your address book: ${leak.value}`,
  'thread-id': (leak) => `the id ${leak.id} names a mail that the recipient need not know of`,
  'subject-word': (leak) => `the subject shows the language of your program: ${leak.subject}`,
  'part-header': (leak) => `a part has the field ${leak.name}${where(leak.part)}`,
  parameter: (leak) => `a part has the parameter ${leak.name}${where(leak.part)}`,
  boundary: (leak) =>
    `the boundary ${leak.boundary} is in the manner of a program${where(leak.part)}`,
  'content-id': (leak) => `the Content-ID ${leak.id} may name your program${where(leak.part)}`,
  'body-untouched': (leak) => `the body has left as it was: ${leak.problem}${where(leak.part)}`,
  charset: (leak) =>
    `a text is in the charset ${leak.charset || 'of nobody'}, which few have${where(leak.part)}`,
  armour: (leak) => `PGP names its program: ${leak.line}${where(leak.part)}`,
  attribution: (leak) => `the line above a quotation has a date: ${leak.line}${where(leak.part)}`,
  path: (leak) => `a path with a name in it: ${leak.path}${where(leak.part)}`,
  secret: (leak) => `the word ${leak.word}, which names this host or its user${where(leak.part)}`,
  'device-line': (leak) => `a line that names a device or program: ${leak.line}${where(leak.part)}`,
  phone: (leak) => `a telephone number in the signature: ${leak.line}${where(leak.part)}`,
  'remote-content': (leak) =>
    `something is fetched when the mail is read: ${leak.url}${where(leak.part)}`,
  'html-program': (leak) => `the HTML shows its program: ${leak.text}${where(leak.part)}`,
  'file-metadata': (leak) => `${FORMATS[leak.format]}${where(leak.part)}`,
  'attached-mail': (leak) => `a whole mail with its own header${where(leak.part)}`,
};

/** What a leak tells, and by what. */
export const leakSentence = <K extends Kind>(leak: LeakOf<K>): string => SENTENCES[leak.kind](leak);
