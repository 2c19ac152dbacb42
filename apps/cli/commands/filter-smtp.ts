/**
 * `postern filter smtp` and `postern filter stop`: the sanitiser as a server in front of another.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Option, type Command } from 'commander';
import { err, errAsync, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import {
  serveFilter,
  type Credentials,
  type UpstreamOptions,
} from '../../../bridges/filter/index.js';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { formatAddress, parseAddress } from '../../../src/io/address.js';
import { nodeIo } from '../../../src/io/node.js';
import { ensurePrivateDirectory, readPrivateFile } from '../../config/private-files.js';
import { credentialFile } from '../../systemd/inherited.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { defaultDirectory } from '../places.js';
import { policyOf, type PolicyFlags, withPolicy } from '../policy-flags.js';
import { awaitStop } from '../stop.js';

interface SmtpFlags extends PolicyFlags {
  readonly listen: string;
  readonly to: string;
  readonly tls?: UpstreamOptions['tls'];
  readonly credentials?: string;
  readonly pidFile?: string;
}

interface StopFlags {
  readonly listen: string;
  readonly pidFile?: string;
}

/** Where anonymity networks have their submission, as Smigacy had it. */
const DEFAULT_PORT = 7659;
const CREDENTIAL = 'filter.credentials';

const LISTEN = '127.0.0.1 and the port that mail programs send to, such as :2526';

export const addFilterServer = (filter: Command, cli: Cli): void => {
  withPolicy(
    filter.command('smtp').description('sanitise whatever mail programs send through here'),
  )
    .requiredOption('--listen <address>', LISTEN)
    .option('--to <host:port>', 'the server that gets the mails', `127.0.0.1:${DEFAULT_PORT}`)
    .addOption(
      new Option('--tls <how>', 'how that server is reached; a remote one by starttls').choices([
        ...['none', 'starttls', 'implicit'],
      ]),
    )
    .option('--credentials <file>', 'its user name and password, a line each (mode 0600)')
    .option('--pid-file <file>', 'where the process id is kept')
    .action((flags: SmtpFlags) => finishWith(cli, run(cli, flags)));
  filter
    .command('stop')
    .description('end the filter that listens at an address')
    .requiredOption('--listen <address>', LISTEN)
    .option('--pid-file <file>', 'where its process id is kept')
    .action((flags: StopFlags) => finishWith(cli, stop(cli, flags)));
};

