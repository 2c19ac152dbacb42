/**
 * The key that seals the stores: a secret of the service manager, else one that follows from a
 * passphrase, else a file; never none.
 *
 * Source: scrypt is RFC 7914; its cost is that of 128 MiB and a third of a second.
 * @module
 */
import { scrypt } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type * as z from 'zod';
import type { Files, Random } from '../../src/io/contracts.js';
import { storageKeyFileOf, type storageSchema } from './keys.js';
import { askProcess, firstLineOf, type AskPassphrase } from './passphrase.js';
import {
  failure,
  readPrivateFile,
  refuse,
  statOf,
  type PrivateFileError,
} from './private-files.js';

type StorageTable = z.output<typeof storageSchema> | undefined;
type KeyResult = ResultAsync<Uint8Array, PrivateFileError>;

/** A passphrase and what makes it another key in each data directory. */
export interface PassphraseSource {
  /** `-`: it is asked for. */
  readonly file: string;
  readonly salt: string;
}

/** Where the storage key comes from; the last of these that is there counts. */
export interface StorageSources {
  readonly storageKeyFile: string;
  readonly storagePassphrase?: PassphraseSource;
  /** A file of the service manager. */
  readonly storageCredential?: string;
}

export interface StorageWorld {
  readonly files: Files;
  readonly random: Random;
  /** Absent: whoever started this process. */
  readonly askPassphrase?: AskPassphrase | undefined;
  /** Takes secrets that others could read too. */
  readonly lax?: boolean;
}

/** {@link PassphraseSource.file} where the passphrase is asked for. */
export const ASKED = '-';
/** How problems name what was not read from a file. */
const INPUT = 'Storage.PassphraseFile';
const KEY_LENGTH = 32;
const SALT_LENGTH = 32;
const COST = { N: 2 ** 17, r: 8, p: 1 };
/** Twice what it takes, since the limit counts more than the large table. */
const SCRYPT = { ...COST, maxmem: 2 * 128 * COST.N * COST.r };

/** What `[Storage]` says. */
export const storageSourcesOf = (
  table: StorageTable,
  dataDir: string,
): Omit<StorageSources, 'storageCredential'> => ({
  storageKeyFile: storageKeyFileOf(table, dataDir),
  ...(table?.PassphraseFile === undefined
    ? {}
    : { storagePassphrase: { file: table.PassphraseFile, salt: saltFileOf(dataDir) } }),
});

/** The table with the default filled in. */
export const completeStorage = (table: StorageTable, dataDir: string): StorageTable =>
  table?.PassphraseFile === undefined ? { KeyFile: storageKeyFileOf(table, dataDir) } : table;

/** Beside the data directory, as the key file. */
const saltFileOf = (dataDir: string): string =>
  join(dirname(dataDir), `${basename(dataDir)}.storage.salt`);

/**
 * Reads the 32 bytes that seal the stores; what is missing of key file or salt is drawn.
 *
 * @param stores - those that they must belong to when there are any: new ones would not open them
 */
export const loadStorageKey = (
  world: StorageWorld,
  { storageKeyFile, storagePassphrase, storageCredential }: StorageSources,
  stores: readonly string[],
): KeyResult => {
  if (storageCredential !== undefined) return readCredential(world.files, storageCredential);
  return storagePassphrase === undefined
    ? loadKeyFile(world, storageKeyFile, stores)
    : deriveKey(world, storagePassphrase, stores);
};

/** Looks whether the key can be had, without making, asking or deriving anything. */
export const checkStorageKey = (
  files: Files,
  { storageKeyFile, storagePassphrase, storageCredential }: StorageSources,
): ResultAsync<void, PrivateFileError> => {
  if (storageCredential !== undefined) return readCredential(files, storageCredential).map(nothing);
  if (storagePassphrase === undefined) return readKeyFile({ files }, storageKeyFile).map(nothing);
  const { file, salt } = storagePassphrase;
  const passphrase =
    file === ASKED ? okAsync(undefined) : readPassphraseFile({ files }, file).map(nothing);
  return passphrase.andThen(() => readSalt({ files }, salt).map(nothing));
};

