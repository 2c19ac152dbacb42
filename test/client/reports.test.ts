/**
 * Every report, provoked over a real link by a hostile provider or a dead one, and read by a mail
 * library that is not ours. A body is never serialised again here, so 5.6.0 has no cause.
 */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { sealBlock } from '../../src/client/blocks/seal.js';
import type { ClientEvent, MixClient } from '../../src/client/types.js';
import { sanitise } from '../../src/sanitise/sanitise.js';
import { program, run } from '../bridges/programs.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, type World } from './support/world.js';

const HOUR_MS = 3_600_000;
/** Slow enough that hours pass quickly. */
const SLOW = {
  mu: { perMs: 1 / 1000, maxMs: 10_000 },
  lambdaP: { perMs: 1 / 60_000, maxMs: 600_000 },
  lambdaL: { perMs: 0, maxMs: 0 },
  lambdaD: { perMs: 0, maxMs: 0 },
};
const TUNING = {
  pollingIntervalMs: 60_000,
  receiveTimeoutMs: HOUR_MS,
  bounceQueueLifetimeMs: 4 * HOUR_MS,
};

const python3 = program('python3');

const READ = `
import email,email.policy,json,sys
mail=email.message_from_bytes(sys.stdin.buffer.read(),policy=email.policy.default)
parts=list(mail.iter_parts())
status=[part for part in parts if part.get_content_type()=='message/delivery-status']
groups=[dict(group.items()) for part in status for group in part.get_payload()]
last=parts[-1]
evidence=last.get_payload(decode=True) if not last.is_multipart() else last.get_payload(0).as_bytes()
print(json.dumps({
  'type': mail.get_content_type(), 'subject': mail['Subject'], 'to': mail['To'],
  'path': mail['Return-Path'], 'auto': mail['Auto-Submitted'], 'defects': len(mail.defects),
  'groups': groups, 'last': last.get_content_type(), 'file': last.get_filename(),
  'evidence': evidence.decode('latin1')}))
`;

/** What Python's mail library finds in a report. */
interface ReadReport {
  readonly type: string;
  readonly subject: string;
  readonly to: string;
  readonly path: string;
  readonly auto: string;
  readonly defects: number;
  readonly groups: readonly Readonly<Record<string, string>>[];
  readonly last: string;
  readonly file: string | null;
  readonly evidence: string;
}

const readReport = async (report: Uint8Array): Promise<ReadReport> => {
  const { stdout, stderr } = await run(python3 ?? '', ['-c', READ], report);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReadReport;
};

const mailsOf = async (client: MixClient, account: string): Promise<readonly Uint8Array[]> => {
  const entries = client.inbox.list(account, 'inbox')._unsafeUnwrap();
  const mails = await Promise.all(entries.map(({ id }) => client.inbox.read(account, id)));
  return mails.map((mail) => mail._unsafeUnwrap());
};

/** Bob's provider gives him this, as if it had come. */
const plant = ({ net }: World, payload: Uint8Array): void =>
  void net.users.get(BOB)?.spool.push({ kind: 'message', payload });

/** A block that somebody whom nobody knows has sealed to Bob. */
const sealed = ({ net, io }: World, text: string, index = 0, total = 1): Uint8Array => {
  const { primitives, geometry } = net;
  const messageId = new Uint8Array(16).fill(total);
  const recipientKey = net.users.get(BOB)?.identityKey ?? new Uint8Array(32);
  return sealBlock(
    { primitives, geometry, random: io.random },
    { messageId, total, index, payload: utf8(text) },
    { senderSecret: new Uint8Array(32).fill(3), recipientKey },
  );
};

interface Case {
  readonly what: string;
  readonly plants: (world: World) => readonly Uint8Array[];
  readonly subject: string;
  readonly status: string;
  readonly file: string;
  readonly evidence: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'a block that nobody sealed to us',
    plants: ({ net, io }) => [io.random(net.geometry.userPayloadLength)],
    subject: 'Message decryption failure',
    status: '5.7.5 (Cryptographic failure)',
    file: 'ciphertext.bin',
    evidence: /^[^]{500}/,
  },
  {
    what: 'a message that is no mail',
    plants: (world) => [sealed(world, 'no header at all')],
    subject: 'Malformed message, Not IMF',
    status: '5.6.1 (Media not supported)',
    file: 'message_malformed.bin',
    evidence: /^no header at all$/,
  },
  {
    what: 'a mail that names its sender itself',
    plants: (world) => [sealed(world, 'X-Katzenpost-Sender : me\r\nSubject: x\r\n\r\nbody\r\n')],
    subject: 'Malformed message, spoofed sender',
    status: '5.7.7 (Message integrity failure)',
    file: 'message_spoofed.bin',
    evidence: /^X-Katzenpost-Sender : me\r\n/,
  },
  {
    what: 'a mail of which a block never comes',
    plants: (world) => [
      sealed(world, 'Subject: x\r\n\r\none ', 0, 3),
      sealed(world, ' three', 2, 3),
    ],
    subject: 'Receive failure, timeout',
    status: '5.4.7 (Delivery time expired)',
    file: 'message_partial.bin',
    evidence: /one \r\n\[MISSING BLOCK 2\/3\]\r\n three/,
  },
];

