/**
 * Files that a configuration is made of: plain ones only, since a pipe has no end until somebody
 * writes to it, and a device perhaps none at all.
 * @module
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { err, ok, type Result } from 'neverthrow';

/** Of what is no plain file and no directory; the system has no code for it. */
const NOT_PLAIN = 'NOT_PLAIN';

/**
 * Reads a plain file; links are followed.
 *
 * @errors a code for {@link plainFileProblem}, mostly the system's
 */
export const readPlainFile = (path: string): Result<Uint8Array, string> => {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return err(stats.isDirectory() ? 'EISDIR' : NOT_PLAIN);
    return ok(new Uint8Array(readFileSync(descriptor)));
  } catch (thrown) {
    return err(codeOf(thrown));
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EROFS: 'the file system is read-only',
  [NOT_PLAIN]: 'it is a pipe, a socket or a device, and no plain file',
  // Opening a socket, or a device that nobody drives.
  ENXIO: 'it is a pipe, a socket or a device, and no plain file',
};

/** One line for people. */
export const plainFileProblem = (code: string): string => SENTENCES[code] ?? code;

/** The system's code of what a file call throws. */
export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
