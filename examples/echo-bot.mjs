// A bot that sends every mail back to whoever wrote it; the sender is known by key, not by header.
import { openTestWorld } from 'postern/testkit';

const [ALICE, BOT] = ['alice@p1.test', 'echo@p2.test'];
const world = await openTestWorld({ users: [ALICE, BOT] });

const bodyOf = (bytes) => {
  const text = new TextDecoder().decode(bytes);
  return text.slice(text.indexOf('\r\n\r\n') + 4).trimEnd();
};

/** Answers until `signal` is aborted; a mail is done with only when its answer is accepted. */
const echo = async (client, signal) => {
  for await (const mail of client.receive(BOT, { reader: 'inbox', signal })) {
    const answer = { subject: 'Echo', text: `You wrote:\n${bodyOf(mail.bytes)}` };
    const answered = mail.sender
      ? await client.send({ account: BOT, to: mail.sender, mail: answer })
      : undefined;
    if (answered?.isErr()) console.error(`no answer: ${answered.error.kind}`);
    else await mail.done();
  }
};

const stop = new AbortController();
const running = echo(world.client(BOT), stop.signal);

const question = { subject: 'Hello?', text: 'Is anybody there?' };
const sent = await world.client(ALICE).send({ account: ALICE, to: BOT, mail: question });
if (sent.isErr()) throw new Error(sent.error.kind);
const answer = await world.nextMail(ALICE);
console.log(`${answer.sender} answers:\n${bodyOf(answer.bytes)}`);

stop.abort();
await running;
await world.close();
