/**
 * A part as a process: from its configuration to the signal that ends it.
 * @module
 */
import { ok, safeTry, type ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../../../src/io/contracts.js';
import { nodeIo } from '../../../../src/io/node.js';
import { openSqliteStore } from '../../../../src/store/sqlite.js';
import { openLog } from '../../../config/logging.js';
import type { NodeConfig } from '../../../node/config.js';
import { directoryViaEnvironment } from '../../../node/environment-proxy.js';
import { exposedFiles, refuseExposed } from '../../../node/paranoia.js';
import type { ReloadSource } from '../../../node/reload.js';
import { startPart } from '../../../node/run.js';
import { makeSupervisor, type Supervisor } from '../../../systemd/notify.js';
import type { Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { awaitStop, onHangUp, writePidFile, type Stop } from '../../stop.js';

export type Serving = Omit<ReloadSource, 'log'>;

/** Named after mixminiond's, which does the same. */
const NO_PARANOIA = 'POSTERN_NO_FILE_PARANOIA';

const isLax = ({ terminal }: Cli): boolean => terminal.env[NO_PARANOIA] === '1';

/** Refuses secrets that others can read or replace, unless the environment says otherwise. */
export const guardFiles = (cli: Cli, config: NodeConfig, log: Log): ResultAsync<void, CliError> =>
  exposedFiles(config)
    .andThen((found) =>
      refuseExposed(found, {
        lax: isLax(cli),
        tell: ({ path, problem }) =>
          log.write('warning', 'files', 'not private', { path, problem }),
      }),
    )
    .mapErr((error): CliError => error);

/** Of what its file says, what it should not. */
const warn = (log: Log, { warnings }: NodeConfig): void => {
  for (const { line, key, problem } of warnings) {
    log.write('warning', 'config', `${key} ${problem}`, { line });
  }
};

/** Runs until a signal or the control socket ends it. */
export const serve = (cli: Cli, serving: Serving): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    const { config } = serving.configured;
    const { env } = cli.terminal;
    const workers = config.kind === 'authority' ? 0 : config.workers;
    const world = nodeIo(workers === undefined ? {} : { workers: { count: workers } });
    // The log may be in it.
    yield* world.files.makeDirectory(config.dataDir);
    const log = openLog(serving.logging(config.logging));
    const io = { ...world, log };
    warn(log, config);
    yield* guardFiles(cli, config, log);
    const stop = awaitStop();
    // From now on, since without anybody to hear it this signal ends a process.
    let hangUp = (): void => undefined;
    onHangUp(() => hangUp());
    const part = yield* startPart(config, {
      io,
      openStore: openSqliteStore,
      directoryVia: yield* directoryViaEnvironment(env, io.clock),
      lax: isLax(cli),
      source: { ...serving, log },
      shutdown: () => stop.request(),
    });
    const removePidFile = yield* writePidFile(io.files, config.pidFile);
    const supervisor = makeSupervisor({ env, log });
    hangUp = () => {
      supervisor.reloading();
      void part.reload().then(() => supervisor.ready());
    };
    const { addresses } = part;
    log.write('notice', config.kind, 'ready', { address: addresses.join(' ') });
    cli.emit({ type: 'ready', pid: process.pid, addresses: [...addresses] });
    await untilStopped(supervisor, io.clock, stop);
    log.write('notice', config.kind, 'shutting down');
    await part.close();
    await removePidFile();
    log.close();
    return ok(undefined);
  });

const untilStopped = async (supervisor: Supervisor, clock: Clock, stop: Stop): Promise<void> => {
  const alive = new AbortController();
  supervisor.ready();
  void supervisor.keepAlive(clock, alive.signal);
  await stop.requested;
  supervisor.stopping();
  alive.abort();
};
