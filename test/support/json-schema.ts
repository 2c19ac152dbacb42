/** Checks a value against the part of JSON Schema that `src/control/schema.ts` builds. */
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: (value) => Array.isArray(value),
  object: (value) => isObject(value),
};

const KNOWN = [
  'type',
  'enum',
  'const',
  'anyOf',
  'items',
  'properties',
  'required',
  'additionalProperties',
  'description',
  'contentEncoding',
];

const objectAt = (schema: JsonObject, key: string): JsonObject => {
  const value = schema[key];
  return isObject(value) ? value : {};
};

const listAt = (schema: JsonObject, key: string): readonly Json[] => {
  const value = schema[key];
  return Array.isArray(value) ? value.map((each: Json) => each) : [];
};

const textOf = (value: Json | undefined): string => JSON.stringify(value ?? null);

/** Everything in which `value` is not what `schema` says, each with its place. */
export const violations = (schema: Json | undefined, value: Json, at = '$'): readonly string[] => {
  if (!isObject(schema)) return [`${at}: no schema`];
  const unknown = Object.keys(schema).filter((key) => !KNOWN.includes(key));
  if (unknown.length > 0) return [`${at}: the schema says ${unknown.join(', ')}`];
  const options = listAt(schema, 'anyOf');
  if (options.length > 0) {
    const fits = options.some((option) => violations(option, value, at).length === 0);
    return fits ? [] : [`${at}: none of several (${JSON.stringify(value)})`];
  }
  if ('const' in schema && schema['const'] !== value)
    return [`${at}: not ${textOf(schema['const'])}`];
  if ('enum' in schema && !listAt(schema, 'enum').includes(value)) {
    return [`${at}: ${JSON.stringify(value)} is not listed`];
  }
  const { type } = schema;
  if (typeof type === 'string' && TYPES[type]?.(value) !== true) return [`${at}: no ${type}`];
  if (Array.isArray(value)) {
    return value.flatMap((each: Json, i) => violations(schema['items'], each, `${at}[${i}]`));
  }
  return isObject(value) ? memberViolations(schema, value, at) : [];
};

const memberViolations = (schema: JsonObject, value: JsonObject, at: string): readonly string[] => {
  const properties = objectAt(schema, 'properties');
  const required = listAt(schema, 'required').filter((name) => typeof name === 'string');
  const missing = required.filter((name) => !Object.hasOwn(value, name));
  const others = schema['additionalProperties'];
  return [
    ...missing.map((name) => `${at}: ${name} is missing`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const place = `${at}.${name}`;
      if (Object.hasOwn(properties, name)) return violations(properties[name], each, place);
      if (others === false) return [`${place}: not in the schema`];
      return isObject(others) ? violations(others, each, place) : [];
    }),
  ];
};
