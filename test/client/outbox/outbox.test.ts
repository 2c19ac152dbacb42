import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import type { BlockRef } from '../../../src/client/outbox/schedule.js';
import { acceptanceChanges, readMail } from '../../../src/client/outbox/records.js';
import { OPEN, openRig, type OutboxRig, recordCounts } from '../support/outbox-rig.js';

const DAY_MS = 24 * 3_600_000;

const accept = async (
  { outbox }: OutboxRig,
  texts: readonly string[],
  options: {
    readonly to?: readonly string[];
    readonly reliable?: boolean;
    readonly idOf?: () => Uint8Array;
  } = {},
) => {
  const { to = ['bob@p2'], reliable = true, ...fixed } = options;
  const recipients = to.map((address, i) => ({ address, key: new Uint8Array(32).fill(i + 1) }));
  const payloads = texts.map(utf8);
  const mail = { payloads, reliable, recipients, lifetimeMs: DAY_MS, ...fixed };
  const accepted = await outbox.accept(mail);
  return accepted._unsafeUnwrap();
};

let nextSurb = 0;

/** Sends as the sender does: reply block first. */
const send = async ({ outbox, surbs, clock }: OutboxRig): Promise<BlockRef | undefined> => {
  const ref = outbox.next(OPEN);
  if (ref === undefined) return undefined;
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, ++nextSurb);
  const use = { kind: 'acknowledgement', messageId: ref.mail.id, block: ref.block } as const;
  const record = { id, keys: new Uint8Array(320), use, sentAt: clock.now(), rttMs: 4000 };
  if (ref.mail.reliable) (await surbs.add(record, 5000))._unsafeUnwrap();
  (await outbox.sent(ref, 5000))._unsafeUnwrap();
  return ref;
};

const sendAll = async (rig: OutboxRig): Promise<BlockRef[]> => {
  const refs: BlockRef[] = [];
  for (let ref = await send(rig); ref !== undefined; ref = await send(rig)) refs.push(ref);
  return refs;
};

const acknowledge = async ({ outbox }: OutboxRig, { mail, block }: BlockRef): Promise<void> => {
  (await outbox.acknowledge(mail.id, block))._unsafeUnwrap();
};

const EMPTY = { outbox: 0, 'outbox-progress': 0, 'outbox-part': 0, surb: 0, report: 0 };

