/**
 * `postern recipients`: whose keys are known, what vouches for them, and how they are compared.
 * @module
 */
import type { Command } from 'commander';
import { err, ok } from 'neverthrow';
import { recipientJson } from '../../../bridges/management/shapes.js';
import { parseKeyText, toBase64 } from '../../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import type { RecipientError, Recipients } from '../../../src/index.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { withDaemon, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { addRecipientsLookup } from './recipients-lookup.js';

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export const addRecipients = (program: Command, cli: Cli): void => {
  const recipients = program
    .command('recipients')
    .alias('contacts')
    .description('keys of those whom you write to; without a verb: list them');
  addList(recipients, cli);
  addShow(recipients, cli);
  addSet(recipients, cli);
  addRemove(recipients, cli);
  addVerify(recipients, cli);
  addRecipientsLookup(recipients, cli);
};

const addList = (recipients: Command, cli: Cli): void => {
  recipients
    .command('list', { isDefault: true })
    .description('list all recipients with what vouches for their keys')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action(({ config, json }: Options) =>
      finishWith(
        cli,
        withDaemon(cli, config, LIST).map((found) =>
          printData(cli, found, { json, lines: found.map(lineOf) }),
        ),
      ),
    );
};

const addShow = (recipients: Command, cli: Cli): void => {
  recipients
    .command('show <address>')
    .description('show a key and its fingerprint, to be compared with the recipient')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((address: string, { config, json }: Options) =>
      finishWith(
        cli,
        withDaemon(cli, config, showOf(address)).map((found) =>
          printData(cli, found, { json, lines: linesOf(found) }),
        ),
      ),
    );
};

const addSet = (recipients: Command, cli: Cli): void => {
  recipients
    .command('set <address> <key>')
    .description('set a key (32 bytes in hex or base64); held mail leaves under it')
    .option('-f, --config <file>', 'configuration file')
    .action((address: string, text: string, { config }: Options) => {
      const key = parseKeyText(text);
      const checked = key === undefined ? err<Uint8Array, CliError>({ kind: 'bad-key' }) : ok(key);
      const work = checked.asyncAndThen((found) =>
        withDaemon(cli, config, {
          ...doing('set', { address, key: toBase64(found) }),
          offline: ({ recipients: known }) => known.set(address, found).mapErr(asCliError),
        }),
      );
      return finishWith(
        cli,
        work.map(() => cli.terminal.print(`the key of ${address} is set`)),
      );
    });
};

const addRemove = (recipients: Command, cli: Cli): void => {
  recipients
    .command('remove <address>')
    .description('forget a key')
    .option('-f, --config <file>', 'configuration file')
    .action((address: string, { config }: Options) =>
      finishWith(
        cli,
        withDaemon(cli, config, {
          ...doing('remove', { address }),
          offline: ({ recipients: known }) => known.remove(address).mapErr(asCliError),
        }).map(() => cli.terminal.print(`${address} is removed`)),
      ),
    );
};

const addVerify = (recipients: Command, cli: Cli): void => {
  recipients
    .command('verify <address> <code...>')
    .description('compare the words or digits that the recipient reads out with the key')
    .option('-f, --config <file>', 'configuration file')
    .action((address: string, words: readonly string[], { config }: Options) => {
      const code = words.join(' ');
      const work = withDaemon(cli, config, {
        ...doing('verify', { address, code }),
        offline: ({ recipients: known }) => known.verify(address, code).mapErr(asCliError),
      });
      return finishWith(
        cli,
        work.map(() => cli.terminal.print(`the key of ${address} is verified`)),
      );
    });
};

const LIST: DaemonAsk<readonly JsonObject[]> = {
  method: 'recipients.list',
  params: {},
  read: (answer) => (Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : []),
  offline: ({ recipients }) =>
    ok<readonly JsonObject[], CliError>(listed(recipients)).asyncMap((found) =>
      Promise.resolve(found),
    ),
};

const listed = (recipients: Recipients): readonly JsonObject[] =>
  recipients.list().map(recipientJson);

const showOf = (address: string): DaemonAsk<JsonObject> => ({
  method: 'recipients.get',
  params: { address },
  read: (answer) => (isObject(answer) ? answer : {}),
  offline: ({ recipients }) =>
    recipients
      .get(address)
      .mapErr(asCliError)
      .asyncMap((found) => Promise.resolve(recipientJson(found))),
});

/** A change, which answers nothing. */
const doing = (
  verb: 'set' | 'remove' | 'verify',
  params: JsonObject,
): Omit<DaemonAsk<void>, 'offline'> => ({
  method: `recipients.${verb}`,
  params,
  read: () => undefined,
});

const asCliError = (error: RecipientError): CliError => error;

const lineOf = ({ address, trust, key }: JsonObject): string =>
  `${textOf(address)} ${textOf(trust)} ${textOf(key)}`;

const linesOf = ({ address, key, trust, words, digits, seen }: JsonObject): readonly string[] => [
  `address: ${textOf(address)}`,
  `key:     ${textOf(key)}`,
  `trust:   ${textOf(trust)}`,
  `words:   ${Array.isArray(words) ? words.map(textOf).join(' ') : ''}`,
  `digits:  ${textOf(digits)}`,
  ...(seen === null || seen === undefined ? [] : [`seen:    ${textOf(seen)}`]),
];
