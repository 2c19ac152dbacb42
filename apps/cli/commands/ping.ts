/**
 * `postern ping NODE|all`: loops from a running mix, or an account, through nodes and back.
 * @module
 */
import { existsSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { err, ok, okAsync, Result, ResultAsync, safeTry } from 'neverthrow';
import { isObject, type JsonObject } from '../../../src/control/json.js';
import { fileKindOf } from '../../config/kind.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askRunning, daemonConfigOf, withoutDocument } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile, roleConfigPath } from '../files.js';
import { chooseAccount } from './account.js';
import { askPart } from './node/ask.js';
import { withDescriptors } from './desc.js';
import { configuredOf } from './node/config.js';

interface PingFlags {
  readonly config?: string;
  readonly account?: string;
  readonly count: number;
  readonly json?: boolean;
}

/** Everybody whom a loop can cross. */
const ALL = 'all';
const MOST = 2;

export const addPing = (program: Command, cli: Cli): void => {
  program
    .command('ping')
    .description(
      'send loops from a running mix or daemon through a node, or two, and wait for them',
    )
    .argument(
      '<node...>',
      `names as in the documents: one, or two of different layers; or a descriptor’s file; or ${ALL}`,
    )
    .option('-f, --config <file>', 'configuration file of the mix, or of the daemon')
    .option('--account <address>', 'which account of a daemon sends')
    .option('--count <n>', 'loops for each', countOf, 1)
    .option('--json', 'print JSON')
    .action((nodes: string[], flags: PingFlags) => finishWith(cli, ping(cli, nodes, flags)));
};

const countOf = (text: string): number => {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('A count is from 1 to 999.');
  return Number(text);
};

const ping = (
  cli: Cli,
  nodes: readonly string[],
  { config: told, account, count, json }: PingFlags,
): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    if (nodes.length > MOST) {
      const problem = 'at most two nodes';
      return err<never, CliError>({ kind: 'usage', option: '<node>', problem });
    }
    const send = yield* senderOf(cli, told, account);
    const paths = nodes[0] === ALL ? (yield* everybody(send)).map((name) => [name]) : [nodes];
    const found = yield* ResultAsync.combine(paths.map((path) => pingOne(send, path, count)));
    printData(cli, found, { json, lines: found.map(pingLine) });
    const lost = found.filter(({ returned }) => returned === 0).length;
    return lost === 0 ? ok(undefined) : err<never, CliError>({ kind: 'not-well', failed: lost });
  });

/** Sends a loop through nodes. */
type SendLoop = (nodes: readonly string[]) => ResultAsync<JsonObject, CliError>;

/** A running mix or daemon, as the file tells. */
const senderOf = (
  cli: Cli,
  told: string | undefined,
  account: string | undefined,
): ResultAsync<SendLoop, CliError> => {
  const path = pathOf(cli, told, account);
  return readConfigFile(path, (source) => ok(fileKindOf(source)))
    .mapErr((error): CliError => error)
    .andThen((kind) =>
      kind === 'daemon' ? daemonSender(cli, path, account) : mixSender(cli, path),
    );
};

/** The file of a mix where there is one, unless it is an account that sends. */
const pathOf = (
  { terminal }: Cli,
  told: string | undefined,
  account: string | undefined,
): string => {
  const ofMix = roleConfigPath(terminal, 'mix', told);
  return account === undefined && existsSync(ofMix) ? ofMix : configPath(terminal, told);
};

const mixSender = (cli: Cli, path: string): ResultAsync<SendLoop, CliError> =>
  configuredOf(cli, 'mix', path).map(
    ({ config }): SendLoop =>
      (nodes) =>
        askPart(config, 'ping', { nodes: [...nodes] }),
  );

const daemonSender = (
  cli: Cli,
  path: string,
  named: string | undefined,
): ResultAsync<SendLoop, CliError> =>
  daemonConfigOf(cli, path).andThen((config) =>
    chooseAccount(config, named).map(
      (account): SendLoop =>
        (nodes) =>
          Result.combine(nodes.map((node) => withDescriptors(cli, node)))
            .asyncAndThen((named) =>
              askRunning(config, 'accounts.ping', { account, nodes: named }).mapErr((error) =>
                withoutDocument(account, error),
              ),
            )
            .map((answer) => (isObject(answer) ? answer : {})),
    ),
  );

/** Asking for nobody tells who there is. */
const everybody = (send: SendLoop): ResultAsync<readonly string[], CliError> =>
  send([])
    .map((): readonly string[] => [])
    .orElse((error): Result<readonly string[], CliError> => {
      if (error.kind !== 'refused' || !isObject(error.data)) return err(error);
      const { kind, nodes } = error.data;
      if (kind !== 'not-crossed' || !Array.isArray(nodes)) return err(error);
      return ok(nodes.filter((name) => typeof name === 'string'));
    });

const pingOne = (
  send: SendLoop,
  nodes: readonly string[],
  count: number,
): ResultAsync<JsonObject, CliError> => {
  const loops = Array.from({ length: count }, () => send(nodes));
  return ResultAsync.combine(loops).andThen((answers) => {
    const times = answers.flatMap(({ roundTripMs }) =>
      typeof roundTripMs === 'number' ? [roundTripMs] : [],
    );
    const meanMs = times.length === 0 ? null : Math.round(mean(times));
    const counts = { sent: count, returned: times.length, lost: count - times.length };
    return okAsync({ nodes: [...nodes], ...counts, roundTripMs: meanMs });
  });
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

const pingLine = ({ nodes, sent, returned, roundTripMs }: JsonObject): string => {
  const names = Array.isArray(nodes) ? nodes.map(textOf).join(' ') : '';
  const time = typeof roundTripMs === 'number' ? `, ${roundTripMs} ms with all delays` : '';
  return `${names}: ${textOf(returned)} of ${textOf(sent)} came back${time}`;
};
