import { it } from 'vitest';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from './support/world.js';
it('200', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: { pollingIntervalMs: 30 } });
    await io.clock.advance(1000);
    const t0 = io.clock.monotonic();
    for (let i=0;i<200;i++) await alice.send({ account: ALICE, to: BOB, mail: mailOf('n'+i) });
    let blocks0 = net.stored;
    console.log(await io.clock.runUntil(() => inboxCount(bob) === 200, 60_000), io.clock.monotonic()-t0, 'stored', net.stored, blocks0);
    console.log(await io.clock.runUntil(() => outboxCount(alice) === 0, 60_000), io.clock.monotonic()-t0, net.stored);
});
it('80 blocks', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: { pollingIntervalMs: 30 } });
    await io.clock.advance(1000);
    const t0 = io.clock.monotonic();
    await alice.send({ account: ALICE, to: BOB, mail: mailOf('big', 'x'.repeat(79*880)) });
    console.log(alice.outbox.list());
    console.log(await io.clock.runUntil(() => inboxCount(bob) === 1, 60_000), io.clock.monotonic()-t0, 'stored', net.stored);
    console.log(await io.clock.runUntil(() => outboxCount(alice) === 0, 60_000), io.clock.monotonic()-t0, net.stored);
});
it('loss', async () => {
    const { io, net, alice, bob } = await openWorld({ tuning: { pollingIntervalMs: 30 } });
    net.loss = .3; net.duplicates = .05;
    await io.clock.advance(1000);
    const t0 = io.clock.monotonic();
    await alice.send({ account: ALICE, to: BOB, mail: mailOf('big', 'x'.repeat(30*880)) });
    for (let i=0;i<20;i++) await alice.send({ account: ALICE, to: BOB, mail: mailOf('n'+i) });
    console.log(await io.clock.runUntil(() => inboxCount(bob) === 21, 300_000), io.clock.monotonic()-t0, 'stored', net.stored);
    console.log(await io.clock.runUntil(() => outboxCount(alice) === 0, 300_000), io.clock.monotonic()-t0, net.stored, inboxCount(bob), alice.accounts.status(), bob.accounts.status());
});
