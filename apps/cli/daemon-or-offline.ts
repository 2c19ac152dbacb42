/**
 * A question that a running daemon answers over its socket, and the same client opened here where
 * none runs.
 * @module
 */
import { errAsync, ResultAsync } from 'neverthrow';
import { callDaemon } from '../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';
import type { Io, Network } from '../../src/io/contracts.js';
import { nodeIo } from '../../src/io/node.js';
import type { MixClient } from '../../src/index.js';
import { readDaemonConfig, type DaemonConfig } from '../daemon/config.js';
import { withOfflineClient } from '../daemon/daemon.js';
import { isLocked } from '../daemon/patient-store.js';
import type { Cli } from './cli.js';
import type { CliError } from './errors.js';
import { configPath, readConfigFile } from './files.js';

export interface DaemonAsk<T> {
  readonly method: string;
  readonly params: JsonObject;
  readonly read: (answer: Json) => T;
  /** The same, from a client without a connection. */
  readonly offline: (client: MixClient, config: DaemonConfig) => ResultAsync<T, CliError>;
}

/** The configuration of the daemon that a command means. */
export const daemonConfigOf = (
  { terminal }: Cli,
  told: string | undefined,
): ResultAsync<DaemonConfig, CliError> =>
  readConfigFile(configPath(terminal, told), readDaemonConfig).mapErr((error): CliError => error);

/** Asks the daemon of a configuration file. */
export const withDaemon = <T>(
  cli: Cli,
  told: string | undefined,
  question: DaemonAsk<T>,
): ResultAsync<T, CliError> =>
  daemonConfigOf(cli, told).andThen((config) => askDaemon(config, question));

/** Asks what only a running daemon can do. @errors `not-running` */
export const askRunning = (
  { socket }: DaemonConfig,
  method: string,
  params: JsonObject,
): ResultAsync<Json, CliError> =>
  callDaemon({ network: nodeIo().network, path: socket }, method, params).mapErr(
    (error): CliError =>
      error.kind === 'dial' && error.reason === 'refused' ? { kind: 'not-running', socket } : error,
  );

/** Says of an account that it knows no network yet. */
export const withoutDocument = (account: string, error: CliError): CliError =>
  error.kind === 'refused' && isObject(error.data) && error.data['kind'] === 'no-document'
    ? { kind: 'not-done', account, reason: 'the mix network is not reachable yet' }
    : error;

/** How often a store that somebody else has open is tried, and the pause before the next time. */
const TRIES = 20;
const PAUSE_MS = 250;

/**
 * Asks a daemon; nobody on its socket means that none runs. One that is just starting or ending has
 * the stores and no socket, so it is asked again.
 */
export const askDaemon = <T>(
  config: DaemonConfig,
  question: DaemonAsk<T>,
): ResultAsync<T, CliError> =>
  withEither(config, {
    daemon: (network) =>
      callDaemon({ network, path: config.socket }, question.method, question.params).map(
        question.read,
      ),
    offline: (client) => question.offline(client, config),
  });

/** The same work by a daemon, and by a client without a connection. */
export interface Either<T> {
  /** Begins anew without a daemon where none answers. */
  readonly daemon: (network: Network) => ResultAsync<T, CliError>;
  readonly offline: (client: MixClient) => ResultAsync<T, CliError>;
}

/** Works with a daemon, or without; see {@link askDaemon}. */
export const withEither = <T>(
  config: DaemonConfig,
  either: Either<T>,
  tries = TRIES,
): ResultAsync<T, CliError> => {
  const io = nodeIo();
  return workOnce(io, config, either).orElse((error) =>
    isLocked(error) && tries > 1
      ? ResultAsync.fromSafePromise(io.clock.sleep(PAUSE_MS)).andThen(() =>
          withEither(config, either, tries - 1),
        )
      : errAsync(error),
  );
};

const workOnce = <T>(
  io: Io,
  config: DaemonConfig,
  { daemon, offline }: Either<T>,
): ResultAsync<T, CliError> =>
  daemon(io.network).orElse((error) =>
    error.kind === 'dial' && error.reason === 'refused'
      ? withOfflineClient(config, { io }, offline)
      : errAsync(error),
  );
