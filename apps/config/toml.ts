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
  const shape = inner.shape as Record<string, Schema>;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const known = Object.keys(shape).find((name) => name.toLowerCase() === key.toLowerCase());
      const child = known === undefined ? undefined : shape[known];
      return [known ?? key, child ? respell(child, item) : item];
    }),
  );
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
  const read = schema.safeParse(respell(schema, table));
  if (read.success) return ok(read.data);
  const problems = read.error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code !== 'unrecognized_keys') return [problem(path, issue.message)];
    const known = knownAt(schema, path);
    return issue.keys.map((key) => problem([...path, key], unknownKey(key, known)));
  });
  return err(problems.sort((a, b) => a.line - b.line));
};