interface Place {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Nobody logs in here, so nobody else may reach it. */
const listenPlace = (text: string): Result<Place, CliError> => {
  const place = parseAddress(text.startsWith(':') ? `127.0.0.1${text}` : text);
  if (place?.kind === 'tcp' && LOOPBACK.test(place.host)) return ok(place);
  return err({ kind: 'usage', option: '--listen', problem: 'must be a port of this machine' });
};

const upstreamPlace = (text: string): Result<Place, CliError> => {
  const place = parseAddress(text) ?? parseAddress(`${text}:${DEFAULT_PORT}`);
  if (place?.kind === 'tcp') return ok(place);
  return err({ kind: 'usage', option: '--to', problem: 'must be a host and a port' });
};

const run = (cli: Cli, flags: SmtpFlags): ResultAsync<unknown, CliError> =>
  safeTry<unknown, CliError>(async function* () {
    const listen = yield* listenPlace(flags.listen);
    const to = yield* upstreamPlace(flags.to);
    const credentials = yield* credentialsOf(cli, flags);
    const tls = yield* tlsOf(flags, to, credentials !== undefined);
    const { clock, random, log } = nodeIo();
    const filter = yield* serveFilter({
      address: formatAddress({ kind: 'tcp', ...listen }),
      upstream: { ...to, tls, ...(credentials === undefined ? {} : { credentials }) },
      policy: policyOf(flags),
      ...{ clock, random, log },
    });
    const stopped = awaitStop();
    const kept = await keepPid(cli, flags, filter.address);
    if (kept.isOk()) {
      cli.terminal.print(`filtering from ${filter.address} to ${to.host}:${to.port}`);
      await stopped.requested;
      await kept.value();
    }
    await filter.close();
    return kept;
  });

/** Writes our process id; one that is there is of a filter that has ended, since the port was free. */
const keepPid = (
  cli: Cli,
  flags: SmtpFlags,
  address: string,
): ResultAsync<() => Promise<void>, CliError> => {
  const { files } = nodeIo();
  const path = pidPath(cli, flags, address);
  const folder: ResultAsync<void, CliError> =
    flags.pidFile === undefined ? ensurePrivateDirectory(dirname(path)) : okAsync(undefined);
  return folder
    .andThen(() => files.write(path, utf8(`${process.pid}\n`)).mapErr((error): CliError => error))
    .map(() => async () => {
      await files.remove(path).unwrapOr(undefined);
    });
};

/** A password leaves this machine under TLS only. */
const tlsOf = (
  { tls }: SmtpFlags,
  { host }: Place,
  hasPassword: boolean,
): Result<UpstreamOptions['tls'], CliError> => {
  const isNear = LOOPBACK.test(host);
  const chosen = tls ?? (isNear ? 'none' : 'starttls');
  const problem = 'a password does not leave this machine without TLS';
  return chosen === 'none' && hasPassword && !isNear
    ? err({ kind: 'usage', option: '--tls', problem })
    : ok(chosen);
};

/** From a file, or as the service manager passes them; never from the command line. */
const credentialsOf = (
  { terminal }: Cli,
  { credentials }: SmtpFlags,
): ResultAsync<Credentials | undefined, CliError> => {
  const path = credentials ?? credentialFile(terminal.env, CREDENTIAL);
  if (path === undefined) return okAsync(undefined);
  return readPrivateFile(nodeIo().files, path)
    .mapErr((error): CliError => error)
    .andThen((bytes): Result<Credentials, CliError> => {
      const [user = '', password = ''] = fromUtf8(bytes).split(/\r?\n/);
      if (user !== '' && password !== '') return ok({ user, password });
      const problem = 'must hold a user name and a password, a line each';
      return err({ kind: 'usage', option: '--credentials', problem });
    });
};

const pidPath = ({ terminal: { env } }: Cli, flags: StopFlags, address: string): string => {
  const port = address.slice(address.lastIndexOf(':') + 1);
  const directory = env['XDG_RUNTIME_DIR'] ?? defaultDirectory(env);
  return flags.pidFile ?? join(directory, `postern-filter-${port}.pid`);
};

const STOP_TRIES = 60;
const STOP_PAUSE_MS = 100;

const stop = (cli: Cli, flags: StopFlags): ResultAsync<void, CliError> =>
  listenPlace(flags.listen).asyncAndThen(({ port }) => {
    const path = pidPath(cli, flags, `:${port}`);
    const missing: CliError = { kind: 'not-running', socket: `127.0.0.1:${port}` };
    return nodeIo()
      .files.read(path)
      .mapErr(() => missing)
      .andThen((bytes) => new ResultAsync(end(Number(fromUtf8(bytes)))))
      .andThen((found) => {
        if (found === 'ended') return okAsync(undefined);
        // What a filter left that was killed misleads nobody any longer.
        return ResultAsync.fromSafePromise(nodeIo().files.remove(path).unwrapOr(undefined)).andThen(
          () => errAsync(missing),
        );
      });
  });

/** Asks a filter to end, and waits until it has; another process of that id is left alone. */
const end = async (pid: number): Promise<Result<'ended' | 'stale', CliError>> => {
  if (!(await isFilter(pid))) return ok('stale');
  process.kill(pid, 'SIGTERM');
  for (let tries = 0; tries < STOP_TRIES && (await isFilter(pid)); tries++) {
    await nodeIo().clock.sleep(STOP_PAUSE_MS);
  }
  return ok('ended');
};

const isFilter = async (pid: number): Promise<boolean> => {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes('filter');
};