describe('the outbox', () => {
  it('leaves nothing behind when the last block is acknowledged', async () => {
    const rig = await openRig();
    const [sent] = await accept(rig, ['one', 'two', 'three']);
    const refs = await sendAll(rig);
    expect(refs).toHaveLength(3);
    for (const ref of refs) await acknowledge(rig, ref);
    expect(rig.news).toEqual([{ kind: 'sent', sent }]);
    expect(rig.outbox.list()).toEqual([]);
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
    for (const ref of refs) await acknowledge(rig, ref);
    expect(rig.news).toHaveLength(1);
  });

  it('stores a mail once for all its recipients, until the last of them has it', async () => {
    const rig = await openRig();
    const sent = await accept(rig, ['one', 'two'], { to: ['bob@p2', 'carol@p3'] });
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(2);
    expect((await recordCounts(rig.store))['outbox-part']).toBe(2);
    const refs = await sendAll(rig);
    for (const ref of refs.filter(({ mail }) => mail.provider === 'p2'))
      await acknowledge(rig, ref);
    expect(await recordCounts(rig.store)).toMatchObject({ outbox: 1, 'outbox-part': 2, surb: 2 });
    for (const ref of refs) await acknowledge(rig, ref);
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
  });

  it('stores a short mail to one recipient in one record, and finds it there after a crash', async () => {
    const before = await openRig();
    await accept(before, ['short']);
    expect(await recordCounts(before.store)).toEqual({ ...EMPTY, outbox: 1 });
    const rig = await openRig(before);
    const ref = rig.outbox.next(OPEN);
    const block = ref && (await rig.outbox.load(ref))._unsafeUnwrap();
    expect(fromUtf8(block?.payload ?? new Uint8Array())).toBe('short');
    if (ref !== undefined) await acknowledge(rig, ref);
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
  });

  it('reads back a short mail whose block lies apart, as former versions stored it', async () => {
    const { store } = await openRig();
    const [id, bodyId] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
    const record = {
      ...{ sequence: 1, reliable: true, acceptedAt: 0, bounceAt: DAY_MS, total: 1, bodyId },
      ...{ holdsBody: false, recipientKey: new Uint8Array(32), recipient: 'bob@p2' },
    };
    const changes = acceptanceChanges(bodyId, [utf8('apart')], [{ id, record }]);
    (await store.commit(changes))._unsafeUnwrap();
    expect(await recordCounts(store)).toEqual({ ...EMPTY, outbox: 1, 'outbox-part': 1 });
    const mail = (await readMail(store, { id, record }))._unsafeUnwrap();
    expect(fromUtf8(mail)).toBe('apart');
  });

  it('accepts for all recipients or for none', async () => {
    const rig = await openRig();
    rig.stores.failCommits({ kind: 'store-full' });
    const refused = await rig.outbox.accept({
      payloads: [utf8('x')],
      reliable: true,
      recipients: [{ address: 'bob@p2', key: new Uint8Array(32) }],
      lifetimeMs: DAY_MS,
    });
    expect(refused._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    rig.stores.failCommits(undefined);
    expect(rig.outbox.list()).toEqual([]);
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
  });

  it('goes on after a crash where it was', async () => {
    const before = await openRig();
    await accept(before, ['one', 'two', 'three']);
    await accept(before, ['later']);
    const refs = [await send(before), await send(before)].filter((ref) => ref !== undefined);
    const first = refs.find(({ mail }) => mail.total === 3);
    if (first !== undefined) await acknowledge(before, first);
    const rig = await openRig(before);
    expect(
      rig.outbox.list().map((each) => [each.blocks, each.acknowledged, each.transmissions]),
    ).toEqual([
      [3, 1, 1],
      [1, 0, 1],
    ]);
    expect((await sendAll(rig)).map(({ block }) => block)).toEqual([1, 2]);
    await rig.clock.advance(60_000);
    const again = await sendAll(rig);
    expect(again.map(({ mail, block }) => [mail.total, block])).toContainEqual([1, 0]);
    const loaded = again[0] && (await rig.outbox.load(again[0]))._unsafeUnwrap();
    expect(fromUtf8(loaded?.payload ?? new Uint8Array())).toMatch(/two|three|later/);
  });

  it('forgets reply blocks of messages that have gone', async () => {
    const before = await openRig();
    const [sent] = await accept(before, ['one']);
    const ref = before.outbox.next(OPEN);
    await before.outbox.cancel(sent?.messageId ?? '');
    const use = { kind: 'acknowledgement', messageId: sent?.messageId ?? '', block: 0 } as const;
    const record = { id: new Uint8Array(16), keys: new Uint8Array(64), use, sentAt: 0, rttMs: 1 };
    await before.surbs.add(record, 1000);
    const rig = await openRig(before);
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
    if (ref !== undefined) (await rig.outbox.sent(ref, 1))._unsafeUnwrap();
  });

  it('cancels, once, and says so', async () => {
    const rig = await openRig();
    const [sent] = await accept(rig, ['one', 'two']);
    await send(rig);
    const id = sent?.messageId ?? '';
    await Promise.all([rig.outbox.cancel(id), rig.outbox.cancel(id)]);
    await rig.outbox.cancel(id);
    expect(rig.news).toEqual([{ kind: 'failed', sent, reason: 'cancelled' }]);
    expect(rig.outbox.next(OPEN)).toBeUndefined();
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
  });

  it('is done with an unacknowledged mail when its last block has left, and never bounces it', async () => {
    const rig = await openRig();
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    await accept(rig, ['one', 'two'], { reliable: false });
    await accept(rig, ['never sent'], { reliable: false, to: ['carol@p3'] });
    await send(rig);
    await send(rig);
    await send(rig);
    await accept(rig, ['too late'], { reliable: false });
    await rig.clock.advance(2 * DAY_MS);
    expect(rig.news.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'failed']);
    expect(rig.bounced).toEqual([]);
    stop.abort();
    await running;
    expect(await recordCounts(rig.store)).toEqual(EMPTY);
  });
});

