/**
 * `postern queue`: mails on their way, and how to stop one.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, okAsync, type Result, type ResultAsync } from 'neverthrow';
import { queuedJson } from '../../../bridges/management/shapes.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import type { DaemonConfig } from '../../daemon/config.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askDaemon, daemonConfigOf, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface ListOptions {
  readonly config?: string;
  readonly account?: string;
  readonly json?: boolean;
}

interface CancelOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export const addQueue = (program: Command, cli: Cli): void => {
  const queue = program.command('queue').description('mails that have not all been acknowledged');
  queue
    .command('list', { isDefault: true })
    .description('show them')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'only of this account')
    .option('--json', 'print JSON')
    .action((options: ListOptions) => finishWith(cli, list(cli, options)));
  queue
    .command('cancel')
    .description('send mails no more; parts of them may have arrived')
    .argument('<id...>', 'their ids, as list shows them')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((ids: string[], options: CancelOptions) => finishWith(cli, cancel(cli, ids, options)));
};

const list = (cli: Cli, { config, account, json }: ListOptions): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, config)
    .andThen((found) => askDaemon(found, listQuestion(account)))
    .map((mails) => printData(cli, mails, { json, lines: mails.map(mailLine) }));

/** All that is queued, a line each. */
export const queuedLines = (config: DaemonConfig): ResultAsync<readonly string[], CliError> =>
  askDaemon(config, listQuestion()).map((mails) => mails.map(mailLine));

const listQuestion = (account?: string): DaemonAsk<readonly JsonObject[]> => ({
  method: 'outbox.list',
  params: account === undefined ? {} : { account },
  read: (answer) => objectsOf(answer),
  offline: (client) => okAsync(objectsOf(client.outbox.list(account).map(queuedJson))),
});

const objectsOf = (value: Json): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter((each: Json) => isObject(each)) : [];

/** Like `mailq`: what, from whom, to whom, how far, and until when. */
const mailLine = (mail: JsonObject): string => {
  const { messageId, account, recipient, state, acknowledged, blocks, bounceAt } = mail;
  const until = new Date(Number(bounceAt)).toISOString();
  return [
    textOf(messageId),
    textOf(account),
    '->',
    textOf(recipient),
    textOf(state),
    `${textOf(acknowledged)}/${textOf(blocks)} blocks`,
    `until ${until}`,
  ].join(' ');
};

const cancel = (
  cli: Cli,
  ids: readonly string[],
  { config, json }: CancelOptions,
): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, config)
    .andThen((found) => requireQueued(found, ids).andThen(() => cancelAll(found, ids)))
    .map(() => {
      const data = ids.map((messageId) => ({ messageId, cancelled: true }));
      printData(cli, data, { json, lines: ids.map((id) => `${id} cancelled`) });
    });

/** A misspelt id must not pass for a cancelled mail; none is cancelled then. */
const requireQueued = (config: DaemonConfig, ids: readonly string[]): ResultAsync<void, CliError> =>
  askDaemon(config, listQuestion()).andThen((mails): Result<void, CliError> => {
    const queued = mails.map(({ messageId }) => messageId);
    const unknown = ids.find((id) => !queued.includes(id));
    return unknown === undefined
      ? ok(undefined)
      : err({ kind: 'no-such-message', messageId: unknown });
  });

const cancelAll = (config: DaemonConfig, ids: readonly string[]): ResultAsync<void, CliError> =>
  ids.reduce<ResultAsync<void, CliError>>(
    (before, messageId) => before.andThen(() => askDaemon(config, cancelQuestion(messageId))),
    okAsync(undefined),
  );

const cancelQuestion = (messageId: string): DaemonAsk<undefined> => ({
  method: 'outbox.cancel',
  params: { messageId },
  read: () => undefined,
  offline: (client) =>
    client.outbox
      .cancel(messageId)
      .map(() => undefined)
      .mapErr((error): CliError => error),
});
