/**
 * What a mail may tell about who wrote it, beside what it is meant to say.
 * @module
 */

/** One thing that a mail tells; texts in it are cut to a length that can be shown. */
export type Leak =
  /** A header field that is not of the normal form. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  /** A Message-ID that is not random at our constant domain. */
  | { readonly kind: 'message-id'; readonly id: string }
  /** A date with a time zone, or to the second. */
  | { readonly kind: 'date'; readonly value: string }
  /** From names somebody who is not the account. */
  | { readonly kind: 'foreign-from'; readonly address: string }
  /** Names, comments or groups beside the addresses of To or Cc: the sender's address book. */
  | { readonly kind: 'recipient-names'; readonly field: string; readonly value: string }
  /** A mail elsewhere that this one answers. */
  | { readonly kind: 'thread-id'; readonly id: string }
  /** A subject word in the language of the sender's program. */
  | { readonly kind: 'subject-word'; readonly subject: string }
  /** A field of a part that is not of the normal form. */
  | { readonly kind: 'part-header'; readonly part: string; readonly name: string }
  /** A parameter of a part's fields that only programs write. */
  | { readonly kind: 'parameter'; readonly part: string; readonly name: string }
  /** A boundary in the manner of a program. */
  | { readonly kind: 'boundary'; readonly part: string; readonly boundary: string }
  | { readonly kind: 'content-id'; readonly part: string; readonly id: string }
  | { readonly kind: 'charset'; readonly part: string; readonly charset: string }
  /** Armour names the program that made it. */
  | { readonly kind: 'armour'; readonly part: string; readonly line: string }
  /** The line above a quotation has a date in somebody's zone or language. */
  | { readonly kind: 'attribution'; readonly part: string; readonly line: string }
  /** A path with a user's name in it. */
  | { readonly kind: 'path'; readonly part: string; readonly path: string }
  /** One of the words that the policy calls secret. */
  | { readonly kind: 'secret'; readonly part: string; readonly word: string }
  /** "Sent from my …". */
  | { readonly kind: 'device-line'; readonly part: string; readonly line: string }
  /** A telephone number in the signature. */
  | { readonly kind: 'phone'; readonly part: string; readonly line: string }
  /** HTML that fetches something when it is read. */
  | { readonly kind: 'remote-content'; readonly part: string; readonly url: string }
  /** HTML that names, or looks like, the program that made it. */
  | { readonly kind: 'html-program'; readonly part: string; readonly text: string }
  /** A file that says who made it, when or where. */
  | { readonly kind: 'file-metadata'; readonly part: string; readonly format: FileFormat }
  /** A whole mail within, with the header that it came with. */
  | { readonly kind: 'attached-mail'; readonly part: string }
  /** The body could not be brought into the normal form and left as it was. */
  | { readonly kind: 'body-untouched'; readonly part: string; readonly problem: string };

export type FileFormat = 'jpeg' | 'png' | 'pdf' | 'office' | 'tnef';

const MAX_SHOWN = 200;

/** A text as it may stand in a leak: one line, cut. */
export const shown = (text: string): string => {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN)}…`;
};
