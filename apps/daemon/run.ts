/**
 * The daemon as a program: from its configuration to the signal that ends it.
 * @module
 */
import { join } from 'node:path';
import { ok, safeTry, type Result, type ResultAsync } from 'neverthrow';
import type { FilesError } from '../../src/io/contracts.js';
import { collectOnceSettled, nodeIo } from '../../src/io/node.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import { awaitStop, onHangUp, writePidFile } from '../cli/stop.js';
import { openLog, type LoggingConfig } from '../config/logging.js';
import { ensurePrivateDirectory } from '../config/private-files.js';
import { makeSupervisor } from '../systemd/notify.js';
import { startDaemon } from './daemon.js';
import type { DaemonError } from './errors.js';
import { withInherited } from './inherit.js';
import type { Configured } from './reload-plan.js';
import { Reloader, type ReadError } from './reload.js';

export interface RunOptions {
  readonly configured: Configured;
  /** Reads the configuration file again. */
  readonly read: () => PromiseLike<Result<Configured, ReadError>>;
  /** Logs at `DEBUG`, with names and keys. */
  readonly unsafeDebug: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs until a signal or the control socket ends it. */
export const runDaemon = (options: RunOptions): ResultAsync<void, DaemonError | FilesError> =>
  safeTry(async function* () {
    const { configured, read, env } = options;
    const config = withInherited(configured.config, env);
    // The log may be in it.
    yield* ensurePrivateDirectory(config.client.dataDir);
    const logging = (of: LoggingConfig): LoggingConfig =>
      options.unsafeDebug ? { ...of, level: 'debug', unsafeDebug: true } : of;
    const log = openLog(logging(config.logging));
    const io = { ...nodeIo(), log };
    const supervisor = makeSupervisor({ env, log });
    const stop = awaitStop();
    const shutdown = (): void => stop.request();
    // From now on, since without anybody to hear it this signal ends a process.
    let reload = (): Promise<void> => Promise.resolve();
    onHangUp(() => void reload());
    const world = { io, openStore: openSqliteStore, shutdown, reload: () => reload() };
    const daemon = yield* startDaemon(config, world);
    const reloader = new Reloader({ daemon, log, configured, logging });
    reload = async () => {
      supervisor.reloading();
      await reloader.reload(read);
      supervisor.ready();
    };
    const removePidFile = yield* writePidFile(io.files, join(config.client.dataDir, 'pid'));
    log.write('notice', 'daemon', 'ready', { smtp: daemon.smtp, pop3: daemon.pop3 });
    supervisor.ready();
    collectOnceSettled();
    const alive = new AbortController();
    void supervisor.keepAlive(io.clock, alive.signal);
    await stop.requested;
    supervisor.stopping();
    log.write('notice', 'daemon', 'shutting down');
    await daemon.close();
    await removePidFile();
    alive.abort();
    log.close();
    return ok(undefined);
  });
