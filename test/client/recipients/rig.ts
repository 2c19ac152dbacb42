/** Recipients on a disk and in a store that outlive them. */
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { utf8 } from '../../../src/bytes/text.js';
import { openRecipients } from '../../../src/client/recipients/recipients.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import {
  memoryFiles,
  memoryLog,
  type MemoryFiles,
  type MemoryLog,
} from '../../../src/io/memory.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import { repeated } from '../../support/bytes.js';

export const DIRECTORY = '/data/recipients';
export const keyOf = (value: number): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(repeated(value, 32)));
export const pemOf = (key: Uint8Array): Uint8Array => utf8(encodePem(PEM_KEYS.x25519Public, key));
export const [ONE, TWO] = [keyOf(1), keyOf(2)];

export const open = async (
  files: MemoryFiles,
  initial: Record<string, Uint8Array> = {},
  stores: MemoryStores = memoryStores(),
  log: MemoryLog = memoryLog(),
) => {
  // Who had it open before has died.
  stores.crash();
  const store = (await stores.open('trust', repeated(7, 32)))._unsafeUnwrap();
  const options = { files, primitives, log, directory: DIRECTORY, store, initial };
  return (await openRecipients(options))._unsafeUnwrap();
};
export const filesWith = async (entries: Record<string, Uint8Array>): Promise<MemoryFiles> => {
  const files = memoryFiles();
  (await files.makeDirectory(DIRECTORY))._unsafeUnwrap();
  for (const [name, bytes] of Object.entries(entries)) {
    (await files.write(`${DIRECTORY}/${name}`, bytes))._unsafeUnwrap();
  }
  return files;
};
export const namesIn = (files: MemoryFiles): string[] =>
  [...files.snapshot().keys()].map((path) => path.slice(DIRECTORY.length + 1));
