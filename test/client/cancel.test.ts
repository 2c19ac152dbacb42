/** What is left of each call that is aborted, or overtaken by a close. */
import { describe, expect, it } from 'vitest';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from './support/world.js';

const POLLING = { pollingIntervalMs: 30 };

describe('send', () => {
  it('is refused when its signal was aborted before, and finished when it is later', async () => {
    const { alice, bob } = await openWorld();
    const stop = new AbortController();
    const options = { account: ALICE, to: BOB, mail: mailOf('one'), signal: stop.signal };
    const begun = alice.send(options);
    stop.abort();
    expect((await begun)._unsafeUnwrap()).toHaveLength(1);
    expect((await alice.send(options))._unsafeUnwrapErr()).toEqual({ kind: 'aborted' });
    expect(outboxCount(alice)).toBe(1);
    await alice.close();
    await bob.close();
  });

  it('tells the truth when a close comes between', async () => {
    const { alice, bob, reopenAlice } = await openWorld();
    const sending = [1, 2, 3].map((i) =>
      alice.send({ account: ALICE, to: BOB, mail: mailOf(`mail ${i}`) }),
    );
    const closing = alice.close();
    sending.push(alice.send({ account: ALICE, to: BOB, mail: mailOf('too late') }));
    await closing;
    const sent = await Promise.all(sending);
    expect(sent.at(-1)?._unsafeUnwrapErr().kind).toBe('closed');
    const again = await reopenAlice({ offline: true });
    expect(outboxCount(again)).toBe(sent.filter((each) => each.isOk()).length);
    await again.close();
    await bob.close();
  });
});

describe('receive', () => {
  it('hands out again what was not done when it ended', async () => {
    const { io, alice, bob } = await openWorld({ tuning: POLLING });
    for (const subject of ['one', 'two']) {
      (await alice.send({ account: ALICE, to: BOB, mail: mailOf(subject) }))._unsafeUnwrap();
    }
    expect(await io.clock.runUntil(() => inboxCount(bob) === 2, 60_000)).toBe(true);
    const ids: string[] = [];
    for (let round = 0; round < 2; round++) {
      for await (const { id } of bob.receive(BOB, { reader: 'inbox' })) {
        ids.push(id);
        break;
      }
    }
    expect(new Set(ids).size).toBe(1);
    for await (const mail of bob.receive(BOB, { reader: 'inbox' })) {
      const done = mail.done();
      await bob.close();
      (await done)._unsafeUnwrap();
      break;
    }
    await alice.close();
  });
});

describe('ask', () => {
  it('ends at once by its signal or a close, and leaves nothing', async () => {
    const { io, alice, bob } = await openWorld({ tuning: POLLING });
    await io.clock.advance(2000);
    const stop = new AbortController();
    const question = {
      account: ALICE,
      service: 'keyserver',
      provider: 'p2.test',
      body: new Uint8Array(),
    };
    const aborted = alice.ask({ ...question, signal: stop.signal });
    const closed = alice.ask(question);
    stop.abort();
    expect((await aborted)._unsafeUnwrapErr()).toEqual({ kind: 'aborted' });
    await alice.close();
    expect((await closed)._unsafeUnwrapErr()).toEqual({ kind: 'closed' });
    expect((await alice.ask(question))._unsafeUnwrapErr()).toEqual({ kind: 'closed' });
    await bob.close();
  });
});

describe('cancel and close', () => {
  it('leave a mail queued or gone, and can be called twice', async () => {
    const { alice, bob, reopenAlice } = await openWorld();
    const sent = await alice.send({ account: ALICE, to: BOB, mail: mailOf('one') });
    const messageId = sent._unsafeUnwrap()[0]?.messageId ?? '';
    const cancelling = alice.outbox.cancel(messageId);
    await Promise.all([alice.close(), alice.close()]);
    const isGone = (await cancelling).isOk();
    const again = await reopenAlice({ offline: true });
    expect(outboxCount(again)).toBe(isGone ? 0 : 1);
    await again.close();
    await bob.close();
  });
});
