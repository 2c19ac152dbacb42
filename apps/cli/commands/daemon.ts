/**
 * `postern daemon`: runs a client with its bridges until it is told to end.
 * @module
 */
import type { Command } from 'commander';
import { ok, safeTry, type ResultAsync } from 'neverthrow';
import { toBase64 } from '../../../src/bytes/text.js';
import { nodeIo, type NodeLog } from '../../../src/io/node.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { openLog } from '../../config/logging.js';
import { ensurePrivateDirectory } from '../../config/private-files.js';
import { readDaemonConfig, type DaemonConfig } from '../../daemon/config.js';
import { generateKeys, startDaemon, type RunningDaemon } from '../../daemon/daemon.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { configPath, readConfigFile } from '../files.js';
import { awaitStop, onHangUp, writePidFile } from '../stop.js';

interface DaemonOptions {
  readonly config?: string;
  readonly generate?: boolean;
  readonly unsafeDebug?: boolean;
}

export const addDaemon = (program: Command, cli: Cli): void => {
  program
    .command('daemon')
    .description('run the mail daemon: SMTP, POP3, Maildir and drop folder over the mix network')
    .option('-f, --config <file>', 'configuration file')
    .option('-g, --generate', 'make the keys that are missing, print the public ones, and end')
    .option('--unsafe-debug', 'print names and keys in the log')
    .action((options: DaemonOptions) => finishWith(cli, daemon(cli, options)));
};

const daemon = (cli: Cli, options: DaemonOptions): ResultAsync<void, CliError> =>
  readConfigFile(configPath(cli.terminal, options.config), readDaemonConfig).andThen((config) => {
    process.umask(0o077);
    const unsafe = options.unsafeDebug ? ({ level: 'debug', unsafeDebug: true } as const) : {};
    const wanted = { ...config, logging: { ...config.logging, ...unsafe } };
    return options.generate || config.generateOnly ? generate(cli, wanted) : serve(wanted);
  });

const generate = ({ terminal }: Cli, config: DaemonConfig): ResultAsync<void, CliError> =>
  generateKeys(config, { io: nodeIo() }).map((keys) => {
    for (const [account, key] of keys) terminal.print(`${account} ${toBase64(key)}`);
  });

const serve = (config: DaemonConfig): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    // The log may be in it.
    yield* ensurePrivateDirectory(config.client.dataDir);
    const log = openLog(config.logging);
    const io = { ...nodeIo(), log };
    const stop = awaitStop();
    const daemon = yield* startDaemon(config, {
      io,
      openStore: openSqliteStore,
      shutdown: () => stop.request(),
    });
    const removePidFile = yield* writePidFile(io.files, config.client.dataDir);
    onHangUp(() => void hangUp(daemon, log));
    log.write('notice', 'daemon', 'ready', { smtp: daemon.smtp, pop3: daemon.pop3 });
    await stop.requested;
    log.write('notice', 'daemon', 'shutting down');
    await daemon.close();
    await removePidFile();
    log.close();
    return ok(undefined);
  });

/** Reopens the log, for after it was renamed, and reads the recipients again. */
const hangUp = async (daemon: RunningDaemon, log: NodeLog): Promise<void> => {
  log.reopen();
  await daemon.rescan().match(
    (problems) => {
      log.write('notice', 'daemon', 'recipients read again', { unusable: problems.length });
      for (const problem of problems)
        log.write('warning', 'daemon', 'unusable recipient', { ...problem });
    },
    (error) => log.write('error', 'daemon', 'recipients not read', { problem: error.kind }),
  );
};
