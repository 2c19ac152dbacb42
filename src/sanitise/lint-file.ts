/**
 * Files that say who made them, with what, when or where.
 * @module
 */
import { imageTells } from './images.js';
import type { FileFormat, Leak } from './leaks.js';

/** Bytes of a file in which its kind shows. */
const LOOKED_AT = 100_000;

const latin1 = new TextDecoder('latin1');

const PDF = /\/(?:Author|Creator|Producer|CreationDate|ModDate)\b|<x:xmpmeta/;
/** Documents of office programs: archives with these files in them, or the older compound files. */
const OFFICE = /docProps\/|meta\.xml/;

/** The first bytes, each as the character of its number; a decoder reads some of them otherwise. */
const startOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 8));

const formatOf = (bytes: Uint8Array, type: string): FileFormat | undefined => {
  const start = startOf(bytes);
  if (type === 'application/ms-tnef' || start.startsWith('\x78\x9f\x3e\x22')) return 'tnef';
  if (imageTells(bytes)) return start.startsWith('\x89PNG') ? 'png' : 'jpeg';
  if (start.startsWith('\xd0\xcf\x11\xe0')) return 'office';
  // What tells stands at either end: an archive's files are named at its end too.
  const ends = [bytes.subarray(0, LOOKED_AT), bytes.subarray(-LOOKED_AT)];
  const text = ends.map((end) => latin1.decode(end)).join('\n');
  if (start.startsWith('%PDF') && PDF.test(text)) return 'pdf';
  return start.startsWith('PK') && OFFICE.test(text) ? 'office' : undefined;
};

export const fileLeaks = function* (
  bytes: Uint8Array,
  type: string,
  part: string,
): Generator<Leak> {
  const format = formatOf(bytes, type);
  if (format !== undefined) yield { kind: 'file-metadata', part, format };
};