const nothing = (): void => undefined;

/** The service manager answers for who can read it. */
const readCredential = (files: Files, path: string): KeyResult =>
  readAny(files, path).andThen((key) =>
    key.length === KEY_LENGTH ? ok(key) : refuse(path, 'wrong-length'),
  );

/** Whoever can read it. */
const readAny = (files: Files, path: string): KeyResult =>
  files.read(path).mapErr(({ reason }) => failure(path, reason === 'denied' ? 'denied' : 'io'));

const loadKeyFile = (world: StorageWorld, path: string, stores: readonly string[]): KeyResult =>
  exists(path).andThen((isThere) => {
    if (isThere) return readKeyFile(world, path);
    return refuseBeside(stores, path, 'lost-key').andThen(() =>
      keep(world.files, path, world.random(KEY_LENGTH)),
    );
  });

/** What reading takes. */
type Reading = Pick<StorageWorld, 'files' | 'lax'>;

const readSecret = ({ files, lax = false }: Reading, path: string): KeyResult =>
  lax ? readAny(files, path) : readPrivateFile(files, path);

const readKeyFile = (world: Reading, path: string): KeyResult =>
  readSecret(world, path).andThen((key) =>
    key.length === KEY_LENGTH ? ok(key) : refuse(path, 'wrong-length'),
  );

const deriveKey = (
  world: StorageWorld,
  { file, salt: path }: PassphraseSource,
  stores: readonly string[],
): KeyResult =>
  safeTry(async function* () {
    const isNew = !(yield* exists(path));
    if (isNew) yield* refuseBeside(stores, path, 'lost-salt');
    const old = isNew ? undefined : yield* readSalt(world, path);
    const passphrase = yield* passphraseFrom(world, file, isNew);
    // Durable before anything is sealed: without it the passphrase opens nothing.
    const salt = old ?? (yield* keep(world.files, path, world.random(SALT_LENGTH)));
    return stretch(passphrase, salt);
  });

const readSalt = (world: Reading, path: string): KeyResult =>
  readSecret(world, path).andThen((salt) =>
    salt.length === SALT_LENGTH ? ok(salt) : refuse(path, 'salt-length'),
  );

const passphraseFrom = (
  { askPassphrase = askProcess, ...world }: StorageWorld,
  file: string,
  isNew: boolean,
): KeyResult =>
  file === ASKED
    ? askPassphrase(isNew)
        .mapErr(({ problem }) => failure(INPUT, problem))
        .andThen((passphrase) =>
          passphrase.length > 0 ? ok(passphrase) : refuse(INPUT, 'empty-passphrase'),
        )
    : readPassphraseFile(world, file);

const readPassphraseFile = (world: Reading, path: string): KeyResult =>
  readSecret(world, path)
    .map(firstLineOf)
    .andThen((line) => (line.length > 0 ? ok(line) : refuse(path, 'empty-passphrase')));

/** In a thread of its own, about 0.3 s. */
const stretch = (passphrase: Uint8Array, salt: Uint8Array): KeyResult =>
  ResultAsync.fromSafePromise(
    new Promise<Uint8Array>((resolve, reject) => {
      scrypt(passphrase, salt, KEY_LENGTH, SCRYPT, (error, key) =>
        error === null ? resolve(new Uint8Array(key)) : reject(error),
      );
    }),
  );

const exists = (path: string): ResultAsync<boolean, PrivateFileError> =>
  statOf(path).map((stats) => stats !== undefined);

const refuseBeside = (
  stores: readonly string[],
  path: string,
  problem: 'lost-key' | 'lost-salt',
): ResultAsync<void, PrivateFileError> =>
  ResultAsync.combine(stores.map(exists)).andThen((there) =>
    there.includes(true) ? err(failure(path, problem)) : ok(undefined),
  );

const keep = (files: Files, path: string, bytes: Uint8Array): KeyResult =>
  files
    .makeDirectory(dirname(path))
    .andThen(() => files.write(path, bytes))
    .map(() => bytes)
    .mapErr(({ reason }) => failure(path, reason === 'denied' ? 'denied' : 'io'));
