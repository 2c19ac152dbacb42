import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { mixTransport, type TransportError } from '../../../bridges/nodemailer/index.js';
import { fromUtf8 } from '../../../src/bytes/text.js';
import type { SendError } from '../../../src/index.js';
import { FakeClient } from '../../../testkit/fake-client.js';
import { openTestWorld } from '../../../testkit/world.js';

const [ALICE, BOB, CAROL] = ['alice@p1.test', 'bob@p2.test', 'carol@p1.test'];
const LETTER = { from: `Alice <${ALICE}>`, to: BOB, subject: 'Hi', text: 'Grüße\n.\nend' };

const setup = () => {
  const client = new FakeClient({ accounts: [ALICE] });
  return { client, mailer: createTransport(mixTransport({ client })) };
};

describe('nodemailer over the mix network', () => {
  it('hands over the whole mail for all recipients at once', async () => {
    const { client, mailer } = setup();
    const info = await mailer.sendMail({ ...LETTER, cc: CAROL, bcc: 'dan@p2.test' });
    const [sent] = client.sent;
    expect(client.sent).toHaveLength(1);
    expect(sent).toMatchObject({ account: ALICE, to: [BOB, CAROL, 'dan@p2.test'] });
    const mail = fromUtf8(sent?.mail as Uint8Array);
    expect(mail).toMatch(/^Subject: Hi\r$/m);
    expect(mail).not.toMatch(/dan@p2|[^\r]\n/);
    expect(info.accepted).toEqual([BOB, CAROL, 'dan@p2.test']);
    expect(info.rejected).toEqual([]);
    expect(info.sent.map(({ recipient }) => recipient)).toEqual(info.accepted);
    expect(mail).toContain(info.messageId);
  });

  it('sends as the account that it was made for, and without acknowledgements if told', async () => {
    const client = new FakeClient({ accounts: [ALICE] });
    const options = { client, account: ALICE, reliability: 'none' } as const;
    await createTransport(mixTransport(options)).sendMail({ to: BOB, text: 'x' });
    expect(client.sent).toMatchObject([{ account: ALICE, to: [BOB], reliability: 'none' }]);
  });

  it('gives an error with a sentence and the facts for each refusal', async () => {
    const { client, mailer } = setup();
    const refusals: readonly (readonly [SendError, string, RegExp])[] = [
      [{ kind: 'unknown-recipient', recipient: BOB }, 'EENVELOPE', /no key is known for bob/],
      [{ kind: 'unknown-provider', recipient: BOB }, 'EENVELOPE', /no provider of bob/],
      [{ kind: 'unknown-account', account: ALICE }, 'EENVELOPE', /no account alice/],
      [{ kind: 'bad-address', address: '@' }, 'EENVELOPE', /@/],
      [{ kind: 'bad-mail', problem: 'odd' }, 'EMESSAGE', /odd/],
      [{ kind: 'forbidden-header', header: 'X-A' }, 'EMESSAGE', /X-A/],
      [{ kind: 'mail-too-large', size: 9, limit: 8 }, 'EMESSAGE', /8 bytes/],
      [{ kind: 'paths-locked' }, 'EENVELOPE', /path/],
      [{ kind: 'bad-path', problem: 'odd' }, 'EENVELOPE', /path/],
      [{ kind: 'aborted' }, 'EABORT', /aborted/],
      [{ kind: 'closed' }, 'ESOCKET', /closed/],
      [{ kind: 'store-full' }, 'ESOCKET', /full/],
      [{ kind: 'store-io', reason: 'EIO' }, 'ESOCKET', /outbox/],
    ];
    for (const [reason, code, sentence] of refusals) {
      client.failures.send = reason;
      const thrown = await mailer.sendMail(LETTER).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(Error);
      expect(thrown).toMatchObject({ code, reason });
      expect((thrown as TransportError).message).toMatch(sentence);
    }
    expect(client.sent).toEqual([]);
  });

  it('refuses a mail to nobody, and one that is aborted', async () => {
    const { client, mailer } = setup();
    const nobody = { from: ALICE, text: 'x' };
    await expect(mailer.sendMail(nobody)).rejects.toMatchObject({ code: 'EENVELOPE' });
    const signal = AbortSignal.abort();
    await expect(mailer.sendMail({ ...LETTER, signal })).rejects.toMatchObject({ code: 'EABORT' });
    expect(client.sent).toEqual([]);
  });

  it('passes on what goes wrong in nodemailer itself', async () => {
    const { client, mailer } = setup();
    const attachments = [{ path: '/nowhere/at/all' }];
    await expect(mailer.sendMail({ ...LETTER, attachments })).rejects.toThrow(/ENOENT/);
    expect(client.sent).toEqual([]);
  });

  it('arrives, with its attachment', async () => {
    const world = await openTestWorld({ users: [ALICE, BOB] });
    const mailer = createTransport(mixTransport({ client: world.client(ALICE) }));
    await mailer.sendMail({ ...LETTER, attachments: [{ filename: 'a.txt', content: 'attached' }] });
    const mail = await world.nextMail(BOB);
    expect(mail.sender).toBe(ALICE);
    expect(fromUtf8(mail.bytes)).toMatch(/filename=a\.txt/);
    await world.close();
  });
});
