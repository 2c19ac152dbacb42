import { it } from 'vitest';
import { openTestWorld } from '../testkit/world.js';
it('t', async () => {
  for (let i = 0; i < 3; i++) {
    let t = performance.now();
    const lap = (n: string) => { console.log(n, Math.round(performance.now() - t)); t = performance.now(); };
    const world = await openTestWorld({ users: ['alice@p1.test', 'bob@p2.test'], seed: i });
    lap('open, sim ' + (world.io.clock.monotonic()));
    const s = await world.client('alice@p1.test').send({ account: 'alice@p1.test', to: 'bob@p2.test', mail: { subject: 's', text: 'hello' } });
    console.log(s);
    const mail = await world.nextMail('bob@p2.test');
    lap('mail ' + mail.sender + ' ' + world.io.clock.monotonic());
    await world.close();
    lap('close ' + world.io.clock.monotonic());
  }
});
