/** A command line run within the test, with everything that it says. */
import { runCli } from '../../../apps/cli/program.js';
import type { Prompter } from '../../../apps/cli/prompter.js';
import { utf8 } from '../../../src/bytes/text.js';

export interface Transcript {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface Circumstances {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** Who is at the terminal; absent: there is none. */
  readonly prompter?: Prompter;
  /** Takes the lines of descriptor 3. */
  readonly onLine?: (line: string) => void;
  /** Takes what is told, at once. */
  readonly onTell?: (line: string) => void;
}

export const run = async (
  words: readonly string[],
  { input = '', env = {}, workingDirectory = '/', prompter, onLine, onTell }: Circumstances = {},
): Promise<Transcript> => {
  const [out, err]: [string[], string[]] = [[], []];
  const descriptors = new Map(onLine === undefined ? [] : [[3, onLine]]);
  const code = await runCli(words, {
    print: (line) => void out.push(...line.split('\n')),
    write: (bytes) => void out.push(new TextDecoder().decode(bytes)),
    tell: (line) => {
      err.push(...line.split('\n'));
      onTell?.(line);
    },
    lines: (descriptor) => descriptors.get(descriptor),
    input: () => Promise.resolve(utf8(input)),
    env,
    workingDirectory,
    ...(prompter === undefined ? {} : { prompter }),
  });
  return { code, out, err };
};
