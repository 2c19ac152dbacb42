import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/bytes/text.js';
import { openTestWorld } from '../../../testkit/index.js';

const ALICE = 'alice@p1.test';
const BOB = 'bob@p2.test';
const EVE = 'eve@p1.test';

describe('an account that sends in batches', () => {
  it('keeps its mail, says when it leaves, and tells no hour in it', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const alice = world.client(ALICE);
    const { accounts, outbox } = alice;
    expect(accounts.departure(ALICE)._unsafeUnwrap()).toEqual({
      ...{ delay: 'usual', nextBatchAtMs: undefined },
    });
    (await accounts.setDelay(ALICE, 'batch'))._unsafeUnwrap();
    const { delay, nextBatchAtMs = 0 } = accounts.departure(ALICE)._unsafeUnwrap();
    expect(delay).toBe('batch');
    expect(nextBatchAtMs).toBeGreaterThan(world.io.clock.now());
    const mail = { subject: 'hello', text: 'x' };
    (await alice.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
    await world.until(() => false, 30_000);
    expect(outbox.list().map(({ state }) => state)).toEqual(['awaiting-batch']);
    expect(world.status(BOB).inbox.count).toBe(0);
    (await accounts.setDelay(ALICE, 'usual'))._unsafeUnwrap();
    const received = fromUtf8((await world.nextMail(BOB)).bytes);
    expect(received).toMatch(/^Date: \w{3}, \d{1,2} \w{3} \d{4} 00:00:00 \+0000\r$/m);
    await world.close();
  });

  it('is one of the client’s', async () => {
    const world = await openTestWorld({ users: [ALICE] });
    const { accounts } = world.client(ALICE);
    const unknown = { kind: 'unknown-account', account: EVE };
    expect(accounts.departure(EVE)._unsafeUnwrapErr()).toEqual(unknown);
    expect((await accounts.setDelay(EVE, 'batch'))._unsafeUnwrapErr()).toEqual(unknown);
    await world.close();
  });
});
