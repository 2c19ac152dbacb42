/**
 * Line ends of whole bodies.
 * @module
 */

const CR = 0x0d;
const LF = 0x0a;

/** Each LF that has no CR before it as CRLF. */
export const withCrlf = (bytes: Uint8Array): Uint8Array => {
  let bare = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) bare++;
  }
  if (bare === 0) return bytes;
  const lines = new Uint8Array(bytes.length + bare);
  let length = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte === LF && bytes[at - 1] !== CR) lines[length++] = CR;
    lines[length++] = byte;
  }
  return lines;
};

/** Each CRLF as LF. */
export const withLf = (bytes: Uint8Array): Uint8Array => {
  const lines = new Uint8Array(bytes.length);
  let length = 0;
  for (const [at, byte] of bytes.entries()) {
    if (byte !== CR || bytes[at + 1] !== LF) lines[length++] = byte;
  }
  return lines.slice(0, length);
};
