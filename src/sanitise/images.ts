/**
 * What cameras and programs write into JPEG and PNG files beside the picture: places, times, names.
 *
 * Sources: ITU T.81 annex B for JPEG's segments, RFC 2083 §3 and §11 for PNG's chunks.
 * @module
 */
import { fromUtf8 } from '../bytes/text.js';
import { concatAll } from '../bytes/writer.js';

const PNG_START = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Chunks that say how a picture looks, beside those that every reader must know. */
const PNG_KEPT = ['tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'bKGD', 'pHYs', 'acTL', 'fcTL', 'fdAT'];
/** Length, name and checksum around a chunk's data. */
const PNG_FRAME = 12;

const JPEG_MARK = 0xff;
const JPEG_START = 0xd8;
const JPEG_SCAN = 0xda;
/** APP0 and APP14 say how colours are to be read. */
const JPEG_KEPT = [0xe0, 0xee];
const JPEG_COMMENT = 0xfe;

/** A picture in pieces, each with whether it says more than how the picture looks. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly tells: boolean;
}

const begins = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte);

const u16 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const u32 = (bytes: Uint8Array, at: number): number =>
  u16(bytes, at) * 0x1_0000 + u16(bytes, at + 2);

/** A chunk whose name begins in upper case is one that every reader must know. */
const isCritical = (name: string): boolean => /^[A-Z]/.test(name);

const pngPieces = (bytes: Uint8Array): readonly Piece[] | undefined => {
  const pieces: Piece[] = [{ bytes: bytes.subarray(0, PNG_START.length), tells: false }];
  for (let at = PNG_START.length; at < bytes.length;) {
    const end = at + PNG_FRAME + u32(bytes, at);
    const name = fromUtf8(bytes.subarray(at + 4, at + 8));
    if (end > bytes.length) return undefined;
    const tells = !isCritical(name) && !PNG_KEPT.includes(name);
    pieces.push({ bytes: bytes.subarray(at, end), tells });
    at = end;
    // What lies behind the end is no picture.
    if (name === 'IEND' && at < bytes.length) {
      pieces.push({ bytes: bytes.subarray(at), tells: true });
      return pieces;
    }
  }
  return pieces;
};

const isTelling = (marker: number): boolean =>
  marker === JPEG_COMMENT || (marker >= 0xe0 && marker <= 0xef && !JPEG_KEPT.includes(marker));

const jpegPieces = (bytes: Uint8Array): readonly Piece[] | undefined => {
  const pieces: Piece[] = [{ bytes: bytes.subarray(0, 2), tells: false }];
  for (let at = 2; at < bytes.length;) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== JPEG_MARK || at + 4 > bytes.length) return undefined;
    if (marker === JPEG_SCAN) {
      pieces.push({ bytes: bytes.subarray(at), tells: false });
      return pieces;
    }
    const end = at + 2 + u16(bytes, at + 2);
    if (end > bytes.length) return undefined;
    pieces.push({ bytes: bytes.subarray(at, end), tells: isTelling(marker) });
    at = end;
  }
  return pieces;
};

const piecesOf = (bytes: Uint8Array): readonly Piece[] | undefined => {
  if (begins(bytes, PNG_START)) return pngPieces(bytes);
  return begins(bytes, [JPEG_MARK, JPEG_START]) ? jpegPieces(bytes) : undefined;
};

/** Whether a JPEG or PNG says more than how it looks. */
export const imageTells = (bytes: Uint8Array): boolean =>
  piecesOf(bytes)?.some(({ tells }) => tells) ?? false;

/** A JPEG or PNG without that; other files, and pictures that are malformed, as they are. */
export const strippedImage = (bytes: Uint8Array): Uint8Array => {
  const pieces = piecesOf(bytes);
  if (pieces === undefined || !pieces.some(({ tells }) => tells)) return bytes;
  return concatAll(pieces.filter(({ tells }) => !tells).map((piece) => piece.bytes));
};
