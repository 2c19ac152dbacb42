/** What has expired is gone: not a byte of it is left in the files of the store. */
import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHex, fromUtf8, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { type Inbox, type InboxOptions, openInbox } from '../../src/client/inbox/inbox.js';
import { messageKey } from '../../src/client/inbox/seen-messages.js';
import { SurbTable } from '../../src/client/packets/surbs.js';
import { portablePrimitives } from '../../src/crypto/portable.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import { manualClock, memoryIo, memoryLog, seededRandom } from '../../src/io/memory.js';
import { MixClient } from '../../src/index.js';
import { makeSqliteStore } from '../../src/store/sqlite.js';
import type { OpenStore, Store } from '../../src/store/store.js';
import { LINK_PROFILE_01 } from '../../src/wire/profile.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { openDirectory, type OpenDirectory } from '../support/directory.js';
import { repeated } from '../support/bytes.js';
import { ALICE, geometry, IDENTITY, mailOf, primitives, publicKey, sealMail } from './inbox/rig.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const CANARY = 'canary-4711';
const STORE_KEY = repeated(0x44, 32);

/** Sealing that hides nothing, to see what the files keep. */
const transparent: Primitives = {
  ...portablePrimitives,
  aead: {
    ...portablePrimitives.aead,
    seal: (_key, _nonce, _ad, plaintext) => concat(plaintext, new Uint8Array(16)),
    open: (_key, _nonce, _ad, sealed) => sealed.slice(0, -16),
  },
};

let directory: OpenDirectory;
let clock: ReturnType<typeof manualClock>;

beforeEach(async () => {
  directory = await openDirectory();
  clock = manualClock({ startMs: 1_700_000_000_000 });
});
afterEach(() => directory.dispose());

/** Stores on the disk, whatever they are called. */
const openTransparent: OpenStore = (path, key) =>
  makeSqliteStore({ clock, random: seededRandom(path), primitives: transparent })(
    `${directory.path}/${path.replaceAll('/', '_')}`,
    key,
  );

const openStore = async (): Promise<Store> =>
  (await openTransparent('store.db', STORE_KEY))._unsafeUnwrap();

/** Whether the bytes lie in any file of a store. */
const lies = async (bytes: Uint8Array | string): Promise<boolean> => {
  const wanted = Buffer.from(typeof bytes === 'string' ? utf8(bytes) : bytes);
  const names = await readdir(directory.path);
  const files = await Promise.all(names.map((name) => readFile(`${directory.path}/${name}`)));
  return files.some((file) => file.includes(wanted));
};

const openInboxOn = async (
  store: Store,
  options: Partial<Pick<InboxOptions, 'tuning'>> = {},
): Promise<Inbox> => {
  const opened = await openInbox({
    store,
    clock,
    log: memoryLog({ clock }),
    primitives,
    geometry,
    findSender: () => undefined,
    idHere: () => undefined,
    keyOf: () => undefined,
    random: seededRandom('inbox'),
    identitySecret: IDENTITY,
    account: 'bob@p2.test',
    readers: ['inbox'],
    events: () => undefined,
    ...options,
  });
  return opened._unsafeUnwrap();
};

const messageId = repeated(0x5a, 16);
const mail = concat(mailOf(300, CANARY), utf8(CANARY.repeat(20)));

const onlyMailOf = (inbox: Inbox): string => {
  const [entry, ...others] = inbox.list('inbox')._unsafeUnwrap();
  expect(others).toEqual([]);
  return entry?.id ?? '';
};

