/**
 * Mailproxy's configuration, for a data directory of ours: what it says stays as it is written,
 * other than the paths that lead into the old directory.
 * @module
 */
import { isAbsolute, join, relative } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { respell } from '../config/toml.js';
import { daemonSchema } from '../daemon/schema.js';

type Table = Readonly<Record<string, unknown>>;

export interface ConfigMove {
  /** Directories that are left behind. */
  readonly from: readonly string[];
  readonly dataDir: string;
}

const HEAD = '# Taken over from mailproxy by postern import.\n\n';

/** The text of the new file; `source` must be one that the daemon takes. */
export const movedConfig = (source: string, move: ConfigMove): string => {
  const table = tableIn({ root: respell(daemonSchema, parse(source)) }, 'root');
  const proxy = without(tableIn(table, 'Proxy'), 'RecipientDir');
  return (
    HEAD +
    stringify({
      ...table,
      Proxy: { ...proxy, DataDir: move.dataDir },
      ...present('Management', movedManagement(tableIn(table, 'Management'), move)),
      ...present('Logging', movedLogging(tableIn(table, 'Logging'), move)),
    })
  );
};

/** A socket in the old directory is left out: there will be one in the new. */
const movedManagement = (management: Table, move: ConfigMove): Table =>
  inside(move, management['Path']) === undefined ? management : without(management, 'Path');

/** A log in the old directory becomes one in the new. */
const movedLogging = (logging: Table, move: ConfigMove): Table => {
  const name = inside(move, logging['File']);
  return name === undefined ? logging : { ...logging, File: join(move.dataDir, name) };
};

/** A path relative to the old directory, when it is in there. */
const inside = ({ from }: ConfigMove, path: unknown): string | undefined => {
  if (typeof path !== 'string' || !isAbsolute(path)) return undefined;
  return from
    .map((directory) => relative(directory, path))
    .find((name) => name !== '' && !name.startsWith('..'));
};

const tableIn = (table: Table, name: string): Table => {
  const value = table[name];
  return typeof value === 'object' && value !== null ? { ...value } : {};
};

const present = (name: string, table: Table): Table =>
  Object.keys(table).length === 0 ? {} : { [name]: table };

const without = (table: Table, name: string): Table =>
  Object.fromEntries(Object.entries(table).filter(([each]) => each !== name));
