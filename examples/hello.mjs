import { openTestWorld } from 'postern/testkit';

// A whole mix network in this process, with a client for each user; no socket is opened.
const world = await openTestWorld({ users: ['alice@p1.test', 'bob@p2.test'] });
const alice = world.client('alice@p1.test');
const bob = world.client('bob@p2.test');

const mail = { subject: 'Hello', text: 'Nobody on the way can tell who wrote this.' };
const sent = await alice.send({ account: 'alice@p1.test', to: 'bob@p2.test', mail });
if (sent.isErr()) throw new Error(sent.error.kind);

for await (const received of bob.receive('bob@p2.test', { reader: 'inbox' })) {
  console.log(`from ${received.sender}:`);
  console.log(new TextDecoder().decode(received.bytes));
  await received.done();
  break;
}
await world.close();
