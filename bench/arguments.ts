/**
 * The command line of `npm run bench`.
 * @module
 */

export type Wanted =
  | {
      readonly kind: 'run';
      readonly areas: readonly string[];
      readonly json: 'stdout' | { readonly file: string } | undefined;
    }
  | { readonly kind: 'unknown'; readonly argument: string };

const isFlag = (argument: string | undefined): boolean => argument?.startsWith('--') ?? true;

/**
 * @param areas - in the order in which they run; all of them unless some are named
 * @returns `unknown` with the first argument that is neither flag nor area; `--quick` and
 *   `--long` are left to each bench
 */
export const parseArguments = (given: readonly string[], areas: readonly string[]): Wanted => {
  const named = new Set<string>();
  let json: Extract<Wanted, { kind: 'run' }>['json'];
  for (let i = 0; i < given.length; i++) {
    const argument = given[i] ?? '';
    const next = given[i + 1];
    if (argument === '--json' && next !== undefined && !isFlag(next) && !areas.includes(next)) {
      json = { file: next };
      i++;
    } else if (argument === '--json') json = 'stdout';
    else if (areas.includes(argument)) named.add(argument);
    else if (argument !== '--quick' && argument !== '--long') return { kind: 'unknown', argument };
  }
  const chosen = areas.filter((area) => named.size === 0 || named.has(area));
  return { kind: 'run', areas: chosen, json };
};
