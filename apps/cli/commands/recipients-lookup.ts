/**
 * `postern recipients lookup`: what a provider says is somebody's key.
 * @module
 */
import type { Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import type { LookupError } from '../../../src/index.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';

interface LookupFlags {
  readonly config?: string;
  readonly account?: string;
  readonly wait?: boolean;
  readonly json?: boolean;
}

export const addRecipientsLookup = (recipients: Command, cli: Cli): void => {
  recipients
    .command('lookup <address>')
    .description('ask the recipient’s provider for the key; nothing is stored')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'whose connection asks, where there are several accounts')
    .option('--wait', 'wait for the answer; else print the tag of the event that will bring it')
    .option('--json', 'print JSON')
    .action((address: string, flags: LookupFlags) => finishWith(cli, lookup(cli, address, flags)));
};

const lookup = (
  cli: Cli,
  address: string,
  { config, account, wait, json }: LookupFlags,
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, config)
    .andThen((found) =>
      chooseAccount(found, account).asyncAndThen((asker) =>
        askRunning(found, wait === true ? 'recipients.lookup' : 'recipients.query', {
          account: asker,
          address,
        }),
      ),
    )
    .mapErr((error) => notFound(address, error))
    .map((answer) => {
      const data = isObject(answer) ? answer : { tag: answer };
      printData(cli, data, { json, lines: linesOf(data) });
    });

const linesOf = ({ tag, address, key, words }: JsonObject): readonly string[] =>
  tag === undefined
    ? [`${textOf(address)} ${textOf(key)}`, Array.isArray(words) ? words.map(textOf).join(' ') : '']
    : [textOf(tag)];

/** Reasons that are about the look-up, not about the command. */
const REASONS: Partial<Record<LookupError['kind'], string>> = {
  'no-document': 'the mix network is not reachable yet',
  'no-such-provider': 'the network has no such provider',
  'no-such-service': 'its provider offers no look-up of keys',
  'no-such-user': 'its provider knows no such user, or has no key of theirs',
  'malformed-reply': 'its provider gave an answer that makes no sense',
  timeout: 'nobody answered in time',
};

const notFound = (address: string, error: CliError): CliError => {
  const reason = error.kind === 'refused' ? reasonOf(error.data) : undefined;
  return reason === undefined ? error : { kind: 'key-not-found', address, reason };
};

const reasonOf = (data: Json): string | undefined => {
  const kind = isObject(data) ? data['kind'] : undefined;
  return Object.entries(REASONS).find(([known]) => known === kind)?.[1];
};
