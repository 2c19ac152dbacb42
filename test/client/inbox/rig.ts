/** An account's inbox on a store in memory, and people who seal blocks for it. */
import { concat } from '../../../src/bytes/writer.js';
import { utf8 } from '../../../src/bytes/text.js';
import { fragment } from '../../../src/client/blocks/block.js';
import { type Inbox, type InboxOptions, openInbox } from '../../../src/client/inbox/inbox.js';
import { PARTS } from '../../../src/client/inbox/records.js';
import { sealBlock } from '../../../src/client/blocks/seal.js';
import type { Address, ClientEvent, ReceivedMail } from '../../../src/client/types.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import { manualClock, memoryLog, seededRandom } from '../../../src/io/memory.js';
import { smallGeometry, type SphinxGeometry } from '../../../src/sphinx/geometry.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import type { Store } from '../../../src/store/store.js';
import { pattern, repeated } from '../../support/bytes.js';

export const primitives = selectPrimitives();
/** 200 bytes of mail per block. */
export const geometry = smallGeometry(320);
export const IDENTITY = repeated(0x22, 32);
export const ALICE = repeated(0x11, 32);
export const MALLORY = repeated(0x33, 32);
const STORE_KEY = repeated(0x44, 32);

export const publicKey = (secret: Uint8Array): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(secret));

const random = seededRandom('senders');

interface SealOptions {
  readonly from?: Uint8Array;
  readonly messageId?: Uint8Array;
  /** Only so many blocks. */
  readonly count?: number;
  readonly wide?: SphinxGeometry;
}

/** The sealed blocks of a mail, in order. */
export const sealMail = (
  mail: Uint8Array,
  { from = ALICE, messageId = random(16), count = Infinity, wide = geometry }: SealOptions = {},
): Uint8Array[] =>
  fragment(mail, { messageId, geometry: wide })
    ._unsafeUnwrap()
    .slice(0, count)
    .map((block) =>
      sealBlock({ primitives, random, geometry: wide }, block, {
        senderSecret: from,
        recipientKey: publicKey(IDENTITY),
      }),
    );

/** A mail of `length` bytes and more. */
export const mailOf = (length: number, subject = 'test'): Uint8Array =>
  concat(utf8(`Subject: ${subject}\r\n\r\n`), pattern(length));

export interface Rig {
  readonly stores: MemoryStores;
  readonly clock: ReturnType<typeof manualClock>;
  readonly log: ReturnType<typeof memoryLog>;
  readonly events: ClientEvent[];
  inbox: Inbox;
  store: Store;
  /** Closes everything in order and opens it anew. */
  reopen(): Promise<void>;
  /** As when the process dies, and starts again. */
  crash(): Promise<void>;
  /** Accepts blocks one after the other; a refusal throws. */
  accept(...sealed: readonly Uint8Array[]): Promise<void>;
  /** What a reader can read now. */
  mails(reader?: string): Promise<Uint8Array[]>;
  /** Records in a collection. */
  records(collection: string): Promise<number>;
}

export const makeRig = async (
  options: Partial<Pick<InboxOptions, 'readers' | 'limits' | 'tuning' | 'geometry'>> & {
    readonly known?: readonly Uint8Array[];
    /** Keys by address. */
    readonly keys?: Readonly<Record<string, Uint8Array>>;
    /** What own mails are called here, by the ids that they left under. */
    readonly ids?: Readonly<Record<string, string>>;
    readonly stores?: MemoryStores;
  } = {},
): Promise<Rig> => {
  const stores = options.stores ?? memoryStores();
  const clock = manualClock({ startMs: 1_700_000_000_000 });
  const log = memoryLog({ clock });
  const events: ClientEvent[] = [];
  const local = seededRandom('inbox');
  const isKnown = (key: Uint8Array): boolean =>
    (options.known ?? []).some((known) => known.every((byte, at) => byte === key[at]));
  const findSender = (key: Uint8Array): Address | undefined =>
    isKnown(key) ? 'alice@p1.test' : undefined;
  const open = async (): Promise<[Store, Inbox]> => {
    const store = (await stores.open('/account', STORE_KEY))._unsafeUnwrap();
    const deps = { store, clock, log, primitives, geometry, findSender, random: local };
    const inbox = await openInbox({
      ...deps,
      keyOf: (address) => options.keys?.[address],
      idHere: (id) => options.ids?.[id],
      identitySecret: IDENTITY,
      account: 'bob@p2.test',
      readers: ['inbox'],
      events: (event) => events.push(event),
      ...options,
    });
    return [store, inbox._unsafeUnwrap()];
  };
  const [store, inbox] = await open();
  const rig: Rig = {
    stores,
    clock,
    log,
    events,
    store,
    inbox,
    reopen: async () => {
      await rig.inbox.close();
      await rig.store.close();
      [rig.store, rig.inbox] = await open();
    },
    crash: async () => {
      stores.crash();
      void rig.inbox.close();
      [rig.store, rig.inbox] = await open();
    },
    accept: async (...sealed) => {
      for (const block of sealed) (await rig.inbox.accept(block))._unsafeUnwrap();
    },
    mails: async (reader = 'inbox') => {
      const entries = rig.inbox.list(reader)._unsafeUnwrap();
      const read = await Promise.all(entries.map(({ id }) => rig.inbox.read(id)));
      return read.map((mail) => mail._unsafeUnwrap());
    },
    records: async (collection) => (await rig.store.list(collection))._unsafeUnwrap().length,
  };
  return rig;
};

/** Parts in the store: none may be left when no mail is there. */
export const partCount = (rig: Rig): Promise<number> => rig.records(PARTS);

/** The next mail of a reader; fails when there is none. */
export const take = async (mails: AsyncIterator<ReceivedMail>): Promise<ReceivedMail> => {
  const next = await mails.next();
  if (next.done) throw new Error('the mails have ended');
  return next.value;
};
