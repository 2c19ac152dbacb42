/** The log of used reply blocks, whatever happens between it and the network. */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { ReplyBlock } from '../../../src/client/packets/reply-block.js';
import { USED_SURBS, UsedSurbs } from '../../../src/client/packets/used-surbs.js';
import { ReplyDesk } from '../../../src/client/sender/reply-desk.js';
import { makeFastPrimitives } from '../../../src/crypto/fast.js';
import { manualClock } from '../../../src/io/memory.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { memoryStores } from '../../../src/store/memory.js';
import { pattern } from '../../support/bytes.js';

const geometry = smallGeometry(1000);
const primitives = makeFastPrimitives();
const suite = { geometry, primitives };
const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const payload = new Uint8Array(geometry.payloadLength);
const SENT = (): ResultAsync<void, never> => okAsync(undefined);

const blockOf = (changes: Partial<ReplyBlock> = {}): ReplyBlock => ({
  surb: pattern(geometry.surbLength),
  via: 'p2.test',
  hops: 5,
  validFrom: NOW,
  expiresAt: NOW + 1_200_000,
  ...changes,
});

const rig = async (stores = memoryStores(), clock = manualClock({ startMs: NOW })) => {
  stores.crash();
  const store = (await stores.open('/account', new Uint8Array(32)))._unsafeUnwrap();
  const used = (await UsedSurbs.open({ store, clock, primitives, geometry }))._unsafeUnwrap();
  const desk = new ReplyDesk({ clock, suite, used, lifetimeMs: HOUR_MS });
  const send = (block = blockOf(), signal?: AbortSignal) => desk.send({ block, payload, signal });
  return { stores, clock, store, used, desk, send };
};

const kindOf = async (sent: ResultAsync<void, { readonly kind: string }>): Promise<string> =>
  (await sent).match(
    () => 'sent',
    ({ kind }) => kind,
  );

describe('a reply block', () => {
  it('leaves once, and then no more, after a restart neither', async () => {
    const { desk, send, stores, clock } = await rig();
    const first = send();
    expect(desk.isTaken(blockOf())).toBe(true);
    expect(await kindOf(send())).toBe('reply-block-used');
    const packets: Uint8Array[] = [];
    (await desk.sendNext((packet) => SENT().map(() => void packets.push(packet))))?._unsafeUnwrap();
    expect(await kindOf(first)).toBe('sent');
    expect(packets.map(({ length }) => length)).toEqual([geometry.packetLength]);
    expect(desk.sendNext(SENT)).toBeUndefined();
    expect(await kindOf(send())).toBe('reply-block-used');
    expect(await kindOf((await rig(stores, clock)).send())).toBe('reply-block-used');
  });

  it('is not used again by a process that died between the log and the network', async () => {
    const { desk, send, stores, clock } = await rig();
    void send();
    let handedOver = 0;
    const never = new ResultAsync<void, never>(new Promise(() => undefined));
    const died = new Promise<void>((resolve) => {
      void desk.sendNext(() => {
        // The packet is here, and the process dies: nothing that is not committed by now is kept.
        handedOver += 1;
        stores.crash();
        resolve();
        return never;
      });
    });
    await died;
    expect(handedOver).toBe(1);
    const after = await rig(stores, clock);
    expect(after.desk.isTaken(blockOf())).toBe(true);
    expect(await kindOf(after.send())).toBe('reply-block-used');
    expect(after.desk.sendNext(SENT)).toBeUndefined();
  });

  it('is as good as new where the process died before the log', async () => {
    const { send, stores, clock } = await rig();
    void send();
    const after = await rig(stores, clock);
    const again = after.send();
    (await after.desk.sendNext(SENT))?._unsafeUnwrap();
    expect(await kindOf(again)).toBe('sent');
  });

  it('does not leave where the log cannot be written, and is not used by that', async () => {
    const { desk, send, stores } = await rig();
    const first = send();
    stores.failCommits({ kind: 'store-full' });
    let handedOver = 0;
    const failed = await desk.sendNext(() => SENT().map(() => void (handedOver += 1)));
    expect(failed?._unsafeUnwrapErr()).toEqual({ kind: 'store-full' });
    expect([await kindOf(first), handedOver]).toEqual(['store-full', 0]);
    stores.failCommits(undefined);
    const again = send();
    (await desk.sendNext(SENT))?._unsafeUnwrap();
    expect(await kindOf(again)).toBe('sent');
  });

  it('is spent where the link breaks as it leaves', async () => {
    const { desk, send } = await rig();
    const first = send();
    await desk.sendNext(() => errAsync({ kind: 'not-connected' as const }));
    expect(await kindOf(first)).toBe('reply-block-spent');
    expect(await kindOf(send())).toBe('reply-block-used');
  });

  it('is the same one with another payload key, and another one with another header', async () => {
    const { desk, send } = await rig();
    void send();
    await desk.sendNext(SENT);
    const last = geometry.surbLength - 1;
    const flipped = (at: number) => {
      const surb = pattern(geometry.surbLength);
      return blockOf({ surb: surb.with(at, (surb[at] ?? 0) ^ 1) });
    };
    expect(desk.isTaken(flipped(last))).toBe(true);
    expect(desk.isTaken(blockOf({ expiresAt: NOW + 9 }))).toBe(true);
    expect(desk.isTaken(flipped(40))).toBe(false);
  });

  it('waits for its epoch, and no longer than it lasts', async () => {
    const { desk, send, clock } = await rig();
    const early = send(blockOf({ validFrom: NOW + 1000, expiresAt: NOW + 3000 }));
    expect(desk.sendNext(SENT)).toBeUndefined();
    await clock.advance(1000);
    (await desk.sendNext(SENT))?._unsafeUnwrap();
    expect(await kindOf(early)).toBe('sent');
    const other = blockOf({ surb: pattern(geometry.surbLength).fill(7), expiresAt: NOW + 3000 });
    const late = send(other);
    await clock.advance(2000);
    expect(await kindOf(late)).toBe('timeout');
    expect(desk.isTaken(other)).toBe(false);
    expect(await kindOf(send(other))).toBe('reply-block-expired');
  });

  it('is given back by an abort and a close', async () => {
    const { desk, send } = await rig();
    const stop = new AbortController();
    const first = send(blockOf(), stop.signal);
    stop.abort();
    expect(await kindOf(first)).toBe('aborted');
    expect(await kindOf(send(blockOf(), stop.signal))).toBe('aborted');
    expect(desk.isTaken(blockOf())).toBe(false);
    const second = send();
    desk.close();
    expect(await kindOf(second)).toBe('closed');
    expect(await kindOf(send())).toBe('closed');
  });

  it('of another length is refused', async () => {
    const { send } = await rig();
    for (const length of [0, geometry.surbLength - 1, geometry.surbLength + 1]) {
      expect(await kindOf(send(blockOf({ surb: pattern(length) })))).toBe('bad-reply-block');
    }
  });
});

describe('the log of used reply blocks', () => {
  it('forgets a use when no mix could take the block any more', async () => {
    const { used, stores, clock } = await rig();
    (await used.note(blockOf().surb))._unsafeUnwrap();
    const stop = new AbortController();
    const running = used.runExpiry(stop.signal, () => undefined);
    await clock.advance(USED_SURBS.lifetimeMs);
    expect(used.has(blockOf().surb)).toBe(true);
    await clock.advance(2 * HOUR_MS);
    expect(used.has(blockOf().surb)).toBe(false);
    stop.abort();
    await running;
    expect(stores.counts().get('/account')?.['used-surb'] ?? 0).toBe(0);
  });
});