describe('a bounce', () => {
  it('comes once, with the mail, at its time and not before', async () => {
    const rig = await openRig();
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    const [sent] = await accept(rig, ['one ', 'two']);
    await sendAll(rig);
    await rig.clock.advance(DAY_MS - 1000);
    expect(rig.bounced).toEqual([]);
    await rig.clock.advance(3 * DAY_MS);
    expect(rig.bounced.map(({ mail }) => fromUtf8(mail))).toEqual(['one two']);
    expect(rig.news).toEqual([{ kind: 'failed', sent, reason: 'expired' }]);
    expect(await recordCounts(rig.store)).toEqual({ ...EMPTY, report: 1 });
    stop.abort();
    await running;
  });

  it('comes once through a failing store and a crash', async () => {
    const before = await openRig();
    const stop = new AbortController();
    const running = before.outbox.runBounces(stop.signal);
    await accept(before, ['one']);
    before.stores.failCommits({ kind: 'store-io', reason: 'test' });
    await before.clock.advance(DAY_MS + 3_600_000);
    expect(before.failures).toHaveLength(1);
    expect(before.news).toEqual([]);
    stop.abort();
    await running;
    before.stores.failCommits(undefined);
    const rig = await openRig(before);
    const stopAgain = new AbortController();
    const runningAgain = rig.outbox.runBounces(stopAgain.signal);
    await rig.clock.advance(DAY_MS);
    expect(rig.bounced).toHaveLength(1);
    expect(await recordCounts(rig.store)).toEqual({ ...EMPTY, report: 1 });
    stopAgain.abort();
    await runningAgain;
  });

  it('is not brought forward by a jump of the wall clock', async () => {
    const rig = await openRig();
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    await accept(rig, ['one']);
    rig.clock.jumpWall(365 * DAY_MS);
    await rig.clock.advance(3_600_000);
    expect(rig.bounced).toEqual([]);
    stop.abort();
    await running;
  });

  it('comes within a lifetime, however far the clock was set back while we were away', async () => {
    const before = await openRig();
    await accept(before, ['one']);
    before.clock.jumpWall(-365 * DAY_MS);
    const rig = await openRig(before);
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    await rig.clock.advance(DAY_MS + 60_000);
    expect(rig.bounced).toHaveLength(1);
    stop.abort();
    await running;
  });

  it('is put off while acknowledgements keep coming, for a second lifetime at most', async () => {
    const rig = await openRig();
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    await accept(
      rig,
      Array.from({ length: 100 }, (_, i) => `block ${i}`),
    );
    const refs = await sendAll(rig);
    const steps = refs.slice(0, 14);
    for (const ref of steps) {
      await rig.clock.advance(DAY_MS / 8);
      await acknowledge(rig, ref);
    }
    expect(rig.clock.monotonic()).toBeGreaterThan(1.7 * DAY_MS);
    expect(rig.bounced).toEqual([]);
    await rig.clock.advance(DAY_MS / 4);
    expect(rig.bounced).toHaveLength(1);
    expect(rig.clock.monotonic()).toBeLessThanOrEqual(2 * DAY_MS);
    stop.abort();
    await running;
  });

  it('comes when a mail that was acknowledged in part is silent for a fifth of its time', async () => {
    const before = await openRig();
    await accept(before, ['one', 'two']);
    const [first] = await sendAll(before);
    if (first !== undefined) await acknowledge(before, first);
    await before.clock.advance(0.9 * DAY_MS);
    const rig = await openRig(before);
    const stop = new AbortController();
    const running = rig.outbox.runBounces(stop.signal);
    await rig.clock.advance(0.19 * DAY_MS);
    expect(rig.bounced).toEqual([]);
    await rig.clock.advance(0.02 * DAY_MS);
    expect(rig.bounced).toHaveLength(1);
    stop.abort();
    await running;
  });
});

describe('a transmission', () => {
  it('is neither lost nor repeated by a jump of the wall clock', async () => {
    const rig = await openRig();
    await accept(rig, ['one', 'two']);
    await sendAll(rig);
    for (const jumpMs of [DAY_MS, -3 * DAY_MS]) {
      rig.clock.jumpWall(jumpMs);
      expect(await sendAll(rig)).toEqual([]);
    }
    await rig.clock.advance(60_000);
    expect(await sendAll(rig)).toHaveLength(2);
  });

  it('leaves one reply block each, and none when its block is acknowledged', async () => {
    const rig = await openRig();
    await accept(rig, ['one', 'two']);
    const [first] = await sendAll(rig);
    for (let round = 0; round < 3; round++) {
      await rig.clock.advance(3_600_000);
      await sendAll(rig);
    }
    expect((await recordCounts(rig.store)).surb).toBeGreaterThan(4);
    if (first !== undefined) await acknowledge(rig, first);
    expect(rig.surbs.ofBlock(first?.mail.id ?? '', first?.block ?? 0)).toEqual([]);
  });
});

describe('a send that has a name', () => {
  const named = { idOf: () => new Uint8Array(16).fill(5) };

  it('is one mail, however often and after whatever crash it is sent again', async () => {
    const before = await openRig();
    const [sent] = await accept(before, ['one', 'two'], named);
    expect(await accept(before, ['one', 'two'], named)).toEqual([sent]);
    const rig = await openRig(before);
    expect(await accept(rig, ['one', 'two'], named)).toEqual([sent]);
    expect(rig.outbox.count).toEqual({ mails: 1, blocks: 2 });
    expect((await recordCounts(rig.store))['outbox-part']).toBe(2);
  });

  it('has the same message id when it comes back after it has left', async () => {
    const rig = await openRig();
    const [sent] = await accept(rig, ['one'], named);
    for (const ref of await sendAll(rig)) await acknowledge(rig, ref);
    expect(rig.outbox.count.mails).toBe(0);
    expect(await accept(rig, ['one'], named)).toEqual([sent]);
  });
});
