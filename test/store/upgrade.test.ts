import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/bytes/text.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { openSqliteStore, upgradeSqliteStore, type UpgradeNews } from '../../src/store/sqlite.js';
import { FORMAT, type FormatStep } from '../../src/store/sqlite/format.js';
import type { Change } from '../../src/store/store.js';
import { openDirectory, type OpenDirectory } from '../support/directory.js';
import { makeFormer } from '../support/former-store.js';
import { LONGER_FORMAT, longerSteps } from './upgrade-steps.js';

const KEY = new Uint8Array(32).fill(7);
const WRONG_KEY = new Uint8Array(32).fill(8);
const RECORDS = 300;
const KILLS = 8;
const LONGEST_UPGRADE_MS = 150;

let directory: OpenDirectory;
let path: string;

beforeEach(async () => {
  directory = await openDirectory();
  path = `${directory.path}/store.db`;
});
afterEach(() => directory.dispose());

const fileAt = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const startChild = (script: string, ...words: string[]) =>
  spawn(
    process.execPath,
    ['--import', fileAt('../support/typescript.mjs'), fileAt(script), path, ...words],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

const raw = <T>(work: (database: InstanceType<typeof DatabaseSync>) => T): T => {
  const database = new DatabaseSync(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
};

const put = (index: number): Change => ({
  kind: 'put',
  collection: 'mail',
  key: utf8(`${index}`),
  value: new Uint8Array((index % 7) * 3000).fill(index),
});

/** A store with records, as the first version wrote it: nothing in the header tells the key. */
const makeOldStore = async (): Promise<void> => {
  const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
  (await store.commit(Array.from({ length: RECORDS }, (_, index) => put(index))))._unsafeUnwrap();
  await store.close();
  makeFormer(path);
};

/** Every file here by its name, with a hash of its bytes and when it was written. */
const files = async (): Promise<Readonly<Record<string, string>>> => {
  const { hash } = selectPrimitives();
  const found: Record<string, string> = {};
  for (const name of (await readdir(directory.path)).sort()) {
    const at = `${directory.path}/${name}`;
    const { mtimeMs } = await stat(at);
    found[name] = `${toHex(hash.sha512_256(new Uint8Array(await readFile(at))))} ${mtimeMs}`;
  }
  return found;
};

/** What is in a store's file, whatever its format. */
const contentOf = (): { readonly format: number; readonly rows: readonly string[] } =>
  raw((database) => {
    const version: unknown = database.prepare('PRAGMA user_version').get();
    const rows: readonly unknown[] = database
      .prepare('SELECT hex(id) AS id, hex(sealed) AS sealed FROM record ORDER BY id')
      .all();
    const format = (version as { user_version: number }).user_version;
    return { format, rows: rows.map((row) => JSON.stringify(row)) };
  });

/** A store whose process was killed, so that the write-ahead log is still beside it. */
const leaveLog = async (): Promise<void> => {
  const child = startChild('write-until-killed.ts', '0');
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await readdir(directory.path)).toContain('store.db-wal');
};

describe('a store of another format', () => {
  it('is refused when it is older, and not changed', async () => {
    await makeOldStore();
    const before = await files();
    const refused = await openSqliteStore(path, KEY);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-format', format: 1, wanted: FORMAT });
    expect(await files()).toEqual(before);
  });

  it('is refused when it is newer, by the upgrade too, and not changed', async () => {
    await makeOldStore();
    raw((database) => database.exec('PRAGMA user_version = 77'));
    const before = await files();
    const error = { kind: 'store-format', format: 77, wanted: FORMAT };
    expect((await openSqliteStore(path, KEY))._unsafeUnwrapErr()).toEqual(error);
    expect(upgradeSqliteStore(path, KEY)._unsafeUnwrapErr()).toEqual(error);
    expect(await files()).toEqual(before);
  });
});

describe('upgrading', () => {
  it('keeps every record, and the file as it was beside', async () => {
    await makeOldStore();
    const { rows } = contentOf();
    const news: UpgradeNews[] = [];
    const upgraded = upgradeSqliteStore(path, KEY, { tell: (each) => news.push(each) });
    const backup = `${path}.format-1`;
    expect(upgraded._unsafeUnwrap()).toEqual({ kind: 'upgraded', from: 1, to: FORMAT, backup });
    expect(news).toEqual([
      { kind: 'backed-up', backup },
      { kind: 'step', from: 1 },
      { kind: 'step', from: 2 },
    ]);
    expect(contentOf()).toEqual({ format: FORMAT, rows });
    expect(await readdir(directory.path)).toEqual(['store.db', 'store.db.format-1']);
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
    expect((await store.list('mail'))._unsafeUnwrap()).toHaveLength(RECORDS);
    await store.close();
    path = backup;
    expect(contentOf()).toEqual({ format: 1, rows });
  });

  it('changes nothing when there is nothing to do', async () => {
    await makeOldStore();
    upgradeSqliteStore(path, KEY)._unsafeUnwrap();
    const before = await files();
    const again = upgradeSqliteStore(path, KEY)._unsafeUnwrap();
    expect(again).toEqual({ kind: 'current', format: FORMAT });
    expect(await files()).toEqual(before);
  });

  it('makes no store where there is none', async () => {
    expect(upgradeSqliteStore(path, KEY)._unsafeUnwrap()).toEqual({ kind: 'no-store' });
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('leaves a store alone that somebody uses', async () => {
    await makeOldStore();
    const user = new DatabaseSync(path);
    user.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    const refused = upgradeSqliteStore(path, KEY);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'locked' });
    user.exec('COMMIT');
    user.close();
    expect(contentOf().format).toBe(1);
  });

  it('goes through every step there is', async () => {
    await makeOldStore();
    const { rows } = contentOf();
    const steps = longerSteps(() => undefined);
    const upgraded = upgradeSqliteStore(path, KEY, { steps })._unsafeUnwrap();
    expect(upgraded).toMatchObject({ from: 1, to: LONGER_FORMAT });
    expect(contentOf()).toEqual({ format: LONGER_FORMAT, rows });
  });
});

describe('the wrong key', () => {
  it('changes no byte of a store whose process was killed', async () => {
    await leaveLog();
    const before = await files();
    expect((await openSqliteStore(path, KEY))._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect(upgradeSqliteStore(path, KEY)._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect(await files()).toEqual(before);
    // The one that it was made with.
    const store = (await openSqliteStore(path, new Uint8Array(32)))._unsafeUnwrap();
    expect((await store.list('left'))._unsafeUnwrap().length).toBeGreaterThan(0);
    await store.close();
  });

  it('changes no byte of an older store, and leaves no copy', async () => {
    await makeOldStore();
    const before = await files();
    expect(upgradeSqliteStore(path, WRONG_KEY)._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect(await files()).toEqual(before);
  });

  it('changes no byte of an older store whose log was left behind', async () => {
    await makeOldStore();
    const { rows } = contentOf();
    const child = startChild('upgrade-until-killed.ts', 'step 1');
    await once(child, 'close');
    await rm(`${path}.format-1`);
    const before = await files();
    expect(Object.keys(before)).toEqual(['store.db', 'store.db-wal']);
    expect(upgradeSqliteStore(path, WRONG_KEY)._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect(await files()).toEqual(before);
    expect(contentOf().rows).toEqual(rows);
  });
});

describe('an interrupted upgrade', () => {
  const onFullDisk =
    (run: FormatStep['run']): FormatStep['run'] =>
    (database, sealer) => {
      database.exec('PRAGMA max_page_count = 1');
      run(database, sealer);
    };

  const finish = async (rows: readonly string[]): Promise<void> => {
    const refused = await openSqliteStore(path, KEY);
    if (refused.isErr()) expect(refused.error.kind).toBe('store-format');
    else await refused.value.close();
    upgradeSqliteStore(path, KEY, { steps: longerSteps(() => undefined) })._unsafeUnwrap();
    expect(contentOf()).toEqual({ format: LONGER_FORMAT, rows });
    const left = await readdir(directory.path);
    expect(left.filter((name) => name.includes('upgrading'))).toEqual([]);
    expect(left).toContain('store.db.format-1');
  };

  it.each(['backed-up', 'step 1', 'step 2', 'within 3', 'step 3', 'step 4'])(
    'is finished by the next one, killed at: %s',
    async (moment) => {
      await makeOldStore();
      const { rows } = contentOf();
      const child = startChild('upgrade-until-killed.ts', moment);
      const ending: unknown[] = await once(child, 'close');
      expect(ending[1]).toBe('SIGKILL');
      await finish(rows);
    },
  );

  it('is finished by the next one, killed at any time', async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await makeOldStore();
      const { rows } = contentOf();
      const child = startChild('upgrade-until-killed.ts');
      await once(child.stdout, 'data');
      setTimeout(() => child.kill('SIGKILL'), (LONGEST_UPGRADE_MS * kill) / KILLS);
      await once(child, 'close');
      await finish(rows);
      for (const name of await readdir(directory.path)) await rm(`${directory.path}/${name}`);
    }
  });

  it('leaves the store at the last whole step when the disk is full, and goes on later', async () => {
    await makeOldStore();
    const { rows } = contentOf();
    const steps = longerSteps(() => undefined).map((step): FormatStep =>
      step.from === 2 ? { ...step, run: onFullDisk(step.run) } : step,
    );
    const failed = upgradeSqliteStore(path, KEY, { steps });
    expect(failed._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    expect(contentOf()).toEqual({ format: 2, rows });
    await finish(rows);
  });

  it('changes nothing when the copy cannot be written', async () => {
    await makeOldStore();
    const { rows } = contentOf();
    await mkdir(`${path}.format-1`);
    const failed = upgradeSqliteStore(path, KEY);
    expect(failed._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'EISDIR' });
    expect(contentOf()).toEqual({ format: 1, rows });
    expect(await readdir(directory.path)).toEqual(['store.db', 'store.db.format-1']);
  });
});
