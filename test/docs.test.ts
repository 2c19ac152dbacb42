import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { daemonSchema } from '../apps/daemon/schema.js';
import { authoritySchema, serverSchema } from '../apps/node/schema.js';

const read = (file: string): string =>
  readFileSync(join(import.meta.dirname, '..', 'docs', file), 'utf8');

/** What is behind defaults, options, lists and the like; `undefined` where a key is refused. */
const inner = (schema: unknown): z.ZodObject | undefined => {
  if (schema instanceof z.ZodObject) return schema;
  if (schema instanceof z.ZodArray) return inner(schema.element);
  if (schema instanceof z.ZodRecord) return inner(schema.valueType);
  if (schema instanceof z.ZodPipe) return inner(schema.in);
  const isWrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapped ? inner(schema.def.innerType) : undefined;
};

/** Keys that only say why they are refused. */
const isRefused = (schema: unknown): boolean =>
  schema instanceof z.ZodOptional && schema.def.innerType instanceof z.ZodUndefined;

const keysOf = (schema: z.ZodObject): readonly string[] =>
  Object.entries(schema.shape).flatMap(([name, child]) => {
    if (isRefused(child)) return [];
    const table = inner(child);
    return table === undefined ? [name] : keysOf(table);
  });

describe('docs/configuration.md', () => {
  const text = read('configuration.md');

  it.each([
    ['The daemon', 'The authority', daemonSchema],
    ['The authority', 'Mixes and providers', authoritySchema],
    ['Mixes and providers', undefined, serverSchema],
  ] as const)('names every key of: %s', (title, next, schema) => {
    const from = text.indexOf(`## ${title}\n`);
    const section = text.slice(from, next === undefined ? undefined : text.indexOf(`## ${next}\n`));
    expect(from).toBeGreaterThan(0);
    const shared = title === 'The daemon' ? '' : text.slice(0, text.indexOf('## The authority\n'));
    const names = keysOf(schema);
    expect(names.length).toBeGreaterThan(10);
    const missing = names.filter((name) => !`${section}${shared}`.includes(`\`${name}\``));
    // Mean rates stand in pairs, and the whole of [Recipients] is addresses.
    expect(missing.filter((name) => name !== 'Recipients')).toEqual([]);
  });
});
