import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { copyFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { ok } from 'neverthrow';
import { expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { withDirectory } from '../support/directory.js';

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const ROUNDS = 3;
const KEY = new Uint8Array(32);

/** A child that writes from pair `first` on. */
const startWriter = (path: string, first: number): ChildProcessByStdio<null, Readable, null> =>
  spawn(
    process.execPath,
    [
      '--import',
      fileAt('../support/typescript.mjs'),
      fileAt('write-until-killed.ts'),
      path,
      `${first}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** Lets a child write and kills it while it does. @returns what it reported */
const writeAndKill = async (path: string, first: number): Promise<readonly number[]> => {
  const child = startWriter(path, first);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    // Another number of lines each time, so that no round is killed at a habitual moment.
    if (output.split('\n').length > 23 + 31 * (first % 3)) child.kill('SIGKILL');
  });
  const ending: unknown[] = await once(child, 'close');
  const [, signal] = ending;
  expect(signal).toBe('SIGKILL');
  return output.split('\n').filter(Boolean).map(Number);
};

const pairsIn = async (store: Store, collection: string): Promise<readonly number[]> => {
  const records = (await store.list(collection))._unsafeUnwrap();
  expect(records.every(({ value }) => value.length === 20_000)).toBe(true);
  return records.map(({ key }) => Number(fromUtf8(key))).sort((a, b) => a - b);
};

it('has every acknowledged record and no half batch after a kill', () =>
  withDirectory(async (directory) => {
    const path = `${directory}/killed.db`;
    const acknowledged: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const reported = await writeAndKill(path, acknowledged.length + round);
      expect(reported.length).toBeGreaterThan(20);
      acknowledged.push(...reported);
      const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
      const left = await pairsIn(store, 'left');
      expect(await pairsIn(store, 'right')).toEqual(left);
      expect(acknowledged.filter((pair) => !left.includes(pair))).toEqual([]);
      // At most the commit that the kill interrupted is there beyond them.
      expect(left.length - acknowledged.length).toBeLessThanOrEqual(round + 1);
      await store.close();
    }
  }));

it('is refused while another process has it', () =>
  withDirectory(async (directory) => {
    const path = `${directory}/owned.db`;
    const child = startWriter(path, 0);
    await once(child.stdout, 'data');
    const refused = await openSqliteStore(path, KEY);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'locked' });
    const store = (await openSqliteStore(path, KEY))._unsafeUnwrap();
    await store.close();
  }));

it('keeps nothing of a lock that it did not get whole', () =>
  withDirectory(async (directory) => {
    const [live, path] = [`${directory}/live.db`, `${directory}/left.db`];
    const store = (await openSqliteStore(live, KEY))._unsafeUnwrap();
    const change = { kind: 'put', collection: 'left', key: utf8('1'), value: KEY } as const;
    (await store.commit([change]))._unsafeUnwrap();
    // As after a kill: with a log, at which two who come at once each get a part of the lock.
    await copyFile(live, path);
    await copyFile(`${live}-wal`, `${path}-wal`);
    await store.close();
    const other = new DatabaseSync(path, { timeout: 0 });
    other.exec('SELECT count(*) FROM sqlite_schema');
    const refused = await openSqliteStore(path, KEY);
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-io', reason: 'locked' });
    other.close();
    const again = (await openSqliteStore(path, KEY))._unsafeUnwrap();
    expect(await again.get('left', utf8('1'))).toEqual(ok(KEY));
    await again.close();
  }));
