/**
 * What kind of program a configuration file is for.
 * @module
 */
import { parse, TomlError } from 'smol-toml';

export type FileKind = 'daemon' | 'authority' | 'server';

/**
 * Told by its tables. A file that cannot be parsed counts as a daemon's, since every kind's reader then
 * says the same of it: the line at fault.
 */
export const fileKindOf = (source: string): FileKind => {
  try {
    const tables = Object.keys(parse(source)).map((name) => name.toLowerCase());
    const kinds = ['authority', 'server'] as const;
    return kinds.find((kind) => tables.includes(kind)) ?? 'daemon';
  } catch (thrown) {
    if (thrown instanceof TomlError) return 'daemon';
    throw thrown;
  }
};
