/** The keys of a configuration file as Markdown tables, made from its schema. */
import * as z from 'zod';
import { bare } from '../../apps/config/toml.js';

/** The schemas of all files, by the names that markers have for them. */
export type Files = Readonly<Record<string, z.ZodObject>>;

export interface Key {
  readonly name: string;
  readonly schema: z.ZodType;
}

const MARKED = /^<!-- keys: (\w+)(?: ([\w.]+))? -->\n[^]*?^<!-- end -->$/gm;

/** A text with all anew that stands between `<!-- keys: FILE TABLE -->` and `<!-- end -->`. */
export const withTables = (text: string, files: Files): string =>
  text.replace(MARKED, (_, file: string, table: string | undefined) => {
    const isRoot = table === undefined;
    const rows = keysOf(tableAt(files, file, table)).map((key) => rowOf(key, isRoot));
    const marker = isRoot ? file : `${file} ${table}`;
    const head = ['| Key | Default | Meaning |', '| --- | --- | --- |'];
    return [`<!-- keys: ${marker} -->`, '', ...head, ...rows, '', '<!-- end -->'].join('\n');
  });

/** The tables that the markers of a text name. */
export const tablesIn = (text: string, files: Files): readonly z.ZodObject[] =>
  [...text.matchAll(MARKED)].map(([, file = '', table]) => tableAt(files, file, table));

/** A table and all within it, also those in lists and with free names; none that only hold tables. */
export const tablesOf = (table: z.ZodObject): readonly z.ZodObject[] => [
  table,
  ...keysOf(table).flatMap(({ schema }) => {
    const inner = tableBehind(schema);
    return inner === undefined ? [] : tablesOf(inner);
  }),
];

/** The keys of a table; for one that only holds tables, such as `[PKI]`, those stand here. */
export const keysOf = (table: z.ZodObject, within = ''): readonly Key[] =>
  childrenOf(table).flatMap(({ name, schema }) => {
    const inner = tableBehind(schema);
    const path = `${within}${name}`;
    return inner && holdsTablesOnly(inner) ? keysOf(inner, `${path}.`) : [{ name: path, schema }];
  });

const childrenOf = (table: z.ZodObject): readonly Key[] =>
  Object.entries(table.shape as Readonly<Record<string, z.ZodType>>).map(([name, schema]) => ({
    name,
    schema,
  }));

const holdsTablesOnly = (table: z.ZodObject): boolean =>
  childrenOf(table).every(({ schema }) => tableBehind(schema) ?? isRefused(schema));

/** The table that a key holds, or that each of its items is. */
const tableBehind = (schema: z.ZodType): z.ZodObject | undefined => {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) return inner;
  if (inner instanceof z.ZodArray) return tableBehind(inner.element as z.ZodType);
  return inner instanceof z.ZodRecord ? tableBehind(inner.def.valueType as z.ZodType) : undefined;
};

const tableAt = (files: Files, file: string, path: string | undefined): z.ZodObject => {
  const table = (path?.split('.') ?? []).reduce<z.ZodObject | undefined>((at, name) => {
    const child = at && childrenOf(at).find((each) => each.name === name);
    return child && tableBehind(child.schema);
  }, files[file]);
  if (table === undefined) throw new RangeError(`there is no table ${path ?? ''} of ${file}`);
  return table;
};

const rowOf = (key: Key, isRoot: boolean): string => {
  const { description = '' } = z.globalRegistry.get(key.schema) ?? {};
  const name = isRoot ? headerOf(key) : key.name;
  return `| \`${name}\` | ${usualOf(key.schema)} | ${description} |`;
};

/** How a table begins in a file. */
const headerOf = ({ name, schema }: Key): string => {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return `[[${name}]]`;
  const isLabelled = inner instanceof z.ZodRecord && tableBehind(inner) !== undefined;
  return isLabelled ? `[${name}.<label>]` : `[${name}]`;
};

const isRefused = (schema: z.ZodType): boolean => bare(schema) instanceof z.ZodUndefined;

/** What the schema gives where the key is absent, and what it says of that. */
const usualOf = (schema: z.ZodType): string => {
  if (isRefused(schema)) return 'refused';
  const value = schema instanceof z.ZodDefault ? JSON.stringify(schema.def.defaultValue) : '';
  const shown = ['', '""', '[]', '{}'].includes(value) ? [] : [`\`${value}\``];
  const parts = [...shown, z.globalRegistry.get(schema)?.usual ?? []].flat();
  if (parts.length > 0) return parts.join(': ');
  return schema.safeParse(undefined).success ? 'none' : 'required';
};
