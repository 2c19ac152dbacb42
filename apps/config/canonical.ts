/**
 * A file as it was understood, in the one form that two files of the same meaning share: tables and
 * keys in the schema's order, keys of people and nodes in base64.
 * @module
 */
import * as z from 'zod';
import { toBase64 } from '../../src/bytes/text.js';
import { bare } from './toml.js';

export type Table = Readonly<Record<string, unknown>>;

/** What `schema` has read, without what is not there. */
export const canonicalOf = (schema: z.ZodType, read: object): Table => {
  const shape = shapeOf(schema);
  const names = [...Object.keys(shape), ...Object.keys(read)];
  const values = new Map<string, unknown>(Object.entries(read));
  return Object.fromEntries(
    [...new Set(names)]
      .filter((name) => values.get(name) !== undefined)
      .map((name) => [name, canonicalValue(shape[name] ?? itemOf(schema), values.get(name))]),
  );
};

const canonicalValue = (schema: z.ZodType | undefined, value: unknown): unknown => {
  const inner = schema ?? z.unknown();
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map((each) => canonicalValue(itemOf(inner), each));
  return typeof value === 'object' && value !== null ? canonicalOf(inner, value) : value;
};

const shapeOf = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> => {
  const inner = bare(schema);
  return inner instanceof z.ZodObject ? inner.shape : {};
};

/** What each of a list, or each entry of a table with free names, must be. */
const itemOf = (schema: z.ZodType): z.ZodType | undefined => {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  return inner instanceof z.ZodRecord ? (inner.def.valueType as z.ZodType) : undefined;
};
