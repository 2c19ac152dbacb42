/**
 * Test vectors: our own copies, and those of the upstream projects where they are at hand.
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const upstream = join(root, '..', 'shared', 'vectors', 'upstream');

/** A vector file made for this project; see test/vectors/README.md. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the file's shape
export const referenceVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(join(root, 'test', 'vectors', 'reference', name), 'utf8')) as T;

/** A vector file published upstream, never copied here; `undefined`, said aloud, when absent. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the file's shape
export const upstreamVectors = <T>(name: string): T | undefined => {
  const path = join(upstream, name);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as T;
  console.warn(`skipped: ${name} (the folder of upstream vectors is not beside this project)`);
  return undefined;
};
