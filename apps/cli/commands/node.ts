/**
 * `postern node authority|mix|provider run`: runs one part of a mix network.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, safeTry, type Result, type ResultAsync } from 'neverthrow';
import { toBase64 } from '../../../src/bytes/text.js';
import { nodeIo } from '../../../src/io/node.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { openLog } from '../../config/logging.js';
import { ensurePrivateDirectory } from '../../config/private-files.js';
import type { ConfigProblem } from '../../config/toml.js';
import { readAuthorityConfig, readServerConfig, type NodeConfig } from '../../node/config.js';
import { generateIdentity, startPart } from '../../node/run.js';
import { makeSupervisor } from '../../systemd/notify.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { addAuthorityNodes } from './authority-nodes.js';
import { nodeConfigPath, readConfigFile } from '../files.js';
import { awaitStop, onHangUp, writePidFile } from '../stop.js';

interface RunOptions {
  readonly config?: string;
  readonly generate?: boolean;
}

type Role = NodeConfig['kind'];
type Reader = (source: string, file: string) => Result<NodeConfig, readonly ConfigProblem[]>;

const ROLES: Readonly<Record<Role, { readonly read: Reader; readonly what: string }>> = {
  authority: { read: readAuthorityConfig, what: 'the directory authority' },
  mix: { read: readServerConfig, what: 'a mix' },
  provider: { read: readServerConfig, what: 'a provider, with its users and services' },
};

export const addNode = (program: Command, cli: Cli): void => {
  const node = program.command('node').description('run a part of a mix network');
  for (const role of ['authority', 'mix', 'provider'] as const) {
    const verbs = node.command(role).description(ROLES[role].what);
    if (role === 'authority') addAuthorityNodes(verbs, cli);
    verbs
      .command('run')
      .description(`run ${ROLES[role].what}`)
      .option('-f, --config <file>', 'configuration file')
      .option('-g, --generate', 'make the keys that are missing, print the public one, and end')
      .action((options: RunOptions) => finishWith(cli, run(cli, role, options)));
  }
};

const run = (cli: Cli, role: Role, options: RunOptions): ResultAsync<void, CliError> =>
  readConfigFile(nodeConfigPath(cli.terminal, options.config), ROLES[role].read)
    .andThen((config) => checkRole(role, config))
    .andThen((config) => {
      process.umask(0o077);
      const { terminal } = cli;
      return options.generate || config.generateOnly
        ? generate(cli, config)
        : serve(config, terminal);
    });

const checkRole = (role: Role, config: NodeConfig): Result<NodeConfig, CliError> =>
  config.kind === role
    ? ok(config)
    : err({ kind: 'usage', option: '--config', problem: `this is the file of a ${config.kind}` });

const generate = ({ terminal }: Cli, config: NodeConfig): ResultAsync<void, CliError> =>
  generateIdentity(config, nodeIo()).map((key) => terminal.print(toBase64(key)));

const serve = (config: NodeConfig, { env }: Cli['terminal']): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    // The log may be in it.
    yield* ensurePrivateDirectory(config.dataDir);
    const log = openLog(config.logging);
    for (const { line, key, problem } of config.warnings) {
      log.write('warning', 'config', `${key} ${problem}`, { line });
    }
    const workers = config.kind === 'authority' ? 0 : config.workers;
    const io = { ...nodeIo(workers === undefined ? {} : { workers: { count: workers } }), log };
    const supervisor = makeSupervisor({ env, log });
    const stop = awaitStop();
    const part = yield* startPart(config, {
      io,
      openStore: openSqliteStore,
      shutdown: () => stop.request(),
    });
    const removePidFile = yield* writePidFile(io.files, config.dataDir);
    onHangUp(() => log.reopen());
    log.write('notice', config.kind, 'ready', { address: part.addresses.join(' ') });
    supervisor.ready();
    const alive = new AbortController();
    void supervisor.keepAlive(io.clock, alive.signal);
    await stop.requested;
    supervisor.stopping();
    log.write('notice', config.kind, 'shutting down');
    await part.close();
    await removePidFile();
    alive.abort();
    log.close();
    return ok(undefined);
  });
