/**
 * What the service manager passes to a program that it starts: open sockets and secrets.
 *
 * Sources: sd_listen_fds(3); systemd.exec(5), `LoadCredential=`.
 * @module
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The first descriptor of those that are passed. */
const FIRST_DESCRIPTOR = 3;

/** Addresses of the sockets that were passed to this process, such as `fd:3`, by their names. */
export const passedSockets = (env: Environment, pid: number): ReadonlyMap<string, string> => {
  const count = Number(env['LISTEN_PID']) === pid ? Number(env['LISTEN_FDS'] ?? 0) : 0;
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':').slice(0, count);
  const numbered = names.map((name, i) => [name, `fd:${FIRST_DESCRIPTOR + i}`] as const);
  // Of two with one name the first counts.
  return new Map(numbered.toReversed());
};

/** The file of a secret that was passed to this process; none when there is no such secret. */
export const credentialFile = (env: Environment, name: string): string | undefined => {
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') return undefined;
  const path = join(directory, name);
  return existsSync(path) ? path : undefined;
};
