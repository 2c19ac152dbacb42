/**
 * Looks at this machine: directories, space, keys, recipients. Nothing is written.
 * @module
 */
import { existsSync } from 'node:fs';
import { lstat, readdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PEM_KEYS } from '../../src/bytes/pem.js';
import { readKeyFile } from '../../src/client/keys.js';
import type { AccountPlan } from '../../src/client/account/plan.js';
import { RecipientFiles } from '../../src/client/recipients/files.js';
import type { Io } from '../../src/io/contracts.js';
import { ASKED, checkStorageKey } from '../config/storage-key.js';
import { storesIn } from '../config/stores.js';
import type { DaemonConfig } from '../daemon/config.js';
import type { Finding, Verdict } from './finding.js';

/** Room for some mails of the largest size. */
const LEAST_BYTES = 100_000_000;
const OTHERS = 0o077;

/** Everything that needs no connection. */
export const lookAround = async (
  io: Io,
  config: DaemonConfig,
  plans: readonly AccountPlan[],
): Promise<readonly Finding[]> => {
  const { dataDir } = config.client;
  const of = async (check: Finding['check'], about: string, verdict: Promise<Verdict>) => ({
    check,
    about,
    verdict: await verdict,
  });
  return Promise.all([
    of('directory', dataDir, directoryVerdict(dataDir)),
    of('disk', dataDir, diskVerdict(dataDir)),
    of('storage key', storageNameOf(config), storageVerdict(io, config)),
    ...plans.map((plan) => of('keys', plan.address, keysVerdict(io, plan))),
    of('recipients', recipientDirOf(config), recipientsVerdict(io, config)),
  ]);
};

const directoryVerdict = async (dataDir: string): Promise<Verdict> => {
  if (!existsSync(dataDir)) return { kind: 'not-made-yet' };
  const entries = await readdir(dataDir, { recursive: true }).catch(() => []);
  const paths = [dataDir, ...entries.map((name) => join(dataDir, name))];
  const exposed = await Promise.all(
    paths.map(async (path) => ((await isExposed(path)) ? [path] : [])),
  );
  const found = exposed.flat();
  return found.length === 0 ? { kind: 'private' } : { kind: 'exposed', paths: found };
};

/** What has gone meanwhile is open to nobody. */
const isExposed = (path: string): Promise<boolean> =>
  lstat(path).then(
    (stats) => {
      const isForeign = process.getuid !== undefined && stats.uid !== process.getuid();
      return !stats.isSymbolicLink() && (isForeign || (stats.mode & OTHERS) !== 0);
    },
    () => false,
  );

const diskVerdict = async (dataDir: string): Promise<Verdict> => {
  const stats = await statfs(nearestExisting(dataDir)).catch(() => undefined);
  if (stats === undefined) return { kind: 'no-space-told' };
  return { kind: 'space', freeBytes: stats.bavail * stats.bsize, leastBytes: LEAST_BYTES };
};

const nearestExisting = (path: string): string =>
  existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));

/** What holds the secret; of one that is asked for there is the salt only. */
const storageNameOf = (config: DaemonConfig): string => {
  const { storageCredential, storagePassphrase, storageKeyFile } = config;
  if (storageCredential !== undefined) return storageCredential;
  if (storagePassphrase === undefined) return storageKeyFile;
  return storagePassphrase.file === ASKED ? storagePassphrase.salt : storagePassphrase.file;
};

/** What the first start makes may be missing as long as there are no stores. */
const storageVerdict = async (io: Io, config: DaemonConfig): Promise<Verdict> => {
  const made = config.storagePassphrase?.salt ?? config.storageKeyFile;
  const [store] = await storesIn(config.client.dataDir);
  return checkStorageKey(io.files, config).match(
    (): Verdict => ({ kind: 'readable' }),
    (error): Verdict => {
      if (error.problem !== 'missing' || error.path !== made)
        return { kind: 'private-file', error };
      if (store === undefined) return { kind: 'not-made-yet' };
      const problem = config.storagePassphrase === undefined ? 'lost-key' : 'lost-salt';
      return { kind: 'private-file', error: { ...error, problem } };
    },
  );
};

const keysVerdict = async (io: Io, plan: AccountPlan): Promise<Verdict> => {
  for (const name of ['link', 'identity'] as const) {
    const path = `${plan.directory}/${name}.private.pem`;
    if (!existsSync(path) && !existsSync(`${plan.directory}/${name}.public.pem`)) {
      return { kind: 'no-keys' };
    }
    const read = await readKeyFile(io.files, PEM_KEYS.x25519Secret, path);
    if (read.isErr()) return { kind: 'damaged-key', path, problem: read.error.problem };
  }
  return { kind: 'readable' };
};

const recipientDirOf = ({ client }: DaemonConfig): string =>
  client.recipientDir ?? join(client.dataDir, 'recipients');

const recipientsVerdict = async (io: Io, config: DaemonConfig): Promise<Verdict> => {
  const directory = recipientDirOf(config);
  const recipients = new RecipientFiles({
    files: io.files,
    directory,
    caseSensitive: config.client.tuning?.caseSensitiveUserIdentifiers ?? false,
    isKey: () => true,
  });
  const read = await recipients.readAll();
  const [problem] = read.unwrapOr([]);
  if (read.isErr()) return { kind: 'damaged', path: directory, problem: read.error.kind };
  if (problem === undefined) return { kind: 'known', count: recipients.list().length };
  return problem.kind === 'recipient-file'
    ? { kind: 'damaged', path: problem.path, problem: problem.problem }
    : { kind: 'damaged', path: directory, problem: problem.kind };
};
