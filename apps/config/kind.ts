/**
 * What kind of program a configuration file is for.
 * @module
 */
import { parse, TomlError } from 'smol-toml';

export type FileKind = 'daemon' | 'authority' | 'server';

/** Told by its tables; a file that cannot be parsed is as good as any kind's. */
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
