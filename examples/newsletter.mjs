// A newsletter: people subscribe by mail, and every issue goes to each of them alone.
import { createTransport } from 'nodemailer';
import { mixTransport } from 'postern/bridges/nodemailer';
import { openTestWorld } from 'postern/testkit';

const NEWS = 'news@p1.test';
const [BOB, CAROL] = ['bob@p2.test', 'carol@p1.test'];
const world = await openTestWorld({ users: [NEWS, BOB, CAROL] });

const readers = new Set();
const subjectOf = (bytes) =>
  /^subject: *(.*?)\r?$/im.exec(new TextDecoder().decode(bytes))?.[1]?.toLowerCase();

/** Takes subscriptions until `signal` is aborted. Whose they are is told by a key, not by From. */
const subscriptions = async (client, signal) => {
  for await (const mail of client.receive(NEWS, { reader: 'inbox', signal })) {
    const wish = subjectOf(mail.bytes);
    if (mail.sender && wish === 'subscribe') readers.add(mail.sender);
    if (mail.sender && wish === 'unsubscribe') readers.delete(mail.sender);
    await mail.done();
  }
};

/** One mail for each reader: nobody is told who else reads. */
const publish = async (mailer, issue) => {
  for (const to of readers) await mailer.sendMail({ from: `News <${NEWS}>`, to, ...issue });
};

const stop = new AbortController();
const taking = subscriptions(world.client(NEWS), stop.signal);
for (const reader of [BOB, CAROL]) {
  const mail = { subject: 'subscribe', text: '' };
  const sent = await world.client(reader).send({ account: reader, to: NEWS, mail });
  if (sent.isErr()) throw new Error(sent.error.kind);
}
await world.until(() => readers.size === 2, 120_000);

const mailer = createTransport(mixTransport({ client: world.client(NEWS) }));
await publish(mailer, { subject: 'Issue 1', html: '<p>Nothing happened. Good.</p>' });
for (const reader of readers) {
  const { sender, bytes } = await world.nextMail(reader);
  console.log(`${reader} reads ${subjectOf(bytes)} of ${sender}`);
}

stop.abort();
await taking;
await world.close();
