/**
 * Hex and base64 without a platform's help, strict on input.
 * @module
 */

const HEX = /^(?:[0-9a-f]{2})*$/i;
/** With a whole number of quads. A group per quad would overflow the stack on a large mail. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const CHUNK = 0x8000;

const binaryString = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
};

const binaryBytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
};

export const hex = {
  encode: (bytes: Uint8Array): string => {
    let text = '';
    for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
    return text;
  },
  decode: (text: string): Uint8Array | undefined =>
    HEX.test(text)
      ? Uint8Array.from({ length: text.length / 2 }, (_, i) =>
          Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
        )
      : undefined,
};

export const base64 = {
  encode: (bytes: Uint8Array): string => btoa(binaryString(bytes)),
  decode: (text: string): Uint8Array | undefined =>
    text.length % 4 === 0 && BASE64.test(text) ? binaryBytes(atob(text)) : undefined,
};
