/**
 * An exit into a program: it is run once for each mail, which is its standard input.
 *
 * Its exit codes are those of sysexits.h, as programs behind a mail server have them.
 * @module
 */
import * as z from 'zod';
import { runProgram, type ProgramEnd } from '../files/program.js';
import { DELIVERED, later, never, type ExitModule, type ExitResult } from './contracts.js';
import { absolutePath, maximumSize, sizeOf, timeout } from './section.js';

const EX_OK = 0;
const EX_TEMPFAIL = 75;

const section = z.strictObject({
  Command: z
    .tuple([absolutePath], z.string())
    .describe(
      'a program and its words, run without a shell for each mail, which it reads from standard ' +
        'input; exit code 0: it has the mail; 75: try again; any other: never',
    ),
  Timeout: timeout('killed'),
  MaximumSize: maximumSize,
});

export const execExit = {
  name: 'exec',
  section,
  open: ({ Command: command, Timeout: seconds, MaximumSize: size }, { clock }) => ({
    advertised: sizeOf(size),
    deliver: async ({ bytes: input }, signal) =>
      resultOf(await runProgram({ command, input, limitMs: seconds * 1000, clock, signal })),
  }),
} satisfies ExitModule<z.output<typeof section>>;

/** A program that did not end by itself has decided nothing. */
const resultOf = (end: ProgramEnd): ExitResult => {
  switch (end.kind) {
    case 'exit':
      if (end.code === EX_OK) return DELIVERED;
      return end.code === EX_TEMPFAIL ? later('exit code 75') : never(`exit code ${end.code}`);
    case 'signal':
      return later(end.signal);
    case 'not-started':
      return later(`it cannot be started: ${end.code}`);
    case 'timeout':
    case 'aborted':
      return later(end.kind);
  }
};
