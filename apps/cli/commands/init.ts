/**
 * `postern init`: an account with its keys, its registration and its configuration.
 * @module
 */
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { toBase64 } from '../../../src/bytes/text.js';
import type { JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import { initialise, type Initialised } from '../../init/init.js';
import type { InitPlaces, InitWish } from '../../init/wish.js';
import { finishWith, printData, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { CONFIG_FILE, defaultDirectory } from '../places.js';

interface InitFlags extends InitWish {
  readonly dir?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const addInit = (program: Command, cli: Cli): void => {
  const init = program
    .command('init')
    .description('make an account: keys, registration, configuration; a second run goes on')
    .option('--dir <dir>', 'where all of it goes')
    .option('--user <name>', 'user name at the provider')
    .option('--provider <name>', 'the provider, as the network names it')
    .option('--provider-key <key>', 'its identity key; no other is talked to')
    .option('--authority <address>', 'the network’s authority, host:port')
    .option('--authority-key <key>', 'its public key')
    .option('--registration <address>', 'where to register; as the provider says where not given')
    .option('--registration-without-https', 'register over plain HTTP')
    .option('--testnet <dir>', 'join this test network')
    .option('--smtp <address>', 'where mail programs send')
    .option('--pop3 <address>', 'where mail programs fetch')
    .option('--maildir <dir>', 'file received mail here')
    .option('--insecure-key-discovery', 'use keys of strangers as their providers tell them')
    .option('--socks5 <address>', 'a SOCKS5 proxy for all connections')
    .option('--tor <address>', 'Tor’s SOCKS address, for all connections');
  for (const option of agreementOptions()) init.addOption(option);
  init
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'print JSON')
    .action((flags: InitFlags) => finishWith(cli, runInit(cli, flags)));
};

/** What every member of a network must agree on, where it is not the usual. */
const agreementOptions = (): readonly Option[] => [
  new Option('--epoch-period <seconds>', 'length of the network’s epochs').argParser(positive),
  new Option('--link-profile <profile>', 'version of its links').choices(['01', '02']),
  new Option('--user-payload <bytes>', 'user payload of its packets').argParser(positive),
];

const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
};

const runInit = (
  cli: Cli,
  { dir, yes, json, ...flags }: InitFlags,
): ResultAsync<void, CliError> => {
  const { terminal } = cli;
  const directory = resolve(terminal.workingDirectory, dir ?? defaultDirectory(terminal.env));
  const places = { configFile: join(directory, CONFIG_FILE), dataDir: join(directory, 'data') };
  return makeAccount(cli, { places, wish: flags, mayAsk: yes !== true, json });
};

export interface AccountRequest {
  readonly places: InitPlaces;
  readonly wish: InitWish;
  readonly mayAsk: boolean;
  readonly json: boolean | undefined;
}

/** Makes an account and says what comes next. */
export const makeAccount = (
  cli: Cli,
  { places, wish, mayAsk, json }: AccountRequest,
): ResultAsync<void, CliError> => {
  process.umask(0o077);
  const { env, prompter, workingDirectory } = cli.terminal;
  const deps = {
    io: { ...nodeIo(), log: { write: () => undefined } },
    env,
    prompter: mayAsk ? prompter : undefined,
    tell: (line: string) => cli.terminal.tell(line),
  };
  return initialise(deps, places, absolute(workingDirectory, wish))
    .mapErr((error): CliError => error)
    .map((made) => printData(cli, initialisedJson(made), { json, lines: linesOf(made) }));
};

/** Directories may be given from where the person is. */
const absolute = (workingDirectory: string, wish: InitWish): InitWish => ({
  ...wish,
  ...(wish.testnet === undefined ? {} : { testnet: resolve(workingDirectory, wish.testnet) }),
  ...(wish.maildir ? { maildir: resolve(workingDirectory, wish.maildir) } : {}),
});

export const initialisedJson = ({
  configFile,
  account,
  identityKey,
  linkKey,
  registration,
}: Initialised) =>
  ({
    config: configFile,
    account,
    identityKey: toBase64(identityKey),
    linkKey: toBase64(linkKey),
    registration: registration.kind,
    commands: registration.kind === 'by-hand' ? [...registration.commands] : [],
  }) satisfies JsonObject;

const linesOf = (made: Initialised): readonly string[] => createdLines(made, false);

/** What people are told of a new account. */
export const createdLines = (made: Initialised, isRunning: boolean): readonly string[] => [
  ...registrationLines(made),
  `Your identity key, for those who write to you: ${toBase64(made.identityKey)}`,
  isRunning
    ? 'The running daemon has read its configuration again.'
    : `Start the daemon:          postern daemon -f ${made.configFile}`,
  `Set up your mail program:  postern account show -f ${made.configFile} --account ${made.account}`,
];

const registrationLines = ({ account, registration }: Initialised): readonly string[] => {
  switch (registration.kind) {
    case 'known':
      return [`The provider knows ${account}.`];
    case 'registered':
      return [`${account} is registered.`];
    case 'by-hand':
      return [
        `The provider takes no registrations. Give its operator these commands for ${account}:`,
        ...registration.commands.map((command) => `  ${command}`),
      ];
  }
};
