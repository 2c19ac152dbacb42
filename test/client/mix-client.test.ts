import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/bytes/text.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from './support/world.js';

describe('MixClient on a whole network', () => {
  it('sends a mail, which arrives byte for byte and is acknowledged', async () => {
    const { io, alice, bob } = await openWorld({ tuning: { pollingIntervalMs: 30 } });
    const mail = mailOf('one', 'body\r\n.\r\nlast line without end');
    const sent = (await alice.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
    expect(sent).toHaveLength(1);
    expect(await io.clock.runUntil(() => inboxCount(bob) === 1, 60_000)).toBe(true);
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 60_000)).toBe(true);
    const [entry] = bob.inbox.list(BOB, 'inbox')._unsafeUnwrap();
    const bytes = (await bob.inbox.read(BOB, entry?.id ?? ''))._unsafeUnwrap();
    expect(fromUtf8(bytes).split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(
      'body\r\n.\r\nlast line without end',
    );
    await alice.close();
    await bob.close();
  });
});
