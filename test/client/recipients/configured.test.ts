import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import { fingerprintOf } from '../../../src/client/recipients/fingerprint.js';
import { openRecipients, type RecipientBook } from '../../../src/client/recipients/recipients.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { memoryFiles, memoryLog } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { repeated } from '../../support/bytes.js';
import { DIRECTORY, keyOf, namesIn, ONE, open, pemOf, TWO } from './rig.js';

describe('entries of the configuration', () => {
  const BOB = 'bob@x';
  const THREE = keyOf(3);
  /** A client's disk, over its restarts. */
  const disk = () => {
    const [files, stores, log] = [memoryFiles(), memoryStores(), memoryLog()];
    const start = (initial: Record<string, Uint8Array>) => open(files, initial, stores, log);
    return { files, stores, log, start };
  };
  const keyIn = (book: RecipientBook): unknown =>
    book
      .get(BOB)
      .map(({ key }) => key)
      .unwrapOr('none');

  it('count once: what is set afterwards stays', async () => {
    const { log, start } = disk();
    (await (await start({ [BOB]: ONE })).set(BOB, TWO))._unsafeUnwrap();
    expect(keyIn(await start({ [BOB]: ONE }))).toEqual(TWO);
    expect(keyIn(await start({ 'BOB@X': ONE }))).toEqual(TWO);
    expect(log.lines).toEqual([]);
  });

  it('bring back nobody who was removed, and write no file', async () => {
    const { files, start } = disk();
    (await (await start({ [BOB]: ONE })).remove(BOB))._unsafeUnwrap();
    expect(keyIn(await start({ [BOB]: ONE }))).toBe('none');
    expect(keyIn(await start({ [BOB]: ONE }))).toBe('none');
    expect(namesIn(files)).toEqual([]);
  });

  it('count when they are others, also over a key that people vouch for', async () => {
    const { log, start } = disk();
    const book = await start({ [BOB]: ONE });
    (await book.set(BOB, TWO))._unsafeUnwrap();
    (await book.verify(BOB, fingerprintOf(TWO).digits))._unsafeUnwrap();
    const after = await start({ [BOB]: THREE });
    expect(after.get(BOB)._unsafeUnwrap()).toMatchObject({ key: THREE, trust: { kind: 'given' } });
    expect(log.lines).toEqual([
      expect.stringMatching(
        / NOTI recipients: the configured key replaces another recipient=\w{8}$/,
      ),
    ]);
  });

  it('count again when they have gone and come back', async () => {
    const { start } = disk();
    (await (await start({ [BOB]: ONE })).remove(BOB))._unsafeUnwrap();
    expect(keyIn(await start({}))).toBe('none');
    expect(keyIn(await start({ [BOB]: ONE }))).toEqual(ONE);
    expect(keyIn(await start({}))).toEqual(ONE);
  });

  it('that come while it runs count as those of a start', async () => {
    const { start } = disk();
    const book = await start({});
    (await book.configure(BOB, ONE))._unsafeUnwrap();
    (await book.set(BOB, TWO))._unsafeUnwrap();
    expect(keyIn(await start({ [BOB]: ONE }))).toEqual(TWO);
    expect((await book.configure(BOB, ONE.slice(1)))._unsafeUnwrapErr()).toEqual({
      kind: 'bad-key',
    });
  });

  it('take no key from people where an older program has not kept what they said', async () => {
    const { files, log, start } = disk();
    (await files.makeDirectory(DIRECTORY))._unsafeUnwrap();
    (await files.write(`${DIRECTORY}/bob@x.pem`, pemOf(TWO)))._unsafeUnwrap();
    const book = await start({ [BOB]: ONE, 'carol@x': ONE });
    expect(keyIn(book)).toEqual(TWO);
    expect(book.get('carol@x').isOk()).toBe(true);
    expect(log.lines).toEqual([
      expect.stringMatching(/ WARN recipients: another key is known than .* recipient=\w{8}$/),
    ]);
    (await book.remove(BOB))._unsafeUnwrap();
    expect(keyIn(await start({ [BOB]: ONE }))).toBe('none');
  });

  it('replace what only a provider has said', async () => {
    const { stores, files, log, start } = disk();
    (await (await start({})).discover({ address: BOB, key: TWO }))._unsafeUnwrap();
    expect(keyIn(await start({ [BOB]: ONE }))).toEqual(ONE);
    expect(log.lines).toHaveLength(1);
    expect(keyIn(await open(files, { [BOB]: ONE }, stores))).toEqual(ONE);
  });

  it('that could not be written count at the next start', async () => {
    const { files, stores, start } = disk();
    await start({});
    files.failWrites('full');
    expect((await start({ [BOB]: ONE })).problems).toMatchObject([{ kind: 'recipient-file' }]);
    files.failWrites(undefined);
    stores.failCommits({ kind: 'store-full' });
    expect((await start({ [BOB]: ONE })).problems).toContainEqual({ kind: 'store-full' });
    stores.failCommits(undefined);
    expect((await start({ [BOB]: ONE })).problems).toEqual([]);
    expect(keyIn(await start({ [BOB]: ONE }))).toEqual(ONE);
  });

  it('are not read from a damaged store', async () => {
    const stores = memoryStores();
    const store = (await stores.open('trust', repeated(7, 32)))._unsafeUnwrap();
    const record = { collection: 'configured', key: utf8(BOB), value: ONE };
    (await store.commit([{ kind: 'put', ...record }]))._unsafeUnwrap();
    const place = { files: memoryFiles(), primitives, log: memoryLog(), directory: DIRECTORY };
    expect((await openRecipients({ ...place, store }))._unsafeUnwrapErr()).toEqual({
      kind: 'store-corrupt',
      collection: 'configured',
    });
  });
});
