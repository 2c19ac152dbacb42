import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/bytes/text.js';
import { ALICE, BOB, mailOf, openWorld, outboxCount } from '../support/world.js';

describe('transmissions of one block', () => {
  it('never look alike to the provider that stores them', async () => {
    const tuning = { pollingIntervalMs: 30 };
    const { io, net, alice, bob } = await openWorld({ tuning, seed: 'sender' });
    await bob.close();
    net.loss = 0.5;
    const mails = 20;
    for (let i = 0; i < mails; i++) {
      const sent = await alice.send({ account: ALICE, to: BOB, mail: mailOf(`mail ${i}`) });
      sent._unsafeUnwrap();
    }
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 1_200_000)).toBe(true);
    const stored = net.users.get(BOB)?.spool.map(({ payload }) => toHex(payload)) ?? [];
    expect(stored.length).toBeGreaterThan(mails);
    expect(new Set(stored).size).toBe(stored.length);
    await alice.close();
  });
});
