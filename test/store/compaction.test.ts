/** Nothing is left of deleted records, wherever SQLite has moved them meanwhile. */
import { readFile, stat } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { portablePrimitives } from '../../src/crypto/portable.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { manualClock, seededRandom } from '../../src/io/memory.js';
import { makeSqliteStore } from '../../src/store/sqlite.js';
import type { Change } from '../../src/store/store.js';
import { withDirectory } from '../support/directory.js';

const MINUTE_MS = 60_000;
const RECORDS = 1500;
/** Of these every one is deleted but the tenth. */
const SIZES = [200, 900, 3900, 16_000];

/** Sealing that hides nothing, to see what the file keeps. */
const transparent: Primitives = {
  ...portablePrimitives,
  aead: {
    ...portablePrimitives.aead,
    seal: (_key, _nonce, _ad, plaintext) => concat(plaintext, new Uint8Array(16)),
    open: (_key, _nonce, _ad, sealed) => sealed.slice(0, -16),
  },
};

const keyOf = (index: number): Uint8Array => utf8(`${index}`);

const put = (index: number): Change => {
  const canary = `canary ${index}.`;
  const size = SIZES[index % SIZES.length] ?? 0;
  const value = utf8(canary.repeat(size / canary.length));
  return { kind: 'put', collection: 'mail', key: keyOf(index), value };
};

const del = (index: number): Change => ({
  kind: 'delete',
  collection: 'mail',
  key: keyOf(index),
});

/** Numbers of the records of which something lies in the file. */
const leftIn = async (path: string): Promise<ReadonlySet<number>> => {
  const text = await readFile(path, 'latin1');
  return new Set([...text.matchAll(/canary (\d+)\./g)].map(([, index]) => Number(index)));
};

it('leaves no piece of a deleted record, and gives the room back', () =>
  withDirectory(async (directory) => {
    const path = `${directory}/store.db`;
    const clock = manualClock();
    const deps = { clock, random: seededRandom('pieces'), primitives: transparent };
    const store = (await makeSqliteStore(deps)(path, new Uint8Array(32)))._unsafeUnwrap();
    const indices = Array.from({ length: RECORDS }, (_, index) => index);
    for (const index of indices) (await store.commit([put(index)], 'crash'))._unsafeUnwrap();
    await clock.advance(MINUTE_MS);
    const { size } = await stat(path);
    const gone = indices.filter((index) => index % 10 !== 0);
    for (const index of gone) (await store.commit([del(index)], 'crash'))._unsafeUnwrap();
    await clock.advance(MINUTE_MS);
    expect([...(await leftIn(path))].sort((a, b) => a - b)).toEqual(
      indices.filter((index) => index % 10 === 0),
    );
    expect((await stat(path)).size).toBeLessThan(size / 2);
    expect((await store.list('mail'))._unsafeUnwrap()).toHaveLength(RECORDS / 10);
    await store.close();
  }));
