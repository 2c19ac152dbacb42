/**
 * `postern account show --remote`, `quota`, `delete` and `rotate`: an account at its provider, asked
 * over the network by a running daemon.
 * @module
 */
import type { Command } from 'commander';
import { errAsync, type ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import type { RemoteAccountError, RotateError } from '../../../src/index.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface RemoteFlags {
  readonly config?: string;
  readonly json?: boolean;
}

interface DeleteFlags extends RemoteFlags {
  readonly yes?: boolean;
}

export const addAccountRemote = (account: Command, cli: Cli): void => {
  account
    .command('quota <address>')
    .description('ask an account’s provider how much waits for it there, and how much may')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((address: string, flags: RemoteFlags) => finishWith(cli, quota(cli, address, flags)));
  account
    .command('delete <address>')
    .description('delete an account at its provider, with all that waits for it there')
    .option('-f, --config <file>', 'configuration file')
    .option('--yes', 'really')
    .option('--json', 'print JSON')
    .action((address: string, flags: DeleteFlags) => finishWith(cli, remove(cli, address, flags)));
  account
    .command('rotate <address>')
    .description('put a new link key in the place of an account’s, here and at its provider')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((address: string, flags: RemoteFlags) => finishWith(cli, rotate(cli, address, flags)));
};

/** What the provider knows of an account. */
export const showRemote = (
  cli: Cli,
  account: string,
  { config, json }: RemoteFlags,
): ResultAsync<void, CliError> =>
  ask(cli, { method: 'accounts.showRemote', account, config }).map((found) =>
    printData(cli, found, { json, lines: linesOf(found) }),
  );

const quota = (
  cli: Cli,
  account: string,
  { config, json }: RemoteFlags,
): ResultAsync<void, CliError> =>
  ask(cli, { method: 'accounts.showRemote', account, config }).map(
    ({ waiting = null, limit = null }) =>
      printData(cli, { account, waiting, limit }, { json, lines: [quotaLine(waiting, limit)] }),
  );

const remove = (
  cli: Cli,
  account: string,
  { config, yes, json }: DeleteFlags,
): ResultAsync<void, CliError> => {
  if (yes !== true) {
    const problem = 'is needed: a deleted account cannot be had again, nor what waits for it';
    return errAsync({ kind: 'usage', option: '--yes', problem });
  }
  return ask(cli, { method: 'accounts.deleteRemote', account, config }).map((found) =>
    printData(cli, found, { json, lines: [`${account} ${fateOf(found)}; what is here stays`] }),
  );
};

const rotate = (
  cli: Cli,
  account: string,
  { config, json }: RemoteFlags,
): ResultAsync<void, CliError> =>
  ask(cli, { method: 'accounts.rotateLinkKey', account, config }).map((found) =>
    printData(cli, found, {
      json,
      lines: [`${account} has a new link key, ${textOf(found['linkKey'])}`],
    }),
  );

interface Question {
  readonly method: string;
  readonly account: string;
  readonly config: string | undefined;
}

const ask = (cli: Cli, { method, account, config }: Question): ResultAsync<JsonObject, CliError> =>
  daemonConfigOf(cli, config)
    .andThen((found) => askRunning(found, method, { account }))
    .map((answer) => (isObject(answer) ? answer : {}))
    .mapErr((error) => notDone(account, error));

const quotaLine = (waiting: Json, limit: Json): string =>
  typeof waiting === 'number' && typeof limit === 'number'
    ? `${waiting} of ${limit} items (${Math.floor((100 * waiting) / limit)} %)`
    : `${textOf(waiting)} items; the provider does not say how many may wait`;

const linesOf = (found: JsonObject): readonly string[] => [
  `link key:      ${textOf(found['linkKey'])}`,
  `identity key:  ${found['identityKey'] === null ? 'none' : textOf(found['identityKey'])}`,
  `waiting:       ${textOf(found['waiting'])}`,
  `the account    ${fateOf(found)}`,
];

const fateOf = ({ leavesAtMs }: JsonObject): string =>
  typeof leavesAtMs === 'number' ? `is deleted at ${new Date(leavesAtMs).toISOString()}` : 'stays';

/** Reasons that are about the provider, not about the command. */
const REASONS: Partial<Record<RotateError['kind'], string>> = {
  'no-document': 'the mix network is not reachable yet',
  'no-such-provider': 'the network has no such provider now',
  'no-such-service': 'its provider does not offer this',
  'malformed-reply': 'its provider gave an answer that makes no sense',
  timeout: 'nobody answered in time; it may have been done all the same',
  'given-key': 'its link key is in the configuration; change it there, and at the provider',
};

type Word = Extract<RemoteAccountError, { readonly kind: 'account-refused' }>['reason'];

const WORDS: Readonly<Record<Word, string>> = {
  malformed: 'its provider does not understand the request',
  refused: 'its provider knows no such account with this link key',
  stale: 'its provider finds the request too old, or of the future: compare the clocks',
  replayed: 'its provider has taken a later request: has this clock been put back?',
  'bad-key': 'its provider does not take the new key',
  failed: 'its provider could not write it down; try again later',
  unknown: 'its provider refuses, and nobody knows the reason',
};

const notDone = (account: string, error: CliError): CliError => {
  const reason = error.kind === 'refused' ? reasonOf(error.data) : undefined;
  return reason === undefined ? error : { kind: 'not-done', account, reason };
};

const reasonOf = (data: Json): string | undefined => {
  if (!isObject(data)) return undefined;
  const { kind, reason } = data;
  const table = kind === 'account-refused' ? Object.entries(WORDS) : Object.entries(REASONS);
  const wanted = kind === 'account-refused' ? reason : kind;
  return table.find(([known]) => known === wanted)?.[1];
};
