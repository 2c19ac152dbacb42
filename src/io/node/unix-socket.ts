/**
 * The file of a Unix socket: private from its first moment, and never taken from a living process.
 *
 * The socket is bound inside a fresh private directory, closed to others, and only then linked to
 * its name. The link fails when the name exists, which makes the socket usable as a lock.
 * @module
 */
import type { Stats } from 'node:fs';
import { chmod, link, lstat, mkdtemp, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, ok, type Result } from 'neverthrow';
import type { ListenError } from '../contracts.js';
import { fitsSocket } from '../address.js';
import { faultCode } from './fault.js';

type Refusal = ListenError['reason'];

/** Short, since the whole path of a socket has about a hundred bytes. */
const NEST_PREFIX = '.s-';
const SOCKET_MODE = 0o600;
/** A claim this old is of a process that died with it; what it is for takes a few ms. */
const CLAIM_LIMIT_MS = 5_000;

/** How long a process may take to say something, or to die: its sockets outlive it by a moment. */
const SILENCE_MS = 1_000;
const LOOKS = 20;
const LOOK_MS = 50;

/** What a connection tells of who listens; `closed`: it was accepted, and ended without a word. */
type Seen = 'somebody' | 'nobody' | 'closed';

const probe = (path: string): Promise<Seen> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const answer = (seen: Seen): void => {
      clearTimeout(silence);
      socket.destroy();
      resolve(seen);
    };
    const silence = setTimeout(answer, SILENCE_MS, 'somebody');
    socket.once('data', () => answer('somebody'));
    socket.once('end', () => answer('closed'));
    // A full backlog or a lack of rights proves nothing.
    socket.once('error', (error) => {
      const code = faultCode(error);
      if (code === 'ECONNRESET' || code === 'EPIPE') return answer('closed');
      answer(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody' : 'somebody');
    });
  });

/** Whether somebody listens there, and not only a process that is dying. */
const isLive = async (path: string): Promise<boolean> => {
  for (let look = 0; look < LOOKS; look++) {
    const seen = await probe(path);
    if (seen !== 'closed') return seen === 'somebody';
    await sleep(LOOK_MS);
  }
  return true;
};

/** Numbers of files are used again, so the moment of birth counts too. */
const isSame = (a: Stats, b: Stats): boolean => a.ino === b.ino && a.birthtimeMs === b.birthtimeMs;

/** Runs `work`; `otherwise` when it fails with that code. */
const unless = async <T>(code: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    if (faultCode(thrown) === code) return otherwise;
    throw thrown;
  }
};

/** Gives a file a second name unless that is taken. */
const tryLink = (from: string, to: string): Promise<boolean> =>
  unless('EEXIST', false, () => link(from, to).then(() => true));

/** Takes the right to remove a dead socket, which only one process can have at a time. */
const tryClaim = async (path: string, claim: string): Promise<boolean> => {
  if (await tryLink(path, claim)) return true;
  const abandoned = Date.now() - (await lstat(claim)).ctimeMs > CLAIM_LIMIT_MS;
  if (abandoned) await unlink(claim);
  return abandoned && tryLink(path, claim);
};

/** `changing`: somebody else is at it, or was when it died. */
type Name = 'free' | 'taken' | 'changing';

/** Makes the name free, unless a living socket or another file has it. */
const removeStale = async (path: string): Promise<Name> => {
  const found = await lstat(path);
  if (!found.isSocket() || (await isLive(path))) return 'taken';
  const claim = `${path}.${found.ino}`;
  if (!(await tryClaim(path, claim))) return 'changing';
  // A quicker process may have put its own socket there since the look at it.
  const isStill = isSame(await lstat(claim), found);
  if (isStill) await unlink(path);
  await unlink(claim);
  return isStill ? 'free' : 'changing';
};

/** A name that goes on the way is free; then the link decides. */
const claimName = async (socket: string, path: string): Promise<boolean> => {
  const lastMs = performance.now() + 2 * CLAIM_LIMIT_MS;
  while (performance.now() < lastMs) {
    if (await tryLink(socket, path)) return true;
    const name = await unless<Name>('ENOENT', 'free', () => removeStale(path));
    if (name === 'taken') return false;
    if (name === 'changing') await sleep(LOOK_MS);
  }
  return false;
};

/** Removes the name if it is still this socket's. */
const releaseName = (path: string, own: Stats): Promise<void> =>
  unless('ENOENT', undefined, async () => {
    if (isSame(await lstat(path), own)) await unlink(path);
  });

/** Whether only its owner, and that is who asks, can open a socket. */
export const isPrivateSocket = (path: string): Promise<boolean> =>
  unless('ENOENT', false, async () => {
    const { uid, mode } = await lstat(path);
    return uid === process.getuid?.() && (mode & 0o777 & ~SOCKET_MODE) === 0;
  });

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
  const socket = join(nest, 's');
  try {
    if (!fitsSocket(socket)) return err('bad-address');
    const refusal = await bind(socket);
    if (refusal !== undefined) return err(refusal);
    await chmod(socket, SOCKET_MODE);
    const own = await lstat(socket);
    if (await claimName(socket, path)) return ok(() => releaseName(path, own));
    server.close();
    return err('in-use');
  } finally {
    await rm(nest, { recursive: true, force: true });
  }
};
