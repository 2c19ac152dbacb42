/**
 * `postern watch`: what happens in a running daemon, as it happens.
 * @module
 */
import type { Command } from 'commander';
import { errAsync, ResultAsync } from 'neverthrow';
import { followDaemon } from '../../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import { finishWith, textOf, type Cli } from '../cli.js';
import { daemonConfigOf } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';

interface WatchOptions {
  readonly config?: string;
  readonly account?: string;
  readonly notices?: boolean;
  readonly json?: boolean;
}

export const addWatch = (program: Command, cli: Cli): void => {
  program
    .command('watch')
    .description('show what happens in the daemon, until it ends or you do')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'only of this account')
    .option('--notices', 'only that mail has come: the account and how many')
    .option('--json', 'print one JSON object per line')
    .action((options: WatchOptions) => finishWith(cli, watch(cli, options)));
};

const watch = (cli: Cli, options: WatchOptions): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, options.config).andThen(({ socket }) =>
    followDaemon(
      { network: nodeIo().network, path: socket },
      options.notices === true ? 'notices' : 'events',
    )
      .orElse((error) =>
        error.kind === 'dial' && error.reason === 'refused'
          ? errAsync<AsyncIterable<Json>, CliError>({ kind: 'not-running', socket })
          : errAsync<AsyncIterable<Json>, CliError>(error),
      )
      // A script has to know from when on nothing is missed.
      .andTee(() => cli.terminal.tell('watching'))
      .andThen((events) => ResultAsync.fromSafePromise(printAll(cli, events, options))),
  );

const printAll = async (
  { terminal, emit }: Cli,
  events: AsyncIterable<Json>,
  { account, json }: WatchOptions,
): Promise<void> => {
  for await (const event of events) {
    if (!isObject(event) || (account !== undefined && event['account'] !== account)) continue;
    emit({ type: 'data', data: event });
    terminal.print(json === true ? JSON.stringify(event) : eventLine(event, new Date()));
  }
  terminal.tell('the daemon has ended');
};

const TIME_LENGTH = 8;

/** `12:34:56 alice@p1.test sent to=bob@p2.test ...` */
export const eventLine = ({ kind = 'mail', account, ...facts }: JsonObject, now: Date): string =>
  [now.toTimeString().slice(0, TIME_LENGTH), textOf(account), textOf(kind), ...factsOf(facts)].join(
    ' ',
  );

/** Facts within facts stand beside them: nothing has a name twice. */
const factsOf = (facts: JsonObject): readonly string[] =>
  Object.entries(facts).flatMap(([name, fact]) =>
    isObject(fact) ? factsOf(fact) : [`${name}=${textOf(fact)}`],
  );