describe('after its time', () => {
  it('nothing is left of an incomplete mail, once its report was read', async () => {
    const store = await openStore();
    const inbox = await openInboxOn(store, { tuning: { receiveTimeoutMs: DAY_MS } });
    const [first] = sealMail(mail, { messageId });
    (await inbox.accept(first ?? new Uint8Array()))._unsafeUnwrap();
    expect(await lies(CANARY)).toBe(true);
    await clock.advance(DAY_MS + HOUR_MS);
    expect(inbox.fragments).toBe(0);
    // The report holds what had come.
    const id = onlyMailOf(inbox);
    (await inbox.done('inbox', [id]))._unsafeUnwrap();
    await clock.advance(MINUTE_MS);
    expect(await lies(CANARY)).toBe(false);
    await inbox.close();
    await store.close();
  });

  it('nothing is left of an incomplete mail that nobody wanted reported', async () => {
    const store = await openStore();
    const inbox = await openInboxOn(store, { tuning: { receiveTimeoutMs: 0 } });
    const [first] = sealMail(mail, { messageId });
    (await inbox.accept(first ?? new Uint8Array()))._unsafeUnwrap();
    await clock.advance(13 * DAY_MS);
    expect(inbox.fragments).toBe(1);
    await clock.advance(1 * DAY_MS + HOUR_MS);
    expect(inbox.fragments).toBe(0);
    expect(inbox.count).toBe(0);
    expect(await lies(CANARY)).toBe(false);
    await inbox.close();
    await store.close();
  });

  it('nothing is left of a mail that was read, and nothing of its name in the end', async () => {
    const store = await openStore();
    const inbox = await openInboxOn(store);
    const blocks = sealMail(mail, { messageId });
    for (const block of blocks) (await inbox.accept(block))._unsafeUnwrap();
    const total = blocks.length;
    const name = messageKey(primitives, publicKey(ALICE), { messageId, total });
    const id = onlyMailOf(inbox);
    (await inbox.done('inbox', [id]))._unsafeUnwrap();
    await clock.advance(MINUTE_MS);
    expect(await lies(CANARY)).toBe(false);
    expect(await lies(fromHex(id) ?? new Uint8Array())).toBe(false);
    // It is known again for two weeks.
    await clock.advance(13 * DAY_MS);
    expect(await lies(name)).toBe(true);
    await clock.advance(1 * DAY_MS + HOUR_MS);
    expect(await lies(name)).toBe(false);
    await inbox.close();
    await store.close();
  });

  it('nothing is left of a reply block', async () => {
    const store = await openStore();
    const table = (
      await SurbTable.open({ store, clock, onExpired: () => undefined }, 0)
    )._unsafeUnwrap();
    const stop = new AbortController();
    const running = table.runExpiry(stop.signal, () => undefined);
    const keys = repeated(0x77, 320);
    const use = { kind: 'decoy', provider: CANARY } as const;
    const record = { id: repeated(0x66, 16), keys, use, sentAt: clock.now(), rttMs: 1000 };
    (await table.add(record, 10_000))._unsafeUnwrap();
    expect(await lies(CANARY)).toBe(true);
    await clock.advance(10_000 + MINUTE_MS);
    expect(table.size).toBe(0);
    for (const bytes of [CANARY, record.id, keys]) expect(await lies(bytes)).toBe(false);
    stop.abort();
    await running;
    await store.close();
  });

  it('nothing is left of a mail that bounced, once its report was read', async () => {
    const world = { ...memoryIo({ seed: 'bounce' }), clock };
    const opened = await MixClient.open({
      io: world,
      openStore: openTransparent,
      dataDir: '/data',
      storageKey: STORE_KEY,
      offline: true,
      networks: {
        home: {
          epochTime: KATZENPOST_EPOCHS,
          geometry,
          link: LINK_PROFILE_01,
          authority: { addresses: ['127.0.0.1:1'], publicKey: repeated(1, 32) },
        },
      },
      accounts: [{ user: 'alice', provider: 'p1.test', network: 'home' }],
      recipients: { 'bob@p2.test': publicKey(IDENTITY) },
      tuning: { bounceQueueLifetimeMs: HOUR_MS },
    });
    const client = opened._unsafeUnwrap();
    const account = 'alice@p1.test';
    (await client.send({ account, to: 'bob@p2.test', mail }))._unsafeUnwrap();
    expect(await lies(CANARY)).toBe(true);
    await clock.advance(HOUR_MS + MINUTE_MS);
    expect(client.outbox.list()).toEqual([]);
    const [entry] = client.inbox.list(account, 'inbox')._unsafeUnwrap();
    const report = (await client.inbox.read(account, entry?.id ?? ''))._unsafeUnwrap();
    expect(fromUtf8(report)).toContain(CANARY);
    (await client.inbox.done(account, 'inbox', [entry?.id ?? '']))._unsafeUnwrap();
    await clock.advance(MINUTE_MS);
    expect(await lies(CANARY)).toBe(false);
    await client.close();
  });
});
