/**
 * An account that has received much: its mails are put in as a provider brings them, block by block.
 * @module
 */
import { join } from 'node:path';
import { fragment } from '../../src/client/blocks/block.js';
import { type Inbox, openInbox } from '../../src/client/inbox/inbox.js';
import { loadKeyPair } from '../../src/client/keys.js';
import { sealBlock } from '../../src/client/blocks/seal.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { KATZENPOST_GEOMETRY as geometry } from '../../src/index.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import type { Store } from '../../src/store/store.js';
import { ACCOUNT, io, type Site } from './site.js';

const primitives = selectPrimitives();
const LINE = `${'x'.repeat(78)}\r\n`;
/** Accepted at once, so that they share disk writes. */
const BATCH = 50;

/** As the daemon of {@link Site} finds it: keys, storage key, store. */
export const fillInbox = async (site: Site, count: number, mailBytes: number): Promise<void> => {
  const directory = join(site.dataDir, ACCOUNT);
  (await io.files.makeDirectory(site.dataDir))._unsafeUnwrap();
  (await io.files.makeDirectory(directory))._unsafeUnwrap();
  const deps = { ...io, primitives };
  (await loadKeyPair(deps, directory, 'link'))._unsafeUnwrap();
  const identity = (await loadKeyPair(deps, directory, 'identity'))._unsafeUnwrap();
  const storageKey = io.random(32);
  (await io.files.write(`${site.dataDir}.storage.key`, storageKey))._unsafeUnwrap();
  const store = (await openSqliteStore(join(directory, 'store.db'), storageKey))._unsafeUnwrap();
  const inbox = await openInbox({
    ...deps,
    store: hasty(store),
    geometry,
    identitySecret: identity.secretKey,
    account: ACCOUNT,
    findSender: () => undefined,
    idHere: () => undefined,
    keyOf: () => undefined,
    readers: ['pop3'],
    events: () => undefined,
  });
  await bring(inbox._unsafeUnwrap(), { count, mailBytes, recipientKey: identity.publicKey });
  await inbox._unsafeUnwrap().close();
  await store.close();
};

/** The disk is not waited for: ten thousand times that would take minutes. */
const hasty = (store: Store): Store => ({
  get: (collection, key) => store.get(collection, key),
  list: (collection) => store.list(collection),
  commit: (changes) => store.commit(changes, 'crash'),
  close: () => store.close(),
});

interface Load {
  readonly count: number;
  readonly mailBytes: number;
  readonly recipientKey: Uint8Array;
}

const bring = async (inbox: Inbox, { count, mailBytes, recipientKey }: Load): Promise<void> => {
  const senderSecret = io.random(32);
  const mail = new TextEncoder().encode(
    `From: <bob@p2.test>\r\nSubject: one of many\r\n\r\n${LINE.repeat(mailBytes / LINE.length)}`,
  );
  const keys = { senderSecret, recipientKey };
  for (let done = 0; done < count; done += BATCH) {
    const mails = Array.from({ length: Math.min(BATCH, count - done) }, () =>
      fragment(mail, { messageId: io.random(16), geometry })._unsafeUnwrap(),
    );
    const sealed = mails
      .flat()
      .map((block) => sealBlock({ primitives, random: io.random, geometry }, block, keys));
    for (const accepted of await Promise.all(sealed.map((each) => inbox.accept(each)))) {
      accepted._unsafeUnwrap();
    }
  }
};
