import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { ALICE, makeRig, MALLORY, publicKey, sealMail } from './rig.js';

const KEYS = { 'alice@p1.test': publicKey(ALICE), 'zoë@p1.test': publicKey(ALICE) };

const receive = async (from: string, sender = MALLORY) => {
  const rig = await makeRig({ keys: KEYS, known: [publicKey(ALICE)] });
  await rig.accept(...sealMail(utf8(`${from}Subject: x\r\n\r\nbody`), { from: sender }));
  const [mail = new Uint8Array()] = await rig.mails();
  const kinds = rig.events.map(({ kind }) => kind);
  const [path, first] = fromUtf8(mail).split('\r\n');
  return { rig, kinds, path, first };
};

const PASS = 'Authentication-Results: mix; x-katzenpost-sender=pass';

describe('a mail whose From names somebody else', () => {
  it('says so in our field and by an event, and is delivered', async () => {
    const { rig, first } = await receive('From: Alice <Alice@P1.test>\r\n');
    expect(first).toBe(`${PASS}; x-katzenpost-from=fail header.from=alice@p1.test`);
    const [received, differs] = rig.events;
    expect(received?.kind).toBe('received');
    expect(differs).toEqual({
      kind: 'sender-differs',
      account: 'bob@p2.test',
      mail: rig.inbox.list('inbox')._unsafeUnwrap()[0]?.id,
      from: 'alice@p1.test',
    });
  });

  it.each([
    ['one of several', 'From: eve@x.test, "a, b" <alice@p1.test>\r\n', 'alice@p1.test'],
    ['folded', 'From:\r\n Alice\r\n <alice@p1.test>\r\n', 'alice@p1.test'],
    ['a second From', 'From: eve@x.test\r\nfrom: alice@p1.test\r\n', 'alice@p1.test'],
    ['beyond ASCII', 'From: ZOË@p1.test\r\n', 'zoë@p1.test'],
  ])('says so of %s', async (_, from, address) => {
    expect((await receive(from)).first).toBe(
      `${PASS}; x-katzenpost-from=fail header.from=${address}`,
    );
  });

  it.each([
    ['the right key', 'From: alice@p1.test\r\n', ALICE],
    ['nobody known', 'From: eve@p1.test\r\n', MALLORY],
    ['no From', '', MALLORY],
    ['no address', 'From: <>, (((, @@, undisclosed:;\r\n', MALLORY],
  ])('says nothing with %s', async (_, from, sender) => {
    const { first, kinds } = await receive(from, sender);
    expect(first).toBe(PASS);
    expect(kinds).toEqual(['received']);
  });
});

describe('the return path', () => {
  it.each([
    ['of somebody known', ALICE, 'Return-Path: <alice@p1.test>'],
    ['of nobody known', MALLORY, 'Return-Path: <>'],
  ])('is ours and comes first, whatever the mail has: %s', async (_, sender, wanted) => {
    const { path } = await receive('Return-Path: <eve@x.test>\r\nFrom: eve@x.test\r\n', sender);
    expect(path).toBe(wanted);
  });
});
