/**
 * Where a key stands in a TOML text, since the parser does not say.
 * @module
 */

/** Names of tables and keys, and the indexes of arrays of tables, from the root. */
export type KeyPath = readonly (string | number)[];

const HEADER = /^\s*(\[{1,2})([^[\]]+)\]{1,2}\s*(?:#.*)?$/;
const PART = String.raw`(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)`;
/** Each character fits one place only: a long line that is no assignment must not take for ever. */
const ASSIGNMENT = new RegExp(String.raw`^\s*(${PART}(?:\s*\.\s*${PART})*)\s*=`);
const NAME = /"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+)/g;

/** No configuration goes deeper; what a text has beyond stands at its last known table. */
const MAX_DEPTH = 16;

const namesOf = (dotted: string): string[] =>
  [...dotted.matchAll(NAME)]
    .slice(0, MAX_DEPTH)
    .map(([, double, single, bare]) => double ?? single ?? bare ?? '');

const fold = (path: KeyPath): string =>
  path.map((part) => String(part).toLowerCase()).join('\u0000');

/** The first line of a table or key, for each spelling of its last name. */
type Spellings = Map<string, number>;

/** Every table and key of a text with its lines, in order. */
const positions = (source: string): Map<string, Spellings> => {
  const found = new Map<string, Spellings>();
  const counts = new Map<string, number>();
  let table: KeyPath = [];
  /** A table that has no header of its own stands where the first one within it does. */
  const note = (path: KeyPath, line: number): void => {
    for (let length = 1; length <= path.length; length++) {
      const place = fold(path.slice(0, length));
      const spellings = found.get(place) ?? new Map<string, number>();
      const name = String(path[length - 1]);
      if (!spellings.has(name)) found.set(place, spellings.set(name, line));
    }
  };
  /** Array tables that a later header goes through are meant by their latest element. */
  const indexed = (names: readonly string[]): KeyPath =>
    names.reduce<KeyPath>((path, name) => {
      const count = counts.get(fold([...path, name]));
      return count === undefined ? [...path, name] : [...path, name, count - 1];
    }, []);
  for (const [index, text] of source.split('\n').entries()) {
    const [, brackets, title] = HEADER.exec(text) ?? [];
    if (title !== undefined) {
      const names = namesOf(title);
      if (brackets === '[[') {
        const array = [...indexed(names.slice(0, -1)), names.at(-1) ?? ''];
        counts.set(fold(array), (counts.get(fold(array)) ?? 0) + 1);
        note(array, index + 1);
      }
      table = indexed(names);
      note(table, index + 1);
      continue;
    }
    const [, key] = ASSIGNMENT.exec(text) ?? [];
    if (key !== undefined) note([...table, ...namesOf(key)], index + 1);
  }
  return found;
};

/**
 * The line (from 1) of a key, or of the innermost table around it; 1 when nothing of it is there.
 * Of several spellings it is the given one, else the first.
 */
export const lineOf = (source: string, path: KeyPath): number => {
  const found = positions(source);
  for (let length = path.length; length > 0; length--) {
    const spellings = found.get(fold(path.slice(0, length)));
    if (spellings === undefined) continue;
    const [first = 1] = spellings.values();
    return spellings.get(String(path[length - 1])) ?? first;
  }
  return 1;
};

/** A path as people write it: `Account[0].User`. */
export const spell = (path: KeyPath): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`,
    '',
  );
