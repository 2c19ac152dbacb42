/** A command line run within the test, with everything that it says. */
import { runCli } from '../../../apps/cli/program.js';
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
}

export const run = async (
  words: readonly string[],
  { input = '', env = {}, workingDirectory = '/' }: Circumstances = {},
): Promise<Transcript> => {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(words, {
    print: (line) => void out.push(...line.split('\n')),
    write: (bytes) => void out.push(new TextDecoder().decode(bytes)),
    tell: (line) => void err.push(...line.split('\n')),
    input: () => Promise.resolve(utf8(input)),
    env,
    workingDirectory,
  });
  return { code, out, err };
};
