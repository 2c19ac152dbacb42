/**
 * JSON values, and the shapes of JSON-RPC 2.0.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromUtf8 } from '../bytes/text.js';

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export type JsonObject = { readonly [name: string]: Json };

/** Most bytes of one request or reply: room for the largest mail in base64. */
export const JSON_LINE_LIMIT = 48 * 1024 * 1024;

/** Error codes of the specification, and one for what a method itself refuses. */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  refused: -32000,
} as const;

/** Names of the notifications that carry a stream. */
export const STREAM = { item: 'stream.item', end: 'stream.end' } as const;

/** Deeper values are nobody's requests; writing them again could overflow the stack. */
const MAX_DEPTH = 64;

/** Parses one line; its value is trusted as far as JSON goes and no further. */
export const parseJson = (bytes: Uint8Array): Result<Json, { readonly kind: 'not-json' }> => {
  if (depthOf(bytes) > MAX_DEPTH) return err({ kind: 'not-json' });
  try {
    return ok(JSON.parse(fromUtf8(bytes)));
  } catch {
    return err({ kind: 'not-json' });
  }
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: readonly number[] = [0x5b, 0x7b];
const CLOSING: readonly number[] = [0x5d, 0x7d];

/** How many brackets are open at most, those in texts not counted. */
const depthOf = (bytes: Uint8Array): number => {
  let [depth, most, isText] = [0, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += byte === BACKSLASH ? 1 : 0;
    else if (OPENING.includes(byte)) most = Math.max(most, ++depth);
    else if (CLOSING.includes(byte)) depth--;
  }
  return most;
};

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
