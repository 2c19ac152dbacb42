import { beforeEach, describe, expect, it } from 'vitest';
import { MailProgress } from '../../../src/client/outbox/mail-progress.js';
import { type BlockRef, type Gate, Schedule } from '../../../src/client/outbox/schedule.js';
import { seededRandom } from '../../../src/io/memory.js';

const OPEN: Gate = { reachable: () => true, retransmit: true };
const BASE_MS = 10_000;

let schedule: Schedule;
let nowMs: number;

/** A mail that nobody has sent a block of. */
const freshMail = (id: string, total: number, provider = 'p2'): MailProgress =>
  new MailProgress({
    id,
    recipient: `bob@${provider}`,
    provider,
    reliable: true,
    total,
    acknowledged: [],
  });

const mail = (...words: Parameters<typeof freshMail>): MailProgress => {
  const progress = freshMail(...words);
  schedule.add(progress);
  return progress;
};

const send = (gate: Gate = OPEN): BlockRef | undefined => {
  const ref = schedule.next(nowMs, gate);
  if (ref !== undefined) schedule.sent(ref, { nowMs, baseMs: BASE_MS });
  return ref;
};

const name = (ref: BlockRef | undefined): string | undefined => ref && `${ref.mail.id}${ref.block}`;

/** Names of what is sent at this moment. */
const sendAll = (gate: Gate = OPEN): string[] => {
  const names: string[] = [];
  for (let ref = send(gate); ref !== undefined; ref = send(gate)) names.push(name(ref) ?? '');
  return names;
};

/** Moments, from now on, at which something was sent, looked for every second. */
const sendTimes = (durationMs: number): number[] => {
  const times: number[] = [];
  for (const end = nowMs + durationMs; nowMs < end; nowMs += 1000) {
    times.push(...sendAll().map(() => nowMs));
  }
  return times;
};

beforeEach(() => {
  schedule = new Schedule(seededRandom('schedule'));
  nowMs = 0;
});

describe('the schedule', () => {
  it('sends all blocks of several mails, in turn', () => {
    mail('a', 3);
    sendAll();
    mail('b', 5);
    mail('c', 1);
    expect(sendAll()).toEqual(['b0', 'c0', 'b1', 'b2', 'b3', 'b4']);
  });

  it('gives what could not be sent next', () => {
    mail('a', 2);
    const ref = schedule.next(nowMs, OPEN);
    if (ref !== undefined) schedule.putBack(ref);
    expect(sendAll()).toEqual(['a0', 'a1']);
  });

  it('lets nobody wait behind an absent provider, and comes back to it', () => {
    mail('a', 2, 'gone');
    mail('b', 1);
    const gate: Gate = { reachable: ({ provider }) => provider !== 'gone', retransmit: true };
    expect(sendAll(gate)).toEqual(['b0']);
    expect(sendAll()).toEqual([]);
    schedule.unpark();
    expect(sendAll()).toEqual(['a0', 'a1']);
  });

  it('begins few mails of several blocks to one recipient at once, others when those are done', () => {
    const mails = Array.from({ length: 100 }, (_, index) => mail(`m${index}-`, 2));
    mail('short', 1);
    mail('other', 2, 'p1');
    const first = sendAll();
    const open = mails.filter(({ hasBegun }) => hasBegun);
    expect(open).toEqual(mails.slice(0, 32));
    expect(first).toEqual(expect.arrayContaining(['short0', 'other0', 'other1']));
    expect(first).toHaveLength(2 * 32 + 3);
    for (const [index, each] of mails.entries()) {
      schedule.remove(each);
      expect(sendAll()).toHaveLength(index + 32 < mails.length ? 2 : 0);
    }
  });

  it('goes on with all that an earlier run has begun', () => {
    for (let index = 0; index < 40; index++) {
      const restored = freshMail(`m${index}-`, 2);
      const flight = { mail: restored, block: 0, sentAtMs: 0, baseMs: BASE_MS, dueAtMs: BASE_MS };
      restored.restoreFlight(flight, 1);
      schedule.add(restored);
    }
    mail('later', 2);
    expect(sendAll()).toHaveLength(40);
  });

  it('sends a lost block again after its time-out, but not while held back', () => {
    mail('a', 1);
    sendAll();
    nowMs = BASE_MS - 1;
    expect(sendAll()).toEqual([]);
    nowMs = 10 * BASE_MS;
    expect(sendAll({ ...OPEN, retransmit: false })).toEqual([]);
    expect(sendAll()).toEqual(['a0']);
  });

  it('never sends what is acknowledged or removed', () => {
    const a = mail('a', 2);
    const b = mail('b', 1);
    sendAll();
    schedule.acknowledged({ mail: a, block: 0 }, nowMs);
    schedule.remove(b);
    nowMs = 10 * BASE_MS;
    expect(sendAll()).toEqual(['a1']);
    expect(a.acknowledgedCount).toBe(1);
  });

  it('sends only two blocks of a mail again before its first acknowledgement', () => {
    const a = mail('a', 10);
    sendAll();
    const probes = new Set<string>();
    for (nowMs = 0; nowMs < 1_000_000; nowMs += 5000) sendAll().forEach((each) => probes.add(each));
    expect(probes.size).toBe(2);
    schedule.acknowledged({ mail: a, block: 9 }, nowMs);
    expect(sendAll().length).toBeGreaterThanOrEqual(7);
  });

  it('backs off from a silent provider, up to six hours and no further', () => {
    mail('a', 1);
    const times = sendTimes(5 * 24 * 3_600_000);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps[1]).toBeGreaterThan((gaps[0] ?? 0) * 1.2);
    expect(times.length).toBeLessThan(32);
    expect(times.length).toBeGreaterThan(15);
    expect(Math.max(...gaps)).toBeGreaterThan(6 * 3_600_000);
  });

  it('does not back off to hours from a provider that answers others', () => {
    mail('a', 1);
    const other = mail('b', 1000);
    let block = 0;
    let sent = 0;
    for (nowMs = 0; nowMs < 120_000; nowMs += 1000) {
      sent += sendAll().filter((each) => each === 'a0').length;
      schedule.acknowledged({ mail: other, block: block++ }, nowMs);
    }
    expect(sent).toBeGreaterThan(7);
  });

  it('hurries when a silent provider answers', () => {
    mail('a', 1);
    sendTimes(12 * 3_600_000);
    schedule.answered('p2', nowMs);
    expect(sendTimes(120_000).length).toBeGreaterThan(0);
  });

  it('hurries too when the silence was that of an earlier run', () => {
    const restored = freshMail('a', 1);
    const dueAtMs = 6 * 3_600_000;
    const flight = { mail: restored, block: 0, sentAtMs: 0, baseMs: BASE_MS, dueAtMs };
    restored.restoreFlight(flight, 9);
    schedule.add(restored);
    schedule.answered('p2', nowMs);
    expect(sendTimes(120_000).length).toBeGreaterThan(0);
  });

  it('keeps transmissions of a block three seconds apart', () => {
    mail('a', 1);
    sendAll();
    let last = 0;
    for (nowMs = 0; nowMs < 100_000; nowMs += 100) {
      schedule.answered('p2', nowMs);
      if (sendAll().length > 0) {
        expect(nowMs - last).toBeGreaterThanOrEqual(3000);
        last = nowMs;
      }
    }
  });
});
