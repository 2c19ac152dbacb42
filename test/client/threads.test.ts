/** Threads through both sides: ids that fit together, and none that names a host. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { RECEIVED_IDS, SENT_IDS } from '../../src/client/mail-ids.js';
import type { MixClient } from '../../src/client/types.js';
import { ALICE, BOB, inboxCount, openWorld, outboxCount, type World } from './support/world.js';

/** In the ids that a mail program makes up there. */
const ALICES_HOST = 'alices.host';
const BOBS_HOST = 'bobs.host';
const PRIVATE = 'private@elsewhere';

const OUTSIDE = /^<[0-9a-f]{32}@anonymous\.invalid>$/;

let world: World;
let alice: MixClient;
beforeEach(async () => {
  world = await openWorld({ tuning: { pollingIntervalMs: 30 } });
  alice = world.alice;
});
afterEach(async () => {
  await alice.close();
  await world.bob.close();
});

interface Letter {
  readonly id: string;
  /** As a mail program writes References. */
  readonly references?: readonly string[];
}

/** The ids of a received mail, as its reader's program sees them. */
interface Seen {
  readonly id: string;
  readonly parent: string;
  readonly references: readonly string[];
}

const IDS = /<[^>]+>/g;

const post = async (to: string, { id, references = [] }: Letter): Promise<Seen> => {
  const [sender, reader, from] = to === BOB ? [alice, world.bob, ALICE] : [world.bob, alice, BOB];
  const host = to === BOB ? ALICES_HOST : BOBS_HOST;
  const thread = [`In-Reply-To: ${references.at(-1)}`, `References: ${references.join('\r\n ')}`];
  const head = [`From: ${from}`, `To: ${to}`, `Message-ID: ${id}`].concat(
    references.length > 0 ? thread : [],
  );
  const mail = utf8(`${head.join('\r\n')}\r\n\r\nhello\r\n`);
  const before = inboxCount(reader);
  (await sender.send({ account: from, to, mail }))._unsafeUnwrap();
  const isThere = (): boolean => inboxCount(reader) > before && outboxCount(sender) === 0;
  expect(await world.io.clock.runUntil(isThere, 60_000)).toBe(true);
  const newest = reader.inbox.list(to, 'inbox')._unsafeUnwrap().at(-1);
  const text = fromUtf8((await reader.inbox.read(to, newest?.id ?? ''))._unsafeUnwrap());
  const field = (name: string): readonly string[] =>
    new RegExp(`^${name}:((?:.*\\r\\n[ \\t])*.*)\\r$`, 'm').exec(text)?.[1]?.match(IDS) ?? [];
  expect(text).not.toContain(host);
  expect(text).not.toContain(PRIVATE);
  const [[own = ''], [parent = ''], all] = [
    field('Message-ID'),
    field('In-Reply-To'),
    field('References'),
  ];
  return { id: own, parent, references: all };
};

describe('a thread', () => {
  it('of five mails stays one on both sides, beside the copies of their writers', async () => {
    const [a1, a2, a3] = ['<a1@alices.host>', '<a2@alices.host>', '<a3@alices.host>'];
    const [b1, b2] = ['<b1@bobs.host>', '<b2@bobs.host>'];
    const first = await post(BOB, { id: a1 });
    expect(first.id).toMatch(OUTSIDE);
    const second = await post(ALICE, { id: b1, references: [first.id] });
    expect(second).toMatchObject({ parent: a1, references: [a1] });
    const third = await post(BOB, { id: a2, references: [a1, second.id] });
    expect(third).toMatchObject({ parent: b1, references: [first.id, b1] });
    const fourth = await post(ALICE, { id: b2, references: [first.id, b1, third.id] });
    expect(fourth.references).toEqual([a1, second.id, a2]);
    const fifth = await post(BOB, { id: a3, references: [a2, fourth.id] });
    expect(fifth.references).toEqual([third.id, b2]);
    expect(new Set([first, second, third, fourth, fifth].map(({ id }) => id)).size).toBe(5);
  });

  it('stays one over a restart, with an own mail as with one received as it was written', async () => {
    const first = await post(BOB, { id: '<a1@alices.host>' });
    const known = '<other-form@elsewhere.test>';
    await alice.close();
    alice = await world.reopenAlice({}, { sanitise: 'off' });
    await post(BOB, { id: known });
    await alice.close();
    alice = await world.reopenAlice();
    const answer = await post(ALICE, { id: '<b1@bobs.host>', references: [known] });
    expect(answer.references).toEqual([known]);
    const second = await post(BOB, {
      id: '<a2@alices.host>',
      references: ['<a1@alices.host>', answer.id],
    });
    expect(second.references).toEqual([first.id, '<b1@bobs.host>']);
    const again = await post(BOB, { id: '<a1@alices.host>' });
    expect(again.id).toBe(first.id);
  });

  it('is not told of mails elsewhere, nor is another account’s pseudonym the same', async () => {
    const elsewhere = `<${PRIVATE}>`;
    const mine = await post(BOB, { id: '<a1@alices.host>', references: [elsewhere] });
    const theirs = await post(ALICE, { id: '<a1@alices.host>', references: [elsewhere] });
    expect(mine.parent).toMatch(OUTSIDE);
    expect(theirs.parent).toMatch(OUTSIDE);
    expect(theirs.parent).not.toBe(mine.parent);
    expect(theirs.id).not.toBe(mine.id);
  });

  it('is forgotten in the end', async () => {
    await post(BOB, { id: '<a1@alices.host>' });
    const ids = (of: string): number => {
      const [counts = {}] = [...world.stores.counts().values()].filter((each) => of in each);
      return counts[of] ?? 0;
    };
    await post(ALICE, { id: '<b1@bobs.host>' });
    const all = [RECEIVED_IDS.collection, SENT_IDS.collection];
    expect(all.map(ids)).toEqual([1, 1]);
    await world.bob.close();
    await alice.close();
    alice = await world.reopenAlice({ offline: true });
    await world.io.clock.advance(RECEIVED_IDS.lifetimeMs + 3_600_000);
    expect(all.map(ids)).toEqual([0, 0]);
  });
});
