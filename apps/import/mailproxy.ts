/**
 * Taking over mailproxy's accounts: configuration, keys and recipients are copied, and the source is
 * only read. Every file is written whole or not at all, so that a second run goes on.
 *
 * Mail that mailproxy still has is not taken over: its store is of another kind.
 * @module
 */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { err, errAsync, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { fileNameOf, planAccounts, type AccountPlan } from '../../src/client/account/plan.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { FilesError, Io } from '../../src/io/contracts.js';
import type { ConfigError } from '../../src/index.js';
import type { ConfigFileError } from '../config/errors.js';
import { ensurePrivateDirectory, type PrivateFileError } from '../config/private-files.js';
import { readDaemonConfig, type DaemonConfig } from '../daemon/config.js';
import { isFromEarlierRun, movedConfig } from './config.js';
import {
  copyAccountKeys,
  copyRecipient,
  hasAccountKeys,
  type Copied,
  type CopyDeps,
  type CopyProblem,
} from './copy.js';

export interface ImportPlaces {
  /** Mailproxy's data directory. */
  readonly from: string;
  /** Its configuration; looked for in the directory where not told. */
  readonly source: string | undefined;
  readonly configFile: string;
  readonly dataDir: string;
}

export type ImportError =
  | ConfigFileError
  | ConfigError
  | FilesError
  | PrivateFileError
  | { readonly kind: 'no-mailproxy'; readonly directory: string; readonly tried: readonly string[] }
  /** There is a configuration, and it is not the one that this import would write. */
  | { readonly kind: 'other-config'; readonly path: string };

/** What was done about one thing. */
export type ImportNote =
  | { readonly kind: 'done'; readonly what: string; readonly copied: Copied }
  /** It is where it was, and not here. */
  | { readonly kind: 'left'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'problem'; readonly problem: CopyProblem }
  /** Not in the new configuration: without its keys it would begin with new ones, unasked. */
  | { readonly kind: 'left-out'; readonly account: string }
  /** There is no account to write it for. */
  | { readonly kind: 'unwritten'; readonly path: string };

const SOURCES = ['mailproxy.toml', 'katzenpost.toml'];
const STORE = 'storage.db';

/** Takes everything over that can be; what cannot is among the notes. */
export const importMailproxy = (
  io: Io,
  places: ImportPlaces,
): ResultAsync<readonly ImportNote[], ImportError> =>
  safeTry(async function* () {
    const { source, config } = yield* readSource(io, places);
    const accounts = yield* planAccounts({ ...config.client, storageKey: new Uint8Array(32) });
    yield* io.files.makeDirectory(dirname(places.configFile));
    yield* ensurePrivateDirectory(places.dataDir);
    const deps = { ...io, primitives: selectPrimitives(io.log) };
    const notes: ImportNote[] = [];
    for (const account of accounts) notes.push(...(await importAccount(deps, places, account)));
    notes.push(...(yield* importRecipients(deps, places, config)));
    notes.push(...(yield* importConfig(deps, places, { source, config }, accounts)));
    return ok(notes);
  });

/** Only accounts whose keys are here: opening another one would make it a new identity. */
const importConfig = (
  deps: CopyDeps,
  { from, configFile, dataDir }: ImportPlaces,
  { source, config }: Source,
  plans: readonly AccountPlan[],
): ResultAsync<readonly ImportNote[], ImportError> =>
  safeTry(async function* () {
    const accounts = new Set<number>();
    const notes: ImportNote[] = [];
    for (const [index, { address }] of plans.entries()) {
      if (await hasAccountKeys(deps, `${dataDir}/${fileNameOf(address)}`)) accounts.add(index);
      else notes.push({ kind: 'left-out', account: address });
    }
    if (accounts.size === 0) {
      notes.push({ kind: 'unwritten', path: configFile });
      return ok(notes);
    }
    const move = { from: [from, config.client.dataDir], dataDir };
    const copied = yield* writeConfig(deps, configFile, {
      text: movedConfig(source, { ...move, accounts }),
      isOurs: (held) => isFromEarlierRun(held, source, move),
    });
    notes.push({ kind: 'done', what: configFile, copied });
    return ok(notes);
  });

interface Source {
  readonly source: string;
  readonly config: DaemonConfig;
}

const readSource = (
  { files }: Io,
  { from, source: told }: ImportPlaces,
): ResultAsync<Source, ImportError> =>
  safeTry(async function* () {
    const tried = told === undefined ? SOURCES.map((name) => `${from}/${name}`) : [told];
    for (const path of tried) {
      const read = await files.read(path);
      if (read.isErr() && read.error.reason === 'missing') continue;
      const source = fromUtf8(yield* read);
      return readDaemonConfig(source, path)
        .map((config) => ({ source, config }))
        .mapErr((problems): ImportError => ({ kind: 'config-problems', problems }));
    }
    return err<never, ImportError>({ kind: 'no-mailproxy', directory: from, tried });
  });

const importAccount = async (
  deps: CopyDeps,
  { from, dataDir }: ImportPlaces,
  { address }: AccountPlan,
): Promise<readonly ImportNote[]> => {
  const name = fileNameOf(address);
  const copied = await copyAccountKeys(deps, `${from}/${name}`, `${dataDir}/${name}`);
  const notes = copied.match(
    (how): readonly ImportNote[] => [{ kind: 'done', what: `keys of ${address}`, copied: how }],
    (problems) => problems.map((problem) => ({ kind: 'problem', problem })),
  );
  return [...notes, ...(await leftBehind(`${from}/${name}/${STORE}`))];
};

/** Mail and what else mailproxy kept of an account. */
const leftBehind = async (path: string): Promise<readonly ImportNote[]> => {
  const size = await ResultAsync.fromPromise(stat(path), () => undefined);
  return size.match(
    ({ size: bytes }) => [{ kind: 'left', path, bytes }],
    () => [],
  );
};

const importRecipients = (
  deps: CopyDeps,
  { from, dataDir }: ImportPlaces,
  { client }: DaemonConfig,
): ResultAsync<readonly ImportNote[], ImportError> =>
  safeTry(async function* () {
    const { files } = deps;
    const directory = yield* recipientsIn(deps, from, client);
    const to = `${dataDir}/recipients`;
    yield* files.makeDirectory(to);
    const notes: ImportNote[] = [];
    const caseSensitive = client.tuning?.caseSensitiveUserIdentifiers ?? false;
    for (const name of yield* files.list(directory)) {
      const copied = await copyRecipient(deps, `${directory}/${name}`, { name, to, caseSensitive });
      notes.push(noteOf(`recipient ${name}`, copied));
    }
    return ok(notes);
  });

/** Beside the accounts, else where the configuration says: the directory may have been moved. */
const recipientsIn = (
  { files }: CopyDeps,
  from: string,
  { recipientDir }: DaemonConfig['client'],
): ResultAsync<string, ImportError> =>
  files
    .list(`${from}/recipients`)
    .map((names) => (names.length === 0 && recipientDir ? recipientDir : `${from}/recipients`))
    .mapErr((error): ImportError => error);

const noteOf = (what: string, copied: Result<Copied, CopyProblem>): ImportNote =>
  copied.match(
    (how): ImportNote => ({ kind: 'done', what, copied: how }),
    (problem) => ({ kind: 'problem', problem }),
  );

interface NewConfig {
  readonly text: string;
  /** Whether what is there may be replaced. */
  readonly isOurs: (held: string) => boolean;
}

const writeConfig = (
  { files }: CopyDeps,
  path: string,
  { text, isOurs }: NewConfig,
): ResultAsync<Copied, ImportError> =>
  files
    .read(path)
    .map((held): string | undefined => fromUtf8(held))
    .orElse((error) => (error.reason === 'missing' ? ok(undefined) : err(error)))
    .mapErr((error): ImportError => error)
    .andThen((held): ResultAsync<Copied, ImportError> => {
      if (held === text) return okAsync('there');
      if (held !== undefined && !isOurs(held)) return errAsync({ kind: 'other-config', path });
      return files
        .write(path, utf8(text))
        .map((): Copied => 'copied')
        .mapErr((error): ImportError => error);
    });
