import { describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../src/bytes/text.js';
import { mailOf, openWorld } from './world.js';

describe('the first mail', () => {
  it('goes through five hops, is acknowledged by reply block, and leaves nothing behind', async () => {
    const users = ['alice@p1.test', 'bob@p2.test'];
    const world = await openWorld({ seed: 'first', users });
    const connected = () =>
      users.every((user) => world.status(user).connection.kind === 'connected');
    expect(await world.until(() => world.network.isReady() && connected(), 120_000)).toBe(true);
    const mail = mailOf('hello', 'the first mail');
    const sent = await world
      .client('alice@p1.test')
      .send({ account: 'alice@p1.test', to: 'bob@p2.test', mail });
    expect(sent._unsafeUnwrap().map(({ recipient }) => recipient)).toEqual(['bob@p2.test']);
    expect(await world.until(() => world.status('bob@p2.test').inbox.count === 1, 60_000)).toBe(
      true,
    );
    const [entry] = world.client('bob@p2.test').inbox.list('bob@p2.test', 'inbox')._unsafeUnwrap();
    const bytes = (
      await world.client('bob@p2.test').inbox.read('bob@p2.test', entry!.id)
    )._unsafeUnwrap();
    expect(fromUtf8(bytes).split('\r\n\r\n')[1]).toBe('the first mail\r\n');
    expect(await world.until(() => world.status('alice@p1.test').outbox.mails === 0, 60_000)).toBe(
      true,
    );
    await world.close();
  });
});
