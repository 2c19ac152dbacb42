import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes/text.js';
import { recipientFileName } from '../../../src/client/recipients/files.js';
import { fingerprintOf } from '../../../src/client/recipients/fingerprint.js';
import { openRecipients, type RecipientBook } from '../../../src/client/recipients/recipients.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { memoryFiles, memoryLog } from '../../../src/io/memory.js';
import { memoryStores } from '../../../src/store/memory.js';
import { repeated } from '../../support/bytes.js';
import { DIRECTORY, filesWith, keyOf, namesIn, ONE, open, pemOf, TWO } from './rig.js';

describe('recipients', () => {
  it('keeps what is set, under its normal form, over a restart', async () => {
    const files = memoryFiles();
    const before = await open(files);
    (await before.set('BOB@P2.TEST', ONE))._unsafeUnwrap();
    const after = await open(files);
    expect(after.problems).toEqual([]);
    expect(namesIn(files)).toEqual(['bob@p2.test.pem']);
    expect(after.get('Bob <bob@p2.test>')._unsafeUnwrap()).toEqual({
      address: 'bob@p2.test',
      key: ONE,
      trust: { kind: 'given' },
    });
  });

  it('really removes, also files that people named otherwise', async () => {
    const files = await filesWith({ 'Bob@P2.test.pem': pemOf(ONE), 'bob@p2.test.pem': pemOf(ONE) });
    const recipients = await open(files);
    (await recipients.remove('bob@p2.test'))._unsafeUnwrap();
    expect(recipients.get('bob@p2.test')._unsafeUnwrapErr().kind).toBe('unknown-recipient');
    expect(namesIn(files)).toEqual([]);
    expect((await open(files)).list()).toEqual([]);
    expect((await recipients.remove('bob@p2.test'))._unsafeUnwrapErr()).toEqual({
      kind: 'unknown-recipient',
      recipient: 'bob@p2.test',
    });
  });

  it('reports bad files and entries, and keeps the others', async () => {
    const files = await filesWith({
      'alice@x.pem': pemOf(ONE),
      'broken@x.pem': utf8('nonsense'),
      'no-address.pem': pemOf(ONE),
      'zero@x.pem': pemOf(repeated(0, 32)),
      README: utf8('hello'),
      'alice@x.pem~': utf8('backup'),
    });
    const recipients = await open(files, {
      'carol@x': TWO,
      'bad address': TWO,
      'd@x': ONE.slice(1),
    });
    expect(recipients.list().map(({ address }) => address)).toEqual(['alice@x', 'carol@x']);
    expect(recipients.problems).toEqual([
      { kind: 'recipient-file', path: `${DIRECTORY}/broken@x.pem`, problem: 'not a PEM file' },
      {
        kind: 'recipient-file',
        path: `${DIRECTORY}/no-address.pem`,
        problem: 'not named by an address',
      },
      {
        kind: 'recipient-file',
        path: `${DIRECTORY}/zero@x.pem`,
        problem: 'a key that protects nothing',
      },
      { kind: 'bad-address', address: 'bad address' },
      { kind: 'bad-key' },
    ]);
  });

  it('sees at a rescan what has come and gone', async () => {
    const files = await filesWith({ 'alice@x.pem': pemOf(ONE) });
    const recipients = await open(files);
    (await files.write(`${DIRECTORY}/dave@x.pem`, pemOf(TWO)))._unsafeUnwrap();
    (await files.remove(`${DIRECTORY}/alice@x.pem`))._unsafeUnwrap();
    expect((await recipients.rescan())._unsafeUnwrap()).toEqual([]);
    expect(recipients.list()).toEqual([{ address: 'dave@x', key: TWO, trust: { kind: 'given' } }]);
  });

  it('prefers the file with our name for an address', async () => {
    const files = await filesWith({
      'bob@x.pem': pemOf(ONE),
      'BOB@x.pem': pemOf(TWO),
      'boB@x.pem': pemOf(TWO),
    });
    const recipients = await open(files);
    expect(recipients.get('bob@x')._unsafeUnwrap().key).toEqual(ONE);
    expect(recipients.problems.length).toBeGreaterThan(0);
    (await recipients.set('bob@x', TWO))._unsafeUnwrap();
    expect(namesIn(files)).toEqual(['bob@x.pem']);
  });

  it('finds the first address of a key', async () => {
    const recipients = await open(memoryFiles(), { 'zoe@x': ONE, 'amy@x': ONE });
    expect(recipients.findByKey(ONE)).toBe('amy@x');
    expect(recipients.findByKey(TWO)).toBeUndefined();
  });

  it('changes nothing when a file cannot be written', async () => {
    const files = memoryFiles();
    const recipients = await open(files, { 'bob@x': ONE });
    files.failWrites('full');
    expect((await recipients.set('bob@x', TWO))._unsafeUnwrapErr().kind).toBe('recipient-file');
    expect((await recipients.remove('bob@x'))._unsafeUnwrapErr().kind).toBe('recipient-file');
    expect(recipients.get('bob@x')._unsafeUnwrap().key).toEqual(ONE);
  });

  it('loses nothing of what is set during a rescan', async () => {
    const recipients = await open(memoryFiles());
    await Promise.all([recipients.rescan(), recipients.set('bob@x', ONE), recipients.rescan()]);
    expect(recipients.list()).toHaveLength(1);
  });

  it.each([
    ['bob@x', 'bob@x.pem'],
    ['a/b@x', 'a%2Fb@x.pem'],
    ['50%@x', '50%25@x.pem'],
    ['straße@x', 'stra%C3%9Fe@x.pem'],
  ])('names the file of %s', async (address, name) => {
    const files = memoryFiles();
    await open(files, { [address]: ONE });
    expect(recipientFileName(address)).toBe(name);
    expect(namesIn(files)).toEqual([name]);
    expect((await open(files)).get(address).isOk()).toBe(true);
  });

  it('gives every quoted name a harmless file of its own', async () => {
    const anyUser = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(anyUser, async (user) => {
        const address = `"${user.replace(/["\\]/g, '\\$&')}"@x`;
        const files = memoryFiles();
        const recipients = await open(files);
        if ((await recipients.set(address, ONE)).isErr()) return;
        expect(namesIn(files)[0]).toMatch(/^[^/.\\][^/\\]*\.pem$/);
        expect((await open(files)).get(address).isOk()).toBe(true);
      }),
    );
  });
});

