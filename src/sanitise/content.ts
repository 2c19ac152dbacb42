/**
 * What a mail says, without how its program wrote it: the value between reading and writing.
 *
 * Parts that are signed or encrypted are no more than their bytes.
 * @module
 */
import type { HeaderField } from '../mail/header.js';

export type Content = Text | Exact | File | Message | Multi;

/** Text in Unicode; lines end in LF, the last one too. */
export interface Text {
  readonly kind: 'text';
  /** Such as `plain`. */
  readonly subtype: string;
  /** Behind `text/…; charset=utf-8`, encoded. */
  readonly parameters: string;
  readonly text: string;
}

/** A part whose body leaves as it came, to the byte, under fields of our own. */
export interface Exact {
  readonly kind: 'exact';
  readonly fields: readonly HeaderField[];
  readonly body: Uint8Array;
}

/** A file; its bytes are decoded. */
export interface File {
  readonly kind: 'file';
  /** Media type with its parameters, encoded. */
  readonly type: string;
  readonly name: string | undefined;
  /** Without angle brackets; it leaves as another, and only where some HTML speaks of it. */
  readonly contentId: string | undefined;
  readonly bytes: Uint8Array;
}

/** A mail within the mail, or a part of a report; lines end in CRLF. */
export interface Message {
  readonly kind: 'message';
  readonly type: string;
  readonly name: string | undefined;
  readonly bytes: Uint8Array;
}

export interface Multi {
  readonly kind: 'multi';
  /** Such as `mixed`. */
  readonly subtype: string;
  /** In front of the boundary, encoded. */
  readonly parameters: string;
  readonly parts: readonly Content[];
}

/** What a mail with nothing in it says. */
export const NOTHING: Text = { kind: 'text', subtype: 'plain', parameters: '', text: '' };

/** The media type of a content, without parameters. */
export const mediaTypeOf = (content: Content): string => {
  switch (content.kind) {
    case 'text':
      return `text/${content.subtype}`;
    case 'multi':
      return `multipart/${content.subtype}`;
    case 'file':
    case 'message':
      return content.type.replace(/;[^]*/, '');
    case 'exact':
      return (content.fields[0]?.value ?? '').replace(/;[^]*/, '');
  }
};
