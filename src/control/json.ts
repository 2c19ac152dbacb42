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

/** Parses one line; its value is trusted as far as JSON goes and no further. */
export const parseJson = (bytes: Uint8Array): Result<Json, { readonly kind: 'not-json' }> => {
  try {
    return ok(JSON.parse(fromUtf8(bytes)));
  } catch {
    return err({ kind: 'not-json' });
  }
};

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
