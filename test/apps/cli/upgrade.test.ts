import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeFormer } from '../../support/former-store.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run, type Transcript } from './run.js';

let site: Site;
let config: string;
let store: string;

beforeEach(async () => {
  site = await makeSite();
  config = join(site.directory, 'daemon.toml');
  store = join(site.dataDir, 'alice@p1.test', 'store.db');
  await writeFile(config, site.text());
});
afterEach(() => site.dispose());

const upgrade = (...words: string[]): Promise<Transcript> =>
  run(['upgrade', '-f', config, ...words]);

/** Makes the stores as a daemon does. */
const makeStores = async (): Promise<void> => (await site.start()).close();

it('brings up what is older, and says where the old one is', async () => {
  await makeStores();
  makeFormer(store);
  const refused = await run(['status', '-f', config]);
  expect(refused.code).toBe(1);
  expect(refused.err).toEqual([
    'postern: the store has format 1 and this program needs 3: run postern upgrade',
  ]);
  const { code, out } = await upgrade();
  expect(code).toBe(0);
  expect(out).toContain(`${store}: format 1 became 3; as it was: ${store}.format-1`);
  expect((await run(['status', '-f', config])).code).toBe(0);
  const again = await upgrade('--json');
  const stores: unknown = JSON.parse(again.out[0] ?? '');
  expect(stores).toContainEqual({ store, from: 3, to: 3, backup: null });
});

it('refuses what is newer, by name', async () => {
  await makeStores();
  const database = new DatabaseSync(store);
  database.exec('PRAGMA user_version = 9');
  database.close();
  const { code, err } = await upgrade();
  expect(code).toBe(1);
  expect(err).toEqual([
    `postern: ${store}: the store has format 9, which is newer than this program's 3`,
  ]);
});

it('makes nothing where there is nothing, not even a key', async () => {
  expect(await upgrade()).toEqual({ code: 0, out: [], err: [] });
  expect(await readdir(site.directory)).toEqual(['daemon.toml']);
});
