// Sends a mail with an attachment and follows it until its last block is acknowledged.
import { openTestWorld } from 'postern/testkit';

const [ALICE, BOB] = ['alice@p1.test', 'bob@p2.test'];
const world = await openTestWorld({ users: [ALICE, BOB] });
const alice = world.client(ALICE);

// A listener has its own queue from this call on, so nothing is missed.
const stop = new AbortController();
const events = alice.events(stop.signal);

const sent = await alice.send({
  account: ALICE,
  to: BOB,
  mail: {
    subject: 'Minutes of the meeting',
    text: 'They are attached.',
    attachments: [
      {
        name: 'minutes.txt',
        type: 'text/plain',
        content: new TextEncoder().encode('1. We met.\n'),
      },
    ],
  },
});
if (sent.isErr()) throw new Error(`not accepted: ${sent.error.kind}`);
const [{ recipient, messageId }] = sent.value;
console.log(`accepted for ${recipient}, safe on disk from here on`);

for await (const event of events) {
  if (event.kind === 'failed') throw new Error(`not delivered: ${event.reason}`);
  if (event.kind === 'sent' && event.messageId === messageId) break;
}
console.log('acknowledged: the whole mail is at the provider');

const { sender, size } = await world.nextMail(BOB);
console.log(`received: ${size} bytes from ${sender}`);

stop.abort();
await world.close();
