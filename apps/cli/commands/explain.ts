/**
 * `postern explain`: what the sanitiser makes of a mail, what that mail told, and what it still tells.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, ResultAsync } from 'neverthrow';
import type { JsonObject } from '../../../src/control/json.js';
import { explain, type Explanation } from '../../../src/sanitise/explain.js';
import type { Leak } from '../../../src/sanitise/leaks.js';
import { finishWith, printData, type Cli } from '../cli.js';
import { mailError } from '../mail-error.js';
import type { CliError } from '../errors.js';
import { leakSentence } from '../leak-sentences.js';
import { makerOf, policyOf, type PolicyFlags, withPolicy } from '../policy-flags.js';

interface ExplainFlags extends PolicyFlags {
  readonly json?: boolean;
}

export const addExplain = (program: Command, cli: Cli): void => {
  withPolicy(
    program
      .command('explain')
      .description('show what a mail (on standard input) tells about you; exits 3 if some stays'),
  )
    .option('--json', 'print JSON')
    .action((flags: ExplainFlags) => finishWith(cli, run(cli, flags)));
};

const run = (cli: Cli, flags: ExplainFlags): ResultAsync<Explanation, CliError> =>
  ResultAsync.fromSafePromise<Uint8Array, CliError>(cli.terminal.input())
    .andThen((mail) => explain(mail, policyOf(flags), makerOf(flags)).mapErr(mailError))
    .andThrough((found) => {
      printData(cli, jsonOf(found), { json: flags.json, lines: linesOf(found) });
      const count = found.left.length;
      return count === 0 ? ok(found) : err<Explanation, CliError>({ kind: 'leaks-left', count });
    });

const jsonOf = ({ before, after, removed, left }: Explanation): JsonObject => ({
  before: [...before],
  after: [...after],
  removed: removed.map((leak) => ({ ...leak })),
  left: left.map((leak) => ({ ...leak })),
});

const linesOf = ({ before, after, removed, left }: Explanation): readonly string[] => [
  'before:',
  ...before.map((line) => `  ${plain(line)}`),
  'after:',
  ...after.map((line) => `  ${plain(line)}`),
  ...listed('taken out:', removed),
  ...listed('still told:', left),
];

const listed = (title: string, leaks: readonly Leak[]): readonly string[] =>
  leaks.length === 0 ? [] : [title, ...leaks.map((leak) => `  ${plain(leakSentence(leak))}`)];

/** What a mail says is not to move the cursor of whoever reads it here. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, '?');