describe('trust', () => {
  const BOB = 'bob@x';
  const [THREE, ZERO] = [keyOf(3), repeated(0, 32)];
  const trustOf = (book: RecipientBook): unknown => book.get(BOB)._unsafeUnwrap().trust;
  const codeOf = (key: Uint8Array): string => fingerprintOf(key).words.join(' ');

  it('is kept over a restart', async () => {
    const [files, stores] = [memoryFiles(), memoryStores()];
    const before = await open(files, {}, stores);
    (await before.discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    const between = await open(files, {}, stores);
    expect(trustOf(between)).toEqual({ kind: 'discovered' });
    (await between.noteChange({ address: BOB, key: TWO }))._unsafeUnwrap();
    const after = await open(files, {}, stores);
    expect(after.get(BOB)._unsafeUnwrap()).toEqual({
      address: BOB,
      key: ONE,
      trust: { kind: 'changed', seen: TWO },
    });
    (await after.verify('BOB@X', codeOf(ONE)))._unsafeUnwrap();
    expect(trustOf(await open(files, {}, stores))).toEqual({ kind: 'verified' });
  });

  it('comes from the key alone: another file is given by whoever has put it there', async () => {
    const [files, stores] = [memoryFiles(), memoryStores()];
    const book = await open(files, {}, stores);
    (await book.discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    (await files.write(`${DIRECTORY}/bob@x.pem`, pemOf(TWO)))._unsafeUnwrap();
    (await book.rescan())._unsafeUnwrap();
    expect(book.get(BOB)._unsafeUnwrap()).toMatchObject({ key: TWO, trust: { kind: 'given' } });
  });

  it('changes nobody whom others vouch for', async () => {
    const book = await open(memoryFiles(), { [BOB]: ONE });
    (await book.discover({ address: BOB, key: TWO }))._unsafeUnwrap();
    (await book.noteChange({ address: BOB, key: TWO }))._unsafeUnwrap();
    expect(book.get(BOB)._unsafeUnwrap()).toMatchObject({ key: ONE, trust: { kind: 'given' } });
    (await book.verify(BOB, fingerprintOf(ONE).digits))._unsafeUnwrap();
    (await book.noteChange({ address: BOB, key: TWO }))._unsafeUnwrap();
    expect(trustOf(book)).toEqual({ kind: 'verified' });
  });

  it('is not had by a wrong code', async () => {
    const book = await open(memoryFiles());
    (await book.discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    const differs = { kind: 'code-differs', recipient: BOB };
    expect((await book.verify(BOB, codeOf(TWO)))._unsafeUnwrapErr()).toEqual(differs);
    expect((await book.verify(BOB, ''))._unsafeUnwrapErr()).toEqual(differs);
    expect(trustOf(book)).toEqual({ kind: 'discovered' });
    expect((await book.verify('eve@x', codeOf(ONE)))._unsafeUnwrapErr().kind).toBe(
      'unknown-recipient',
    );
  });

  it('goes over to a key seen since, when that is the one read out', async () => {
    const [files, stores] = [memoryFiles(), memoryStores()];
    const book = await open(files, {}, stores);
    (await book.discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    (await book.noteChange({ address: BOB, key: TWO }))._unsafeUnwrap();
    expect((await book.verify(BOB, codeOf(THREE)))._unsafeUnwrapErr().kind).toBe('code-differs');
    (await book.verify(BOB, codeOf(TWO)))._unsafeUnwrap();
    const after = await open(files, {}, stores);
    expect(after.get(BOB)._unsafeUnwrap()).toMatchObject({ key: TWO, trust: { kind: 'verified' } });
  });

  it('is settled by set and remove', async () => {
    const book = await open(memoryFiles());
    (await book.discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    (await book.noteChange({ address: BOB, key: TWO }))._unsafeUnwrap();
    (await book.set(BOB, ONE))._unsafeUnwrap();
    expect(trustOf(book)).toEqual({ kind: 'given' });
    (await book.remove(BOB))._unsafeUnwrap();
    (await book.discover({ address: BOB, key: TWO }))._unsafeUnwrap();
    expect(book.get(BOB)._unsafeUnwrap()).toMatchObject({
      key: TWO,
      trust: { kind: 'discovered' },
    });
  });

  it('is given by the configuration to the key that it names', async () => {
    const [files, stores] = [memoryFiles(), memoryStores()];
    (await (await open(files, {}, stores)).discover({ address: BOB, key: ONE }))._unsafeUnwrap();
    expect(trustOf(await open(files, { [BOB]: ONE }, stores))).toEqual({ kind: 'given' });
  });

  it('discovers no key that protects nothing', async () => {
    const book = await open(memoryFiles());
    expect((await book.discover({ address: BOB, key: ZERO }))._unsafeUnwrapErr()).toEqual({
      kind: 'bad-key',
    });
    expect(book.list()).toEqual([]);
  });

  it('is never more than it was, whichever of its two writes is lost', async () => {
    const [files, stores] = [memoryFiles(), memoryStores()];
    const book = await open(files, {}, stores);
    files.failWrites('full');
    expect((await book.discover({ address: BOB, key: ONE })).isErr()).toBe(true);
    files.failWrites(undefined);
    const again = await open(files, {}, stores);
    expect(again.list()).toEqual([]);
    stores.failCommits({ kind: 'store-full' });
    expect((await again.discover({ address: BOB, key: ONE }))._unsafeUnwrapErr().kind).toBe(
      'store-full',
    );
    stores.failCommits(undefined);
    expect((await open(files, {}, stores)).list()).toEqual([]);
  });

  it('tells who listens of each change, until they leave', async () => {
    const book = await open(memoryFiles());
    let changes = 0;
    const leave = book.onChange(() => changes++);
    (await book.set(BOB, ONE))._unsafeUnwrap();
    (await book.verify(BOB, codeOf(ONE)))._unsafeUnwrap();
    await book.verify(BOB, 'wrong');
    (await book.rescan())._unsafeUnwrap();
    expect(changes).toBe(3);
    leave();
    (await book.remove(BOB))._unsafeUnwrap();
    expect(changes).toBe(3);
  });

  it('is not read from a damaged store', async () => {
    const stores = memoryStores();
    const store = (await stores.open('trust', repeated(7, 32)))._unsafeUnwrap();
    const record = { collection: 'trust', key: utf8(BOB), value: utf8('nonsense') };
    (await store.commit([{ kind: 'put', ...record }]))._unsafeUnwrap();
    const log = memoryLog();
    const options = { files: memoryFiles(), primitives, log, directory: DIRECTORY, store };
    expect((await openRecipients(options))._unsafeUnwrapErr()).toEqual({
      kind: 'store-corrupt',
      collection: 'trust',
    });
  });
});
