/**
 * The file of a Unix socket: private from its first moment, and never taken from a living process.
 *
 * The socket is bound inside a fresh private directory, closed to others, and only then linked to
 * its name. The link fails when the name exists, which makes the socket usable as a lock.
 * @module
 */
import { chmod, link, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { ListenError } from '../contracts.js';
import { faultCode } from './fault.js';

type Refusal = ListenError['reason'];

/** Short, since the whole path of a socket has about a hundred bytes. */
const NEST_PREFIX = '.s-';
const SOCKET_MODE = 0o600;

/** Whether somebody accepts connections there. */
const isLive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path);
    const answer = (live: boolean): void => {
      probe.destroy();
      resolve(live);
    };
    probe.once('connect', () => answer(true));
    // Only a refusal proves that nobody listens; a full backlog or a lack of rights does not.
    probe.once('error', (error) => answer(faultCode(error) !== 'ECONNREFUSED'));
  });

const inodeOf = async (path: string): Promise<number> => (await lstat(path)).ino;

/** Links unless the name is taken. */
const tryLink = async (from: string, to: string): Promise<boolean> => {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (faultCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
};

/** Moves a dead socket out of the way; `false` when what is there is alive or no socket. */
const removeStale = async (path: string, nest: string): Promise<boolean> => {
  const found = await lstat(path);
  if (!found.isSocket() || (await isLive(path))) return false;
  const grave = join(nest, 'o');
  await rename(path, grave);
  if ((await inodeOf(grave)) === found.ino) return true;
  // Another process was quicker and this is its socket: it gets its name back.
  await rename(grave, path);
  return false;
};

const claimName = async (socket: string, path: string, nest: string): Promise<boolean> => {
  if (await tryLink(socket, path)) return true;
  return (await removeStale(path, nest)) && (await tryLink(socket, path));
};

/** Removes the name if it is still this socket's. */
const releaseName = async (path: string, inode: number): Promise<void> => {
  try {
    if ((await inodeOf(path)) === inode) await unlink(path);
  } catch (thrown) {
    if (faultCode(thrown) !== 'ENOENT') throw thrown;
  }
};

/**
 * Binds `server` and gives its socket the name `path`.
 *
 * @param bind - binds the server to the path that it is given
 * @returns takes the name away again
 */
export const bindUnix = async (
  server: Server,
  path: string,
  bind: (path: string) => Promise<Refusal | undefined>,
): Promise<Result<() => Promise<void>, Refusal>> => {
  const nest = await mkdtemp(join(dirname(path), NEST_PREFIX));
  try {
    const socket = join(nest, 's');
    const refusal = await bind(socket);
    if (refusal !== undefined) return err(refusal);
    await chmod(socket, SOCKET_MODE);
    const inode = await inodeOf(socket);
    if (await claimName(socket, path, nest)) return ok(() => releaseName(path, inode));
    server.close();
    return err('in-use');
  } finally {
    await rm(nest, { recursive: true, force: true });
  }
};
