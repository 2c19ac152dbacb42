/**
 * TOML files checked against a schema: every problem with its file, line and key, and the nearest
 * known name of a misspelt one. Key names match whatever their case, as the reference's parser does.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { parse, TomlError } from 'smol-toml';
import * as z from 'zod';
import { lineOf, spell, type KeyPath } from './locate.js';
import { nearest } from './nearest.js';

export interface ConfigProblem {
  readonly kind: 'config';
  readonly file: string;
  readonly line: number;
  readonly key: string;
  readonly problem: string;
}

/** One line for people: `proxy.toml:3: Adress: unknown key, did you mean Address?`. */
export const describeProblem = ({ file, line, key, problem }: ConfigProblem): string =>
  key === '' ? `${file}:${line}: ${problem}` : `${file}:${line}: ${key}: ${problem}`;

type Schema = z.ZodType;

/** The schema behind optional, default and the like. */
export const bare = (schema: Schema): Schema => {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    return bare(schema.def.innerType as Schema);
  }
  if (schema instanceof z.ZodPipe) return bare(schema.def.in as Schema);
  return schema;
};

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** Renames the keys of `value` to the spelling of `schema`, at every depth. */
export const respell = (schema: Schema, value: unknown): unknown => {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => respell(inner.element as Schema, item));
  }
  if (!isTable(value)) return value;
  if (inner instanceof z.ZodRecord) {
    const valueType = inner.def.valueType as Schema;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, respell(valueType, item)]),
    );
  }
  if (!(inner instanceof z.ZodObject)) return value;
  const shape: Shape = inner.shape;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const known = knownName(shape, key);
      const child = known === undefined ? undefined : shape[known];
      return [known ?? key, child ? respell(child, item) : item];
    }),
  );
};

type Shape = Readonly<Record<string, Schema>>;

/** How `shape` spells a key. */
const knownName = (shape: Shape, key: string): string | undefined =>
  Object.keys(shape).find((name) => name.toLowerCase() === key.toLowerCase());

/** A key that means the same as an earlier one, and is spelled in another case. */
interface Twin {
  readonly path: KeyPath;
  readonly first: string;
}

/** Of which {@link respell} would keep one only. */
const twinsIn = (schema: Schema, value: unknown, at: KeyPath = []): readonly Twin[] => {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.flatMap((item, index) => twinsIn(inner.element as Schema, item, [...at, index]));
  }
  if (!isTable(value)) return [];
  const isFree = inner instanceof z.ZodRecord;
  const seen = new Map<string, string>();
  return Object.entries(value).flatMap(([name, item]) => {
    const path = [...at, name];
    const first = seen.get(name.toLowerCase());
    if (!isFree && first !== undefined) return [{ path, first }];
    seen.set(name.toLowerCase(), name);
    const child = childOf(inner, name);
    return child === undefined ? [] : twinsIn(child, item, path);
  });
};

const childOf = (inner: Schema, name: string): Schema | undefined => {
  if (inner instanceof z.ZodRecord) return inner.def.valueType as Schema;
  if (!(inner instanceof z.ZodObject)) return undefined;
  const shape: Shape = inner.shape;
  const known = knownName(shape, name);
  return known === undefined ? undefined : shape[known];
};

/** The names that a table at `path` may have. */
const knownAt = (schema: Schema, path: KeyPath): readonly string[] => {
  const inner = bare(schema);
  const [first, ...rest] = path;
  if (first === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodArray) return knownAt(inner.element as Schema, rest);
  if (inner instanceof z.ZodRecord) return knownAt(inner.def.valueType as Schema, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  const child = (inner.shape as Record<string, Schema>)[first];
  return child ? knownAt(child, rest) : [];
};

const unknownKey = (name: string, known: readonly string[]): string => {
  const meant = nearest(name, known);
  return meant === undefined ? 'unknown key' : `unknown key, did you mean ${meant}?`;
};

/**
 * Reads a TOML text by `schema` (objects in it should be strict).
 *
 * @errors every problem found, in the order of the file's lines
 */
export const readToml = <S extends Schema>(
  schema: S,
  source: string,
  file: string,
): Result<z.output<S>, readonly ConfigProblem[]> => {
  const problem = (path: KeyPath, text: string): ConfigProblem => ({
    kind: 'config',
    file,
    line: lineOf(source, path),
    key: spell(path),
    problem: text,
  });
  let table: unknown;
  try {
    table = parse(source);
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const [text = 'not TOML'] = thrown.message.split('\n');
    return err([{ kind: 'config', file, line: thrown.line, key: '', problem: text }]);
  }
  const twins = twinsIn(schema, table).map(({ path, first }) =>
    problem(path, `is the same as ${first}: case does not count`),
  );
  const read = schema.safeParse(respell(schema, table));
  if (read.success && twins.length === 0) return ok(read.data);
  const problems = (read.error?.issues ?? []).flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code !== 'unrecognized_keys') return [problem(path, issue.message)];
    const known = knownAt(schema, path);
    return issue.keys.map((key) => problem([...path, key], unknownKey(key, known)));
  });
  return err([...twins, ...problems].sort((a, b) => a.line - b.line));
};
