/**
 * The command line of `sendmail`, as decades of programs write it: letters may share a word, and a
 * value may stand in the same word or in the next.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';

export interface Arguments {
  readonly mode: 'send' | 'queue' | 'dialogue';
  /** Whether a line that is only a dot is a line like others. */
  readonly ignoresDots: boolean;
  /** Whether To, Cc and Bcc name recipients too. */
  readonly readsRecipients: boolean;
  /** The envelope's sender, as it was given. */
  readonly sender: string | undefined;
  /** The sender's full name. */
  readonly fullName: string | undefined;
  /** Path of the configuration file. */
  readonly config: string | undefined;
  readonly recipients: readonly string[];
}

/** `option` is what the word had in the wrong place. */
export interface ArgumentError {
  readonly kind: 'usage';
  readonly option: string;
  readonly problem: string;
}

/** Options whose value is in the same word or the next one. */
const VALUED = 'ABCFLNORVXbefhopr';
/** Options whose value, if any, is in the same word. */
const ATTACHED = 'dqQ';
/** Options that say nothing to us; `D`, `m` and the like are of one sendmail only. */
const PLAIN = 'GIMUcimnstTv';

interface Option {
  readonly letter: string;
  readonly value: string;
}

/**
 * Reads the words behind the program's name.
 *
 * @errors `usage` — an unknown letter, a value that is missing, a mode that is not ours
 */
export const readArguments = (words: readonly string[]): Result<Arguments, ArgumentError> =>
  splitWords(words).andThen(({ options, rest }) => {
    const last = (...letters: readonly string[]): string | undefined =>
      options.filter(({ letter }) => letters.includes(letter)).at(-1)?.value;
    const has = (letter: string): boolean => options.some((each) => each.letter === letter);
    return modeOf(last('b') ?? 'm').map((mode) => ({
      mode,
      ignoresDots: has('i') || options.some(({ letter, value }) => letter === 'o' && value === 'i'),
      readsRecipients: has('t'),
      sender: last('f', 'r'),
      fullName: last('F'),
      config: last('C'),
      recipients: rest,
    }));
  });

const MODES: Readonly<Record<string, Arguments['mode']>> = {
  m: 'send',
  p: 'queue',
  s: 'dialogue',
};

const modeOf = (mode: string): Result<Arguments['mode'], ArgumentError> => {
  const known = Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (known !== undefined) return ok(known);
  return err({ kind: 'usage', option: `-b${mode}`, problem: 'there are -bm, -bp and -bs' });
};

interface Split {
  readonly options: readonly Option[];
  readonly rest: readonly string[];
}

const splitWords = (words: readonly string[]): Result<Split, ArgumentError> => {
  const options: Option[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return ok({ options, rest: [...rest, ...words.slice(at + 1)] });
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const read = readWord(word.slice(1), words[at + 1]);
    if (read.isErr()) return err(read.error);
    options.push(...read.value.options);
    if (read.value.tookNext) at += 1;
  }
  return ok({ options, rest });
};

interface ReadWord {
  readonly options: readonly Option[];
  readonly tookNext: boolean;
}

const readWord = (letters: string, next: string | undefined): Result<ReadWord, ArgumentError> => {
  const options: Option[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at] ?? '';
    const attached = letters.slice(at + 1);
    if (ATTACHED.includes(letter) || (VALUED.includes(letter) && attached !== '')) {
      return ok({ options: [...options, { letter, value: attached }], tookNext: false });
    }
    if (VALUED.includes(letter)) {
      if (next === undefined) return wrong(letter, 'needs a value');
      return ok({ options: [...options, { letter, value: next }], tookNext: true });
    }
    if (!PLAIN.includes(letter)) return wrong(letter, 'there is no such option');
    options.push({ letter, value: '' });
  }
  return ok({ options, tookNext: false });
};

const wrong = (letter: string, problem: string): Result<never, ArgumentError> =>
  err({ kind: 'usage', option: `-${letter}`, problem });
