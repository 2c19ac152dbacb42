/**
 * `postern setup`: what to put into the configuration of a mail program.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import type { JsonObject } from '../../../src/control/json.js';
import { parseAddress } from '../../../src/io/address.js';
import { foldersOf, type DaemonConfig } from '../../daemon/config.js';
import { quoted, type Server, type Settings } from '../../setup/settings.js';
import { MAIL_PROGRAMS, setupFor } from '../../setup/setup.js';
import { finishWith, textOf, type Cli } from '../cli.js';
import { askDaemon, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { configPath } from '../files.js';
import { chooseAccount, questionOf } from './account.js';

interface SetupOptions {
  readonly config?: string;
  readonly account?: string;
  readonly password?: boolean;
}

export const addSetup = (program: Command, cli: Cli): void => {
  program
    .command('setup')
    .description('print what makes a mail program use an account, and tell the least of you')
    .argument('<program>', MAIL_PROGRAMS.join(', '))
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'which account, where there are several')
    .option('--password', 'write the password into it, not a command that prints it')
    .action((name: string, options: SetupOptions) => finishWith(cli, setup(cli, name, options)));
};

const setup = (cli: Cli, program: string, options: SetupOptions): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, options.config)
    .andThen((config) =>
      chooseAccount(config, options.account).asyncAndThen((account) =>
        askDaemon(config, questionOf(account)).andThen((shown) =>
          settingsOf(shown, { config, file: configPath(cli.terminal, options.config), options }),
        ),
      ),
    )
    .andThen((settings): Result<string, CliError> => setupFor(program, settings))
    .map((text) => cli.terminal.print(text.trimEnd()));

interface Asked {
  readonly config: DaemonConfig;
  readonly file: string;
  readonly options: SetupOptions;
}

const settingsOf = (
  shown: JsonObject,
  { config, file, options }: Asked,
): Result<Settings, CliError> => {
  const address = textOf(shown['account']);
  const send = ['postern', 'sendmail', '-i', '-f', address, '-C', file];
  const show = ['postern', 'account', 'show', '--password', '-f', file, '--account', address];
  return serverAt('Proxy.SMTPAddress', shown['smtp']).andThen((smtp) =>
    serverAt('Proxy.POP3Address', shown['pop3']).map((pop3) => ({
      ...{ address, smtp, pop3 },
      maildir: foldersOf(config).get(address)?.maildir,
      sendCommand: send.map(quoted).join(' '),
      passwordCommand: show.map(quoted).join(' '),
      password: options.password === true ? textOf(shown['password']) : undefined,
    })),
  );
};

/** A listener as a program of this machine finds it: by address and port, in clear. */
const serverAt = (
  option: string,
  listener: JsonObject[string] | undefined,
): Result<Server, CliError> => {
  const place = typeof listener === 'string' ? parseAddress(listener) : undefined;
  if (place?.kind !== 'tcp') {
    return err({
      kind: 'usage',
      option,
      problem: 'there is no listener with an address and a port',
    });
  }
  if (place.port === 0) {
    return err({
      kind: 'usage',
      option,
      problem: 'its port is picked at each start of the daemon',
    });
  }
  return isHere(place.host)
    ? ok(place)
    : err({
        kind: 'usage',
        option,
        problem: 'it is reached by TLS, and this is written for loopback',
      });
};

const isHere = (host: string): boolean => host === '::1' || host.startsWith('127.');
