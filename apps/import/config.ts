/**
 * Mailproxy's configuration, for a data directory of ours: what it says stays as it is written,
 * other than the paths that lead into the old directory.
 * @module
 */
import { isAbsolute, join, relative } from 'node:path';
import { Result } from 'neverthrow';
import { parse, stringify } from 'smol-toml';
import { respell } from '../config/toml.js';
import { daemonSchema } from '../daemon/schema.js';

type Table = Readonly<Record<string, unknown>>;

export interface ConfigMove {
  /** Directories that are left behind. */
  readonly from: readonly string[];
  readonly dataDir: string;
  /** Accounts that are taken over, by their places in the source. */
  readonly accounts: ReadonlySet<number>;
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
      Account: accountsIn(table).filter((_, index) => move.accounts.has(index)),
      Proxy: { ...proxy, DataDir: move.dataDir },
      ...present('Management', movedManagement(tableIn(table, 'Management'), move)),
      ...present('Logging', movedLogging(tableIn(table, 'Logging'), move)),
    })
  );
};

/**
 * Whether a file is what an earlier run has made of `source`, perhaps with fewer of its accounts:
 * nobody has changed it since, and it may be replaced.
 */
export const isFromEarlierRun = (
  held: string,
  source: string,
  move: Omit<ConfigMove, 'accounts'>,
): boolean => {
  const names = accountNames(held);
  const kept = accountNames(source).flatMap((name, index) => (names.includes(name) ? [index] : []));
  return held === movedConfig(source, { ...move, accounts: new Set(kept) });
};

/** Users with their providers, as they are written; none where the text is no TOML. */
const accountNames = (text: string): readonly string[] =>
  Result.fromThrowable(parse)(text)
    .map((parsed) => accountsIn(tableIn({ root: respell(daemonSchema, parsed) }, 'root')))
    .unwrapOr([])
    .map((account) => tableIn({ account }, 'account'))
    .map(({ User, Provider }) => JSON.stringify([User, Provider]));

const accountsIn = ({ Account }: Table): readonly unknown[] =>
  Array.isArray(Account) ? Account.map((each: unknown) => each) : [];

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
