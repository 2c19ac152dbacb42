/** A mail to somebody whose address its writer never learns, through a reply block. */
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { smallGeometry } from '../../src/index.js';
import { openTestWorld, type TestWorld } from '../../testkit/index.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const CAROL = 'carol@p1.test';
const EPOCH_MS = 1_200_000;

const open = (): Promise<TestWorld> =>
  openTestWorld({ users: [ALICE, BOB, CAROL], geometry: smallGeometry(4000) });

const madeFor = async (world: TestWorld, via: string) =>
  (await world.client(ALICE).replyBlocks.make({ account: ALICE, via }))._unsafeUnwrap();

const MAIL = utf8(
  `From: ${BOB}\r\nTo: undisclosed-recipients:;\r\nSubject: yes\r\n\r\nI agree\r\n`,
);

const sendBy = async (world: TestWorld, block: string, mail = MAIL): Promise<string> =>
  (await world.client(BOB).replyBlocks.send({ account: BOB, block, mail })).match(
    () => 'sent',
    ({ kind }) => kind,
  );

describe('a reply block', () => {
  it('brings one mail to its maker, and no second one', async () => {
    const world = await open();
    const { text: block, ...facts } = await madeFor(world, 'p2.test');
    expect(facts).toMatchObject({ via: 'p2.test', hops: 5 });
    expect(facts.expiresAt - facts.validFrom).toBe(EPOCH_MS);
    expect(facts.expiresAt - world.io.clock.now()).toBeGreaterThanOrEqual(EPOCH_MS / 2);
    expect(block).not.toMatch(/alice|p1\.test/);
    const inspect = async () =>
      (await world.client(BOB).replyBlocks.inspect(block))._unsafeUnwrap();
    expect(await inspect()).toEqual({ ...facts, isExpired: false, isUsed: false });

    expect(await sendBy(world, `Here it is:\n${block}`)).toBe('sent');
    const mail = await world.nextMail(ALICE);
    const lines = fromUtf8(mail.bytes).split('\r\n');
    expect(lines.slice(0, 2)).toEqual([
      'Return-Path: <>',
      `Authentication-Results: mix; x-katzenpost-sender=none; x-katzenpost-from=fail header.from=${BOB}`,
    ]);
    expect(lines).toEqual(expect.arrayContaining(['Subject: yes', 'I agree']));
    expect([mail.sender, mail.senderKey]).toEqual([undefined, undefined]);

    expect(await inspect()).toMatchObject({ isUsed: true });
    expect(await sendBy(world, block)).toBe('reply-block-used');
    await world.open(BOB);
    await world.until(() => world.isReady(), EPOCH_MS);
    expect(await inspect()).toMatchObject({ isUsed: true });
    expect(await sendBy(world, block)).toBe('reply-block-used');
    await world.until(() => false, 60_000);
    expect(world.client(ALICE).inbox.list(ALICE, 'inbox')._unsafeUnwrap()).toEqual([]);
    await world.close();
  });

  it('is not used again after the process has died with the packet in its hands', async () => {
    const world = await open();
    const { text: block } = await madeFor(world, 'p2.test');
    expect(await sendBy(world, block)).toBe('sent');
    world.stores.crash(`/${BOB}`);
    await world.open(BOB);
    await world.until(() => world.isReady(), EPOCH_MS);
    expect(await sendBy(world, block)).toBe('reply-block-used');
    await world.close();
  });

  it('is opened by a maker that was away and comes back', async () => {
    const world = await open();
    const { text: block } = await madeFor(world, 'p2.test');
    await world.closeClient(ALICE);
    expect(await sendBy(world, block)).toBe('sent');
    await world.open(ALICE);
    expect(fromUtf8((await world.nextMail(ALICE)).bytes)).toContain('I agree');
    await world.close();
  });

  it('is used by accounts of its first provider alone', async () => {
    const world = await open();
    const { replyBlocks } = world.client(ALICE);
    expect(await sendBy(world, (await madeFor(world, 'p1.test')).text)).toBe(
      'reply-block-elsewhere',
    );
    const nowhere = await replyBlocks.make({ account: ALICE, via: 'p9.test' });
    expect(nowhere._unsafeUnwrapErr()).toEqual({ kind: 'no-such-provider', provider: 'p9.test' });
    const own = (await replyBlocks.make({ account: ALICE }))._unsafeUnwrap();
    expect(own.via).toBe('p1.test');
    const sent = await world
      .client(CAROL)
      .replyBlocks.send({ account: CAROL, block: own.text, mail: MAIL });
    expect(sent.isOk()).toBe(true);
    expect(fromUtf8((await world.nextMail(ALICE)).bytes)).toContain('I agree');
    await world.close();
  });

  it('is not taken by what cannot be sent', async () => {
    const world = await open();
    const { text: block } = await madeFor(world, 'p2.test');
    expect(await sendBy(world, 'no block')).toBe('bad-reply-block');
    expect(await sendBy(world, block.replace(/\n\n.{64}/, '\n\n'))).toBe('bad-reply-block');
    expect(await sendBy(world, block, utf8('no mail'))).toBe('bad-mail');
    expect(await sendBy(world, block, utf8('X-Katzenpost-Sender: x\r\n\r\n'))).toBe(
      'forbidden-header',
    );
    const large = utf8(`Subject: x\r\n\r\n${'x'.repeat(5000)}`);
    expect(await sendBy(world, block, large)).toBe('mail-too-large');
    expect(await sendBy(world, block)).toBe('sent');
    await world.close();
  });
});
