import { it } from 'vitest';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from './support/world.js';
it('loss', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: { pollingIntervalMs: 30 } });
    net.loss = .3; net.duplicates = .05;
    await bob.accounts.status();
    await io.clock.advance(1000);
    const t0 = io.clock.monotonic();
    await alice.send({ account: ALICE, to: BOB, mail: mailOf('big', 'x'.repeat(30*880)) });
    for (let i=0;i<20;i++) await alice.send({ account: ALICE, to: BOB, mail: mailOf('n'+i) });
    const w = performance.now();
    for (let i=0;i<12;i++) {
    const ok = await io.clock.runUntil(() => outboxCount(alice) === 0, 10_000); console.log(ok, io.clock.monotonic()-t0, net.stored, inboxCount(bob), 'surbs', alice.accounts.status()[0]?.replyBlocks, bob.accounts.status()[0]?.fragments, JSON.stringify(alice.outbox.list().map(m=>[m.blocks,m.acknowledged,m.transmissions])), performance.now()-w);
    if (ok) break;
    }
}, 200_000);
