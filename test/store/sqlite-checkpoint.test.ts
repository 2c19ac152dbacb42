/** A death while the write-ahead log goes into the file: its first page is there, the rest is not. */
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { nodeRandom } from '../../src/io/node.js';
import { openSqliteStore, upgradeSqliteStore } from '../../src/store/sqlite.js';
import { withDirectory } from '../support/directory.js';

const KEY = new Uint8Array(32).fill(7);
const RECORDS = 40;

/** sqlite.org/fileformat2.html, section 4: the log's own header and that of a frame, bytes. */
const LOG_HEADER_LENGTH = 32;
const FRAME_HEADER_LENGTH = 24;
/** Section 1.3: where the first page has the number of pages. */
const PAGE_COUNT_AT = 28;

/** The newest first page that a log holds. */
const firstPageIn = (log: Buffer): Buffer => {
  const pageLength = log.readUInt32BE(8);
  const frameLength = FRAME_HEADER_LENGTH + pageLength;
  const frames = Array.from(
    { length: Math.floor((log.length - LOG_HEADER_LENGTH) / frameLength) },
    (_, at) => log.subarray(LOG_HEADER_LENGTH + at * frameLength).subarray(0, frameLength),
  );
  const newest = frames.filter((frame) => frame.readUInt32BE(0) === 1).at(-1);
  if (newest === undefined) throw new Error('the log has no first page');
  return newest.subarray(FRAME_HEADER_LENGTH);
};

/** A store's files as they are after such a death. */
const makeTorn = async (directory: string): Promise<string> => {
  const [live, torn] = [`${directory}/live.db`, `${directory}/torn.db`];
  const store = (await openSqliteStore(live, KEY))._unsafeUnwrap();
  for (let at = 0; at < RECORDS; at++) {
    const value = nodeRandom(20_000);
    const change = { kind: 'put', collection: 'mail', key: utf8(`${at}`), value } as const;
    (await store.commit([change]))._unsafeUnwrap();
  }
  await copyFile(live, torn);
  await copyFile(`${live}-wal`, `${torn}-wal`);
  await store.close();
  const file = await readFile(torn);
  firstPageIn(await readFile(`${torn}-wal`)).copy(file);
  await writeFile(torn, file);
  return torn;
};

it('costs nothing', () =>
  withDirectory(async (directory) => {
    const torn = await makeTorn(directory);
    const pages = (await readFile(torn)).readUInt32BE(PAGE_COUNT_AT);
    expect(pages * 16_384).toBeGreaterThan((await stat(torn)).size);
    expect(upgradeSqliteStore(torn, KEY)._unsafeUnwrap()).toMatchObject({ kind: 'current' });
    const store = (await openSqliteStore(torn, KEY))._unsafeUnwrap();
    expect((await store.list('mail'))._unsafeUnwrap()).toHaveLength(RECORDS);
    await store.close();
  }));

it('lets no wrong key change a byte', () =>
  withDirectory(async (directory) => {
    const torn = await makeTorn(directory);
    const before = await readFile(torn);
    const opened = await openSqliteStore(torn, new Uint8Array(32));
    expect(opened._unsafeUnwrapErr()).toEqual({ kind: 'store-key' });
    expect(await readFile(torn)).toEqual(before);
  }));
