/**
 * A configuration file with every key that it may have: those that are given, and the others as
 * comments with their defaults, each with what it means.
 * @module
 */
import { stringify } from 'smol-toml';
import * as z from 'zod';
import { bare } from '../config/toml.js';

/** Tables by their names, each with the keys that are set; a list of tables is an array. */
export type Given = Readonly<Record<string, Values | readonly Values[]>>;
export type Values = Readonly<Record<string, unknown>>;

type Shape = Readonly<Record<string, z.ZodType>>;

/** The text of a file for `schema`, with these keys set. */
export const commentedToml = (schema: z.ZodObject, given: Given, head: string): string => {
  const tables = tablesOf(schema).map(({ path, shape, about, isList }) => {
    const values = valuesAt(given, path);
    const title = isList ? `[[${path.join('.')}]]` : `[${path.join('.')}]`;
    const isSet = values.length > 0;
    const bodies = (isSet ? values : [{}]).map((each) =>
      [isSet ? title : `# ${title}`, ...keyLines(shape, each, isSet)].join('\n'),
    );
    return [...(about === '' ? [] : [`# ${about}`]), bodies.join('\n\n')].join('\n');
  });
  return `${[head, ...tables].join('\n\n')}\n`;
};

interface Table {
  readonly path: readonly string[];
  readonly shape: Shape;
  readonly about: string;
  readonly isList: boolean;
}

/** Tables that only hold tables, such as `[PKI]`, have no header of their own. */
const tablesOf = (schema: z.ZodObject, within: readonly string[] = []): readonly Table[] =>
  Object.entries(schema.shape as Shape).flatMap(([name, child]) => {
    const table = tableBehind(child);
    if (table === undefined) return [];
    const path = [...within, name];
    const isList = bare(child) instanceof z.ZodArray;
    const shape = table.shape as Shape;
    const inner = tablesOf(table, path);
    const holdsTablesOnly = inner.length > 0 && ownKeys(shape).length === 0;
    return holdsTablesOnly ? inner : [{ path, shape, about: aboutOf(child), isList }, ...inner];
  });

const tableBehind = (schema: z.ZodType): z.ZodObject | undefined => {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return tableBehind(inner.element as z.ZodType);
  return inner instanceof z.ZodObject ? inner : undefined;
};

/** Keys that are no tables; what is refused is not shown. */
const ownKeys = (shape: Shape): readonly (readonly [string, z.ZodType])[] =>
  Object.entries(shape).filter(
    ([, child]) => tableBehind(child) === undefined && !(bare(child) instanceof z.ZodUndefined),
  );

const valuesAt = (given: Given, path: readonly string[]): readonly Values[] => {
  const found = given[path.join('.')];
  if (found === undefined) return [];
  return Array.isArray(found) ? found.map((each: Values) => each) : [found as Values];
};

const keyLines = (shape: Shape, values: Values, isSet: boolean): readonly string[] =>
  ownKeys(shape).flatMap(([name, schema]) => {
    const value = values[name];
    const isGiven = isSet && value !== undefined;
    const shown = isGiven ? value : defaultOf(schema);
    const isTable = typeof shown === 'object' && shown !== null && !Array.isArray(shown);
    const line = shown === undefined || isTable ? `${name} =` : stringify({ [name]: shown }).trim();
    return ['', `# ${aboutOf(schema)}`, isGiven ? line : `# ${line}`];
  });

const defaultOf = (schema: z.ZodType): unknown =>
  schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;

const aboutOf = (schema: z.ZodType): string => z.globalRegistry.get(schema)?.description ?? '';
