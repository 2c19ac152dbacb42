/** One bad recipient of several: who gets the mail, and who is told of whom. */
import { beforeEach, describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { MixClient, SendOptions } from '../../src/client/types.js';
import { putIntoBox } from '../../src/client/submit/box.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import {
  ALICE,
  BOB,
  inboxCount,
  mailOf,
  openWorld,
  outboxCount,
  type World,
} from './support/world.js';

const NOBODY = 'nobody@p2.test';
/** Known, at a provider that the network has not. */
const DAN = 'dan@nowhere.test';

let world: World;
beforeEach(async () => {
  world = await openWorld();
  const { key } = world.alice.recipients.get(BOB)._unsafeUnwrap();
  (await world.alice.recipients.set(DAN, key))._unsafeUnwrap();
  const up = (): boolean => world.alice.accounts.status()[0]?.connection.kind === 'connected';
  expect(await world.io.clock.runUntil(up, 60_000)).toBe(true);
  return async () => {
    await world.alice.close();
    await world.bob.close();
  };
});

const send = (
  badRecipients: NonNullable<SendOptions['badRecipients']>,
  to: readonly string[],
  more: Partial<SendOptions> = {},
) => world.alice.send({ account: ALICE, to, mail: mailOf('partly'), badRecipients, ...more });

/** Recipients that reports in alice's inbox name as failed. */
const reported = async (client: MixClient = world.alice): Promise<readonly string[]> => {
  const entries = client.inbox.list(ALICE, 'inbox')._unsafeUnwrap();
  const mails = await Promise.all(
    entries.map(async ({ id }) => (await client.inbox.read(ALICE, id))._unsafeUnwrap()),
  );
  return mails.flatMap((mail) =>
    [...fromUtf8(mail).matchAll(/^Final-Recipient: rfc822; (.*)\r$/gm)].map(
      ([, name = '']) => name,
    ),
  );
};

describe('a mail with a bad recipient', () => {
  it('is for nobody, unless its sender wants otherwise', async () => {
    expect((await send('refuse', [BOB, NOBODY]))._unsafeUnwrapErr().kind).toBe('unknown-recipient');
    expect((await send('refuse', [BOB, DAN]))._unsafeUnwrap()).toHaveLength(2);
  });

  it('is for the others, by name or with a report', async () => {
    const skipped = (await send('skip', [BOB, NOBODY, DAN, 'a@-x']))._unsafeUnwrap();
    expect(skipped.map(({ recipient }) => recipient)).toEqual([BOB]);
    expect([outboxCount(world.alice), inboxCount(world.alice)]).toEqual([1, 0]);
    const sent = (await send('report', [NOBODY, BOB, DAN, NOBODY]))._unsafeUnwrap();
    expect(sent.map(({ recipient }) => recipient)).toEqual([BOB]);
    expect(await reported()).toEqual([NOBODY, DAN]);
    expect(outboxCount(world.alice)).toBe(2);
  });

  it('is refused where nobody is left, or only reported', async () => {
    for (const choice of ['skip', 'report'] as const) {
      expect((await send(choice, [DAN, NOBODY]))._unsafeUnwrapErr()).toEqual({
        kind: 'unknown-provider',
        recipient: DAN,
      });
    }
    expect(inboxCount(world.alice)).toBe(0);
    expect((await send('report-all', [DAN, NOBODY]))._unsafeUnwrap()).toEqual([]);
    expect([await reported(), outboxCount(world.alice)]).toEqual([[DAN, NOBODY], 0]);
    expect((await send('report-all', []))._unsafeUnwrapErr().kind).toBe('bad-address');
  });

  it('that is a report itself is never reported about', async () => {
    const mail = utf8('Auto-Submitted: auto-replied\r\n\r\nx');
    for (const choice of ['report', 'report-all'] as const) {
      const refused = await send(choice, [BOB, NOBODY], { mail });
      expect(refused._unsafeUnwrapErr().kind).toBe('unknown-recipient');
    }
    expect(inboxCount(world.alice)).toBe(0);
  });

  it('is stored together with its report, or neither is', async () => {
    world.stores.failCommits({ kind: 'store-full' });
    expect((await send('report', [BOB, NOBODY]))._unsafeUnwrapErr()).toEqual({
      kind: 'store-full',
    });
    world.stores.failCommits(undefined);
    expect([outboxCount(world.alice), inboxCount(world.alice)]).toEqual([0, 0]);
    (await send('report', [BOB, NOBODY]))._unsafeUnwrap();
    world.stores.crash();
    await world.alice.close();
    const again = await world.reopenAlice({ offline: true });
    expect([outboxCount(again), await reported(again)]).toEqual([1, [NOBODY]]);
    await again.close();
  });

  it('is reported once by each name of a send', async () => {
    const named = { once: 'this one' };
    (await send('report', [BOB, NOBODY], named))._unsafeUnwrap();
    (await send('report', [BOB, NOBODY], named))._unsafeUnwrap();
    expect([outboxCount(world.alice), await reported()]).toEqual([1, [NOBODY]]);
  });
});

describe('a provider', () => {
  it('is one as long as nobody can tell, and when it was one before', async () => {
    await world.alice.close();
    const offline = await world.reopenAlice({ offline: true });
    const options = {
      account: ALICE,
      to: [DAN],
      mail: mailOf('x'),
      badRecipients: 'report',
    } as const;
    expect((await offline.send(options))._unsafeUnwrap()).toHaveLength(1);
    await offline.close();
  });
});

describe('a mail in the submit box', () => {
  it('is taken in at the start, and is known again', async () => {
    const primitives = selectPrimitives();
    const place = { files: world.io.files, random: world.io.random, primitives, dataDir: '/alice' };
    const name = '0123456789abcdef'.repeat(2);
    const letter = { account: ALICE, to: [BOB, NOBODY], mail: mailOf('boxed') };
    await world.alice.close();
    for (let round = 0; round < 2; round++) {
      (await putIntoBox(place, name, letter))._unsafeUnwrap();
      const client = await world.reopenAlice({ offline: true });
      expect([outboxCount(client), await reported(client)]).toEqual([1, [NOBODY]]);
      expect((await world.io.files.list('/alice/submit'))._unsafeUnwrap()).toEqual([]);
      await client.close();
    }
  });
});
