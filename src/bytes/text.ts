/**
 * Bytes as text: hex, base64 and UTF-8.
 * @module
 */
import { base64, hex } from './radix.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Whether no byte is above 0x7f. */
export const isAscii = (bytes: Uint8Array): boolean => {
  // A plain loop is eight times as fast as `every`, and bodies are long.
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
};

export const toHex = hex.encode;
export const toBase64 = base64.encode;

/** Bytes of a hex string of either case; `undefined` when it is none. */
export const fromHex = hex.decode;

/** Bytes of a standard padded base64 string; `undefined` when it is none. */
export const fromBase64 = base64.decode;

/** A key as people write it: hex first, then base64; `undefined` unless it has `length` bytes. */
export const parseKeyText = (text: string, length = 32): Uint8Array | undefined => {
  const key = fromHex(text) ?? fromBase64(text);
  return key?.length === length ? key : undefined;
};
