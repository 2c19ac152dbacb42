/**
 * `postern filter`: a mail in its normal form, as a pipe; its subcommands are a server.
 * @module
 */
import type { Command } from 'commander';
import { ResultAsync } from 'neverthrow';
import { normalForm } from '../../../src/sanitise/sanitise.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { mailError } from '../mail-error.js';
import { addFilterServer } from './filter-smtp.js';
import { makerOf, policyOf, type PolicyFlags, withPolicy } from '../policy-flags.js';

export const addFilter = (program: Command, cli: Cli): void => {
  const filter = withPolicy(
    program
      .command('filter')
      .description('sanitise the mail on standard input, onto standard output'),
  ).action((flags: PolicyFlags) => finishWith(cli, run(cli, flags)));
  addFilterServer(filter, cli);
};

const run = (cli: Cli, flags: PolicyFlags): ResultAsync<void, CliError> =>
  ResultAsync.fromSafePromise<Uint8Array, CliError>(cli.terminal.input())
    .andThen((mail) => normalForm(mail, policyOf(flags), makerOf(flags)).mapErr(mailError))
    .map(({ mail }) => cli.terminal.write(mail));
