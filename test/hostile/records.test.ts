/** Stores whose records are not what was written: opening one gives an error, never a throw. */
import type { Result, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { openInbox } from '../../src/client/inbox/inbox.js';
import { MAILS, PARTIALS } from '../../src/client/inbox/records.js';
import { SEEN_MESSAGES, SEEN_REFUSED } from '../../src/client/inbox/seen-messages.js';
import { NAMED_SENDS, NamedSends } from '../../src/client/outbox/named-sends.js';
import { SENT_IDS } from '../../src/client/mail-ids.js';
import { SentIds } from '../../src/client/outbox/sent-ids.js';
import { OUTBOX, readOutbox } from '../../src/client/outbox/records.js';
import { SurbTable } from '../../src/client/packets/surbs.js';
import { USED_SURBS, UsedSurbs } from '../../src/client/packets/used-surbs.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { manualClock, memoryLog, seededRandom } from '../../src/io/memory.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { memoryStores } from '../../src/store/memory.js';
import type { Store } from '../../src/store/store.js';
import { Archive } from '../../servers/authority/archive.js';
import { openMixKeys } from '../../servers/node/mix-keys.js';
import { openReplayLog } from '../../servers/node/replay.js';
import { StoredSpool } from '../../servers/provider/spool.js';
import { StoredUsers } from '../../servers/provider/users.js';
import { pattern } from '../support/bytes.js';

const primitives = makeFastPrimitives();
const random = seededRandom('records');
const clock = manualClock({ startMs: 1_700_000_000_000 });
const NOW_EPOCH = 7;

const openStore = async (): Promise<Store> =>
  (await memoryStores().open('/store', new Uint8Array(32)))._unsafeUnwrap();

const inbox = (store: Store) =>
  openInbox({
    ...{ store, clock, random, primitives, log: memoryLog(), geometry: smallGeometry(320) },
    identitySecret: pattern(32),
    account: 'bob@p2.test',
    readers: ['inbox'],
    findSender: () => undefined,
    idHere: () => undefined,
    keyOf: () => undefined,
    events: () => undefined,
  });

type Refusal = { readonly kind: string };
type Opening = (store: Store) => ResultAsync<unknown, Refusal>;

const expectOpenedOrRefused = (opened: Result<unknown, Refusal>): void => {
  if (opened.isErr()) expect(opened.error.kind).toMatch(/^(?:store-corrupt|bad-record)$/);
};

const OPENINGS: readonly (readonly [name: string, collections: readonly string[], Opening])[] = [
  [
    'spool',
    ['provider/spool-index'],
    (store) => new StoredSpool({ store, random, limit: 9, isUser: () => true }).load(),
  ],
  ['users', ['provider/users'], (store) => new StoredUsers(store).load()],
  [
    'archive',
    ['authority/descriptors', 'authority/documents', 'authority/gone'],
    (store) => new Archive(store).load(),
  ],
  ['replay log', [`replay-tags-${NOW_EPOCH}`], (store) => openReplayLog(store, [NOW_EPOCH])],
  [
    'mix keys',
    ['mix-keys'],
    (store) => openMixKeys({ store, random, primitives, epochTime: KATZENPOST_EPOCHS }),
  ],
  ['inbox', [MAILS, PARTIALS, SEEN_MESSAGES.collection, SEEN_REFUSED.collection], inbox],
  ['outbox', [OUTBOX.message, OUTBOX.progress], readOutbox],
  [
    'names of sends',
    [NAMED_SENDS.collection],
    (store) => NamedSends.open({ store, clock, primitives }),
  ],
  [
    'ids of sent mails',
    [SENT_IDS.collection],
    (store) => SentIds.open({ store, clock, primitives }),
  ],
  ['reply blocks', ['surb'], (store) => SurbTable.open({ store, clock }, 1000)],
  [
    'used reply blocks',
    [USED_SURBS.collection],
    (store) => UsedSurbs.open({ store, clock, primitives, geometry: smallGeometry(320) }),
  ],
];

const LENGTHS = [0, 1, 4, 7, 8, 9, 16, 31, 32, 33, 40, 64, 100, 4096, 4097];

const shapes = [1, 4, 8, 16, 40].flatMap((keyLength) =>
  LENGTHS.flatMap((length) =>
    [0, 1, 0xff].map((fill) => ({
      key: pattern(keyLength),
      value: new Uint8Array(length).fill(fill),
    })),
  ),
);

describe.each(OPENINGS)('the %s', (_, collections, openIt) => {
  it.each(collections)('of records of any length is opened or refused: %s', async (collection) => {
    for (const { key, value } of shapes) {
      const store = await openStore();
      (await store.commit([{ kind: 'put', collection, key, value }]))._unsafeUnwrap();
      expectOpenedOrRefused(await openIt(store));
    }
  });

  it('of random records is opened or refused', async () => {
    for (let round = 0; round < 100; round++) {
      const store = await openStore();
      for (const collection of collections) {
        const key = random(1 + ((random(1)[0] ?? 0) % 40));
        const value = random(random(1)[0] ?? 0);
        (await store.commit([{ kind: 'put', collection, key, value }]))._unsafeUnwrap();
      }
      expectOpenedOrRefused(await openIt(store));
    }
  });
});
