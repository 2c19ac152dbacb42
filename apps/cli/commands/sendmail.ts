/**
 * `postern sendmail`: a sendmail for mail programs; its words are sendmail's own, not those of the
 * other commands.
 * @module
 */
import type { Command } from 'commander';
import { runSendmail } from '../../sendmail/run.js';
import type { Cli } from '../cli.js';

const DETAILS = `
Takes a mail on standard input, as sendmail does, and ends when it is on disk: also while no daemon
runs. Options of other sendmails are taken and mean nothing.

  -C FILE   configuration file; else POSTERN_CONFIG, else the one that init wrote
  -f FROM   the account that sends; else the one in From, else the first one
  -F NAME   the full name in From, where the mail has no From
  -i, -oi   a line with only a dot does not end the mail
  -t        recipients from To, Cc and Bcc
  -bp       shows the queue
  -bs       speaks SMTP on standard input and output`;

export const addSendmail = (program: Command, cli: Cli): void => {
  program
    .command('sendmail')
    .description('send the mail on standard input, as sendmail does')
    .argument('[words...]', 'options and recipients of sendmail')
    .helpOption('--help', 'show this')
    .addHelpText('after', DETAILS)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => cli.finish(await runSendmail(words, cli.terminal)));
};
