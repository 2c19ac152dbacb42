/**
 * Commands as older programs spell them, which go on working for one major version.
 *
 * Source: mixminiond(8); a mixminion server is our mix.
 * @module
 */

/** The programs' names, as first words. */
const PROGRAMS: readonly (string | undefined)[] = ['mixminion', 'mixminiond'];

/** What they call a command, and what we do. */
const VERBS: Readonly<Record<string, string>> = {
  start: 'start',
  stop: 'stop',
  reload: 'reload',
  republish: 'republish',
  delkeys: 'delkeys',
  stats: 'stats',
  upgrade: 'upgrade',
  'server-start': 'start',
  'server-stop': 'stop',
  'server-reload': 'reload',
  'server-republish': 'republish',
  'server-delkeys': 'delkeys',
  'server-stats': 'stats',
  'server-upgrade': 'upgrade',
};

/** The words of a command line in today's spelling, with a word to people where they were old. */
export const withTodaysSpelling = (
  words: readonly string[],
  tell: (line: string) => void,
): readonly string[] => {
  const [program, verb = '', ...rest] = words;
  const today = VERBS[verb.toLowerCase()];
  if (!PROGRAMS.includes(program) || today === undefined) return words;
  const now = ['node', 'mix', today];
  tell(`postern: ${program} ${verb} is an old spelling: write postern ${now.join(' ')}`);
  return [...now, ...rest];
};
