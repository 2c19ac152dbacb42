// What a unit test of a program that sends mail looks like: `node --test examples/unit-test.mjs`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestWorld } from 'postern/testkit';

/** The program under test: it is given a client and knows nothing of the world. */
const welcome = (client, account, to) =>
  client.send({ account, to, mail: { subject: 'Welcome', text: 'Good to have you here.' } });

test('a new member gets a mail', async () => {
  const world = await openTestWorld({ users: ['club@p1.test', 'bob@p2.test'] });
  const sent = await welcome(world.client('club@p1.test'), 'club@p1.test', 'bob@p2.test');
  assert.ok(sent.isOk());
  const mail = await world.nextMail('bob@p2.test');
  assert.equal(mail.sender, 'club@p1.test');
  await world.close();
});

test('a stranger is refused before anything is queued', async () => {
  const world = await openTestWorld({ users: ['club@p1.test', 'bob@p2.test'] });
  const sent = await welcome(world.client('club@p1.test'), 'club@p1.test', 'eve@p2.test');
  assert.equal(sent.error.kind, 'unknown-recipient');
  assert.deepEqual(world.client('club@p1.test').outbox.list(), []);
  await world.close();
});
