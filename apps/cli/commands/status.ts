/**
 * `postern status`: what a daemon is doing, or what waits when none runs.
 * @module
 */
import type { Command } from 'commander';
import { okAsync, type ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { statusJson } from '../../daemon/methods.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { withDaemon, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface StatusOptions {
  readonly config?: string;
  readonly json?: boolean;
}

export const addStatus = (program: Command, cli: Cli): void => {
  program
    .command('status')
    .description('show connections, outboxes and inboxes')
    .option('-f, --config <file>', 'configuration file')
    .option('--json', 'print JSON')
    .action((options: StatusOptions) => finishWith(cli, status(cli, options)));
};

const ASK: DaemonAsk<JsonObject> = {
  method: 'status',
  params: {},
  read: (answer) => (isObject(answer) ? answer : {}),
  offline: (client) => okAsync(statusJson(client.accounts.status())),
};

const status = (cli: Cli, { config, json }: StatusOptions): ResultAsync<void, CliError> =>
  withDaemon(cli, config, ASK).map((found) =>
    printData(cli, found, {
      json,
      lines: [...listOf(found['accounts']).map(accountLine), ...daemonLines(found)],
    }),
  );

/** The daemon itself; nothing where none runs. */
const daemonLines = (found: JsonObject): readonly string[] => {
  const { pid, upMs, smtp, pop3, recipients, needsRestart } = found;
  if (typeof pid !== 'number') return ['no daemon is running'];
  const up = typeof upMs === 'number' ? [`up ${durationText(upMs)}`] : [];
  const listeners = [
    ...(typeof smtp === 'string' ? [`SMTP ${smtp}`] : []),
    ...(typeof pop3 === 'string' ? [`POP3 ${pop3}`] : []),
  ];
  const late = listOf(needsRestart).map(textOf);
  return [
    [`daemon: process ${pid}`, ...up, ...listeners, `${textOf(recipients)} recipients`].join(', '),
    ...(late.length === 0 ? [] : [`a restart is needed for ${late.join(', ')}`]),
  ];
};

const MINUTE_MS = 60_000;

const durationText = (ms: number): string => {
  const minutes = Math.floor(ms / MINUTE_MS);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value.map((each: Json) => each) : [];

/** Below this a clock is right. */
const SKEW_LIMIT_MS = 120_000;

const isSkewed = (skewMs: Json | undefined): skewMs is number =>
  typeof skewMs === 'number' && Math.abs(skewMs) > SKEW_LIMIT_MS;

/** What is wrong, and with which file where it is one. */
const problemText = ({ kind, path, problem, reason }: JsonObject): string =>
  [kind, path, problem, reason].filter((fact) => typeof fact === 'string').join(': ');

const accountLine = (account: Json): string => {
  if (!isObject(account)) return '';
  const { account: address, connection, document, problem, outbox, inbox } = account;
  const { fragments, skewMs } = account;
  const count = (value: Json | undefined, name: string): string =>
    textOf(isObject(value) ? value[name] : 0);
  return [
    `${textOf(address)}: ${textOf(connection)}`,
    ...(isObject(problem) ? [problemText(problem)] : []),
    ...(document === 'stale' ? ['the document is stale'] : []),
    `outbox ${count(outbox, 'mails')} mails (${count(outbox, 'blocks')} blocks)`,
    `inbox ${count(inbox, 'count')} mails`,
    `${textOf(fragments)} parts of others`,
    ...(isSkewed(skewMs) ? [`clock off by ${Math.round(skewMs / 1000)} s`] : []),
  ].join(', ');
};
