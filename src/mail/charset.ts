/**
 * Bytes of a named charset as text, as far as the platform knows it.
 * @module
 */

/** A label that a platform could know (RFC 2978 §2.3, with room to spare). */
const LABEL = /^[a-z0-9!#$%&'+^_`{}~:.()-]{1,40}$/i;

type Decoder = InstanceType<typeof TextDecoder>;

/** A decoder that refuses what it cannot read; `undefined` for a charset that is not known. */
const decoderOf = (label: string): Decoder | undefined => {
  try {
    return new TextDecoder(label, { fatal: true });
  } catch {
    return undefined;
  }
};

const fatalUtf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/** Names of plain ASCII, which people also write when they mean UTF-8. */
const ASCII_NAMES = ['', 'us-ascii', 'ascii', 'ansi_x3.4-1968'];

/**
 * Text of bytes in a charset; a byte-order mark goes.
 *
 * What says that it is ASCII, or says nothing, is read as UTF-8.
 *
 * @returns `undefined` where the charset is unknown, or the bytes are none of it
 */
export const decodeCharset = (bytes: Uint8Array, label: string): string | undefined => {
  const name = label.toLowerCase();
  if (name !== '' && !LABEL.test(name)) return undefined;
  const decoder = ASCII_NAMES.includes(name) ? fatalUtf8 : decoderOf(name);
  return decoder === undefined ? undefined : decodeAll(decoder, bytes);
};

const decodeAll = (decoder: Decoder, bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

/** Bytes of a header line: UTF-8, else what Western programs write without saying so. */
export const decodeLine = (bytes: Uint8Array): string =>
  decodeAll(fatalUtf8, bytes) ?? windows1252.decode(bytes);
