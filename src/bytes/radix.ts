/**
 * Hex and base64 without a platform's help, strict on input.
 * @module
 */

const HEX = /^(?:[0-9a-f]{2})*$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CHUNK = 0x8000;

const binaryString = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return text;
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
    BASE64.test(text) ? Uint8Array.from(atob(text), (char) => char.charCodeAt(0)) : undefined,
};
