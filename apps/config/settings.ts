/**
 * Settings: what a configuration file says, key by key, for telling what another version changes.
 * @module
 */
import * as z from 'zod';
import { toBase64 } from '../../src/bytes/text.js';
import { spell, type KeyPath } from './locate.js';
import { bare } from './toml.js';

/** One setting, by the path of its key. */
export interface Setting {
  readonly path: KeyPath;
  /** As JSON; keys in base64. */
  readonly value: string;
}

/** All settings of a file, defaults included, by the spelling of their keys. */
export type Settings = ReadonlyMap<string, Setting>;

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array);

const walk = (value: unknown, path: KeyPath): readonly Setting[] => {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((each, i) => walk(each, [...path, i]));
  if (isTable(value)) {
    return Object.entries(value).flatMap(([name, each]) => walk(each, [...path, name]));
  }
  const json: unknown = value instanceof Uint8Array ? toBase64(value) : value;
  return [{ path, value: JSON.stringify(json) }];
};

/** The settings of a file that has been read by its schema. */
export const settingsOf = (read: unknown): Settings =>
  new Map(walk(read, []).map((setting) => [spell(setting.path), setting]));

/** What differs between two files: settings that came, went or changed. */
export const changesBetween = (before: Settings, after: Settings): readonly Setting[] => [
  ...[...before].flatMap(([key, setting]) => (after.has(key) ? [] : [setting])),
  ...[...after].flatMap(([key, setting]) =>
    before.get(key)?.value === setting.value ? [] : [setting],
  ),
];

/**
 * A key for the log: names that people chose, such as labels and addresses, are stars.
 *
 * @param schema - of the whole file
 */
export const safeKey = (schema: z.ZodType, path: KeyPath): string => spell(starred(schema, path));

const starred = (schema: z.ZodType, [first, ...rest]: KeyPath): KeyPath => {
  if (first === undefined) return [];
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return [first, ...starred(inner.element as z.ZodType, rest)];
  if (inner instanceof z.ZodRecord) {
    return ['*', ...starred(inner.def.valueType as z.ZodType, rest)];
  }
  if (!(inner instanceof z.ZodObject)) return [];
  const shape: Readonly<Record<string, z.ZodType>> = inner.shape;
  const child = shape[first];
  return child === undefined ? ['*'] : [first, ...starred(child, rest)];
};