describe.skipIf(python3 === undefined)('a report', () => {
  it.each(CASES)('tells of $what, once', async (wanted) => {
    const world = await openWorld({ rates: SLOW, tuning: TUNING });
    const { io, alice, bob } = world;
    // Each comes twice, as after a reconnection.
    for (const payload of wanted.plants(world).flatMap((each) => [each, each])) {
      plant(world, payload);
    }
    await io.clock.advance(3 * HOUR_MS);
    const [report, ...more] = await mailsOf(bob, BOB);
    expect(more).toEqual([]);
    const read = await readReport(report ?? new Uint8Array());
    expect(read).toMatchObject({
      type: 'multipart/report',
      subject: wanted.subject,
      to: BOB,
      path: '<>',
      auto: 'auto-replied',
      defects: 0,
      last: 'application/octet-stream',
      file: wanted.file,
    });
    expect(read.groups).toEqual([
      { 'Reporting-MTA': 'dns; katzenpost.localhost' },
      { 'Final-Recipient': `rfc822; ${BOB}`, Action: 'delivered', Status: wanted.status },
    ]);
    expect(read.evidence).toMatch(wanted.evidence);
    expectCleanHeader(report ?? new Uint8Array(), world);
    await alice.close();
    await bob.close();
  });

  it('brings back a mail that nobody acknowledged', async () => {
    const world = await openWorld({ rates: SLOW, tuning: TUNING });
    const { io, net, alice, bob } = world;
    net.dead.add('p2.test');
    await bob.close();
    await send(alice, mailOf('lost'));
    await io.clock.advance(8 * HOUR_MS);
    const [report, ...more] = await mailsOf(alice, ALICE);
    expect(more).toEqual([]);
    const read = await readReport(report ?? new Uint8Array());
    const [, group] = read.groups;
    expect(read).toMatchObject({ subject: 'Delivery failure, timeout', path: '<>', defects: 0 });
    expect(read.last).toBe('message/rfc822');
    expect(read.evidence).toContain('Subject: lost');
    expect(group).toMatchObject({ Action: 'failed', Status: '5.4.7 (Delivery time expired)' });
    expect(group?.['Final-Recipient']).toBe(`rfc822; ${BOB}`);
    expectCleanHeader(report ?? new Uint8Array(), world);
    await alice.close();
  });

  it('is never made about a report', async () => {
    const world = await openWorld({ rates: SLOW, tuning: TUNING });
    const { io, net, alice, bob } = world;
    plant(world, new Uint8Array(net.geometry.userPayloadLength));
    await io.clock.advance(HOUR_MS);
    const [report = new Uint8Array()] = await mailsOf(bob, BOB);
    await bob.close();
    net.dead.add('p2.test');
    const failed: ClientEvent[] = [];
    void (async () => {
      for await (const event of alice.events()) if (event.kind === 'failed') failed.push(event);
    })();
    await send(alice, report);
    await io.clock.advance(8 * HOUR_MS);
    expect(failed).toHaveLength(1);
    expect(inboxCount(alice)).toBe(0);
    expect(alice.outbox.list()).toEqual([]);
    await alice.close();
  });
});

const send = async (client: MixClient, mail: Uint8Array): Promise<void> => {
  (await client.send({ account: ALICE, to: BOB, mail }))._unsafeUnwrap();
};

/** A report can be handed on like any mail. */
const expectCleanHeader = (report: Uint8Array, { io }: World): void => {
  const maker = { nowMs: io.clock.now(), random: io.random };
  for (const mode of ['headers', 'full'] as const) {
    expect(sanitise(report, { mode }, maker).isOk()).toBe(true);
  }
};
