/** What comes through a reply block that its maker gave to somebody who may be anybody. */
import { ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { depositReply, type ReplyMailDeps } from '../../../src/client/account/reply-mail.js';
import { encodeReplyMail } from '../../../src/client/packets/reply-mail.js';
import type { SurbRecord } from '../../../src/client/packets/surb-record.js';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import type { Change } from '../../../src/store/store.js';

const geometry = smallGeometry(1000);
const record: SurbRecord = {
  ...{ id: new Uint8Array(16), keys: new Uint8Array(64), sentAt: 0, rttMs: 0 },
  use: { kind: 'mail' },
};
const REMOVAL: Change = { kind: 'delete', collection: 'surb', key: record.id };

const deposited = async (payload: Uint8Array) => {
  const mails: { readonly text: string; readonly changes: readonly Change[] }[] = [];
  const removed: SurbRecord[] = [];
  const deps: ReplyMailDeps = {
    clock: manualClock(),
    random: seededRandom('reply mail'),
    account: 'alice@p1.test',
    surbs: {
      removal: () => [REMOVAL],
      forget: (records) => void removed.push(...records),
      remove: (records) => okAsync(void removed.push(...records)),
    },
    inbox: {
      deposit: (bytes, changes = []) => {
        mails.push({ text: fromUtf8(bytes), changes });
        return okAsync('id');
      },
    },
    isKnown: (address) => address === 'bob@p2.test',
  };
  expect(await depositReply(deps, record, payload)).toEqual(ok(undefined));
  expect(removed).toEqual([record]);
  return mails;
};
const shown = (mail: string) => deposited(encodeReplyMail(geometry, utf8(mail)));

describe('a mail through a reply block', () => {
  it('is in the inbox in the commit that removes the block', async () => {
    const [mail, ...others] = await shown('From: eve@p2.test\r\nSubject: x\r\n\r\nbody\r\n');
    expect(others).toEqual([]);
    expect(mail?.changes).toEqual([REMOVAL]);
    expect(mail?.text).toBe(
      'Return-Path: <>\r\nAuthentication-Results: mix; x-katzenpost-sender=none\r\n' +
        'From: eve@p2.test\r\nSubject: x\r\n\r\nbody\r\n',
    );
  });

  it('cannot say that somebody known has written it', async () => {
    const [mail] = await shown('From: Bob <bob@p2.test>\r\n\r\n');
    expect(mail?.text.replace(/\r\n\s/g, ' ')).toContain(
      'x-katzenpost-sender=none; x-katzenpost-from=fail header.from=bob@p2.test',
    );
    for (const claim of ['X-Katzenpost-Sender: AAAA', 'Authentication-Results: mix; all=pass']) {
      const [report] = await shown(`From: bob@p2.test\r\n${claim}\r\n\r\nbody\r\n`);
      expect(report?.text).toContain('Subject: Malformed message, spoofed sender');
      expect(report?.text).not.toContain('The sender has the key');
    }
  });

  it('is a report where it is none', async () => {
    for (const mail of ['', 'no mail at all', ' folded: x\r\n\r\n']) {
      const [report] = await shown(mail);
      expect(report?.text).toContain('Subject: Malformed message, Not IMF');
      expect(report?.changes).toEqual([REMOVAL]);
    }
  });

  it('is nothing where the block brought something else', async () => {
    expect(await deposited(new Uint8Array(geometry.payloadLength))).toEqual([]);
    expect(await deposited(new Uint8Array(geometry.payloadLength).fill(255))).toEqual([]);
  });
});
