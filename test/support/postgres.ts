/** A PostgreSQL of our own, on a Unix socket in a temporary directory. */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import type { DataSource } from '../../servers/provider/postgres/data-source.js';

const run = promisify(execFile);

const ROOT = '/usr/lib/postgresql';
const isRoot = process.getuid?.() === 0;

/** Where Debian has the programs, which are not on the path. */
const programs = (): string | undefined => {
  const versions = existsSync(ROOT) ? readdirSync(ROOT) : [];
  return versions
    .map((version) => join(ROOT, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
};

/** Why there is no PostgreSQL here; printed once. */
export const noPostgres = programs() === undefined ? 'apt-get install postgresql' : undefined;
if (noPostgres !== undefined) console.warn(`skipped: PostgreSQL is not installed (${noPostgres})`);

export interface Cluster {
  /** A fresh, empty database. */
  makeDatabase(): Promise<DataSource>;
  /** Ends the server as `mode` says, and starts it again. */
  restart(mode: 'fast' | 'immediate'): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes everything. */
  dispose(): Promise<void>;
}

/** PostgreSQL does not run as root. */
const asPostgres = async (program: string, ...words: readonly string[]): Promise<void> => {
  const path = join(programs() ?? '', program);
  await (isRoot
    ? run('runuser', ['-u', 'postgres', '--', path, ...words], { cwd: '/' })
    : run(path, [...words]));
};

const makeDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-pg-'));
  if (isRoot) {
    const { stdout } = await run('id', ['-u', 'postgres']);
    await chown(directory, Number(stdout), -1);
  }
  return directory;
};

/** Starts a server; the caller must dispose of it. */
export const startCluster = async (): Promise<Cluster> => {
  const directory = await makeDirectory();
  const data = join(directory, 'data');
  const options = `-c listen_addresses='' -c unix_socket_directories='${directory}' -c max_connections=80`;
  const start = (): Promise<void> =>
    asPostgres('pg_ctl', '-D', data, '-w', '-l', join(directory, 'log'), '-o', options, 'start');
  const stop = (mode = 'fast'): Promise<void> =>
    asPostgres('pg_ctl', '-D', data, '-w', '-m', mode, 'stop');
  await asPostgres('initdb', '-D', data, '-U', 'postern', '-A', 'trust', '--no-sync');
  await start();
  let made = 0;
  const sourceOf = (database: string): DataSource => ({
    ...{ host: directory, port: 5432, database, user: 'postern' },
    password: undefined,
    tls: 'disable',
  });
  return {
    makeDatabase: async () => {
      const name = `d${++made}`;
      await query({ ...sourceOf('postgres') }, `create database ${name}`);
      return sourceOf(name);
    },
    restart: async (mode) => {
      await stop(mode);
      await start();
    },
    start,
    stop: () => stop(),
    dispose: async () => {
      await stop('immediate').catch(() => undefined);
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** One statement on a connection of its own. */
export const query = async (
  { host, port, database = '', user = '' }: DataSource,
  statement: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const sql = postgres({ host, port, database, user, max: 1, onnotice: () => undefined });
  const rows = await sql.unsafe(statement);
  await sql.end();
  return [...rows];
};
