/**
 * Schemas: what a value of a request or an answer looks like, for those who call (JSON Schema).
 * @module
 */
import type { JsonObject } from './json.js';

/** A JSON Schema, of which only what is built here is used. */
export type Schema = JsonObject;

export const TEXT: Schema = { type: 'string' };
export const INTEGER: Schema = { type: 'integer' };
export const FLAG: Schema = { type: 'boolean' };
/** Bytes written in base64. */
export const BYTES: Schema = { type: 'string', contentEncoding: 'base64' };
export const NOTHING: Schema = { type: 'null' };
/** Any object: the facts of something that has kinds of its own. */
export const FACTS: Schema = { type: 'object' };

export const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** An object with names of its own choice. */
export const mapOf = (values: Schema): Schema => ({
  type: 'object',
  additionalProperties: values,
});

/** One of these texts. */
export const oneOf = (...texts: readonly string[]): Schema => ({ type: 'string', enum: texts });

export const anyOf = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });

export const orNothing = (schema: Schema): Schema => anyOf(schema, NOTHING);

/** Exactly these members; those of `optional` may be missing. */
export const record = (
  members: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: 'object',
  properties: { ...members, ...optional },
  required: Object.keys(members),
  additionalProperties: false,
});

/** A {@link record} told from its kin by its member `kind`. */
export const kindOf = (
  kind: string,
  members: Readonly<Record<string, Schema>> = {},
  optional: Readonly<Record<string, Schema>> = {},
): Schema => record({ kind: { const: kind }, ...members }, optional);

/** Says in words what a value is. */
export const described = (schema: Schema, description: string): Schema => ({
  ...schema,
  description,
});
