/** Sends that have a name: each is accepted once, whatever crashes before its answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openMixClient } from '../../../src/client/mix-client.js';
import { NAMED_SENDS } from '../../../src/client/outbox/named-sends.js';
import type { MixClient, SendOptions, Sent } from '../../../src/client/types.js';
import { makeFastPrimitives } from '../../../src/crypto/fast.js';
import type { Files } from '../../../src/io/contracts.js';
import { memoryIo, type ManualClock } from '../../../src/io/memory.js';
import { KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { repeated } from '../../support/bytes.js';
import { ALICE, BOB, inboxCount, mailOf, openWorld, outboxCount } from '../support/world.js';

const CAROL = 'carol@p1.test';
const DAY_MS = 86_400_000;
const primitives = makeFastPrimitives();

interface Disk {
  readonly stores: MemoryStores;
  readonly files: Files;
}

/** A machine whose client is opened, and crashes, without a network. */
interface Machine {
  readonly clock: ManualClock;
  readonly stores: MemoryStores;
  readonly client: MixClient;
  readonly crash: () => Promise<Machine>;
}

/** @param disk - what outlives a crash */
const start = async (disk: Partial<Disk> = {}, run = 0): Promise<Machine> => {
  const { stores = memoryStores() } = disk;
  const fresh = memoryIo({ seed: `machine ${run}` });
  const io = { ...fresh, files: disk.files ?? fresh.files };
  const config = {
    io,
    openStore: stores.open,
    dataDir: '/data',
    storageKey: repeated(7, 32),
    offline: true,
    networks: {
      home: {
        epochTime: KATZENPOST_EPOCHS,
        geometry: smallGeometry(1000),
        link: LINK_PROFILE_01,
        authority: { addresses: ['127.0.0.1:1'], publicKey: repeated(1, 32) },
      },
    },
    accounts: [
      {
        user: 'alice',
        provider: 'p1.test',
        network: 'home',
        identityKey: repeated(2, 32),
        linkKey: repeated(3, 32),
      },
    ],
    recipients: { [BOB]: repeated(9, 32), [CAROL]: repeated(9, 32) },
  };
  const opened = await openMixClient(config, { io, openStore: stores.open, primitives });
  const client = opened._unsafeUnwrap();
  const crash = async (): Promise<Machine> => {
    stores.crash();
    await client.close();
    return start({ stores, files: io.files }, run + 1);
  };
  return { clock: io.clock, stores, client, crash };
};

const mail = mailOf('x', 'y'.repeat(1500));

const sendAs = ({ client }: Machine, once: string, more: Partial<SendOptions> = {}) =>
  client.send({ account: ALICE, to: BOB, mail, once, ...more });

const accept = async (...parameters: Parameters<typeof sendAs>): Promise<readonly Sent[]> =>
  (await sendAs(...parameters))._unsafeUnwrap();

const queued = ({ client }: Machine): readonly string[] =>
  client.outbox.list().map(({ messageId }) => messageId);

const cancelAll = async (machine: Machine): Promise<void> => {
  for (const id of queued(machine)) (await machine.client.outbox.cancel(id))._unsafeUnwrap();
};

/** Records in the account's store, by collection. */
const records = ({ stores }: Machine): Readonly<Record<string, number>> =>
  stores.counts().get('/data/alice@p1.test/store.db') ?? {};

describe('a send that has a name', () => {
  it('is one mail, however often it is sent', async () => {
    const machine = await start();
    const sent = await accept(machine, 'one');
    expect(await accept(machine, 'one')).toEqual(sent);
    expect(queued(machine)).toEqual(sent.map(({ messageId }) => messageId));
    await accept(machine, 'two');
    expect(new Set(queued(machine)).size).toBe(2);
    await machine.client.close();
  });

  it('is one mail when it is sent twice at a time', async () => {
    const machine = await start();
    const all = await Promise.all([1, 2, 3].map(() => accept(machine, 'one')));
    expect(new Set(all.map((sent) => JSON.stringify(sent))).size).toBe(1);
    expect(queued(machine)).toHaveLength(1);
    await cancelAll(machine);
    expect(records(machine)).toEqual({ [NAMED_SENDS.collection]: 1 });
    await machine.client.close();
  });

  it('is told of once', async () => {
    const machine = await start();
    const events = machine.client.events()[Symbol.asyncIterator]();
    await accept(machine, 'one');
    await accept(machine, 'one');
    const [{ messageId } = { messageId: '' }] = await accept(machine, 'two');
    expect((await events.next()).value).toMatchObject({ kind: 'queued' });
    expect((await events.next()).value).toMatchObject({ kind: 'queued', sent: { messageId } });
    await machine.client.close();
  });

  it('stays one when the mail has left, its recipient is unknown now, and a crash came', async () => {
    const before = await start();
    const to = [BOB, `Carol <${CAROL}>`];
    const sent = await accept(before, 'one', { to });
    expect(sent).toHaveLength(2);
    await cancelAll(before);
    (await before.client.recipients.remove(CAROL))._unsafeUnwrap();
    const machine = await before.crash();
    expect(await accept(machine, 'one', { to })).toEqual(sent);
    expect(queued(machine)).toEqual([]);
    await machine.client.close();
  });

  it('is free again when it was refused', async () => {
    const machine = await start();
    const unknown = await sendAs(machine, 'one', { to: 'eve@p1.test' });
    expect(unknown._unsafeUnwrapErr().kind).toBe('unknown-recipient');
    machine.stores.failCommits({ kind: 'store-full' });
    expect((await sendAs(machine, 'one'))._unsafeUnwrapErr().kind).toBe('store-full');
    machine.stores.failCommits(undefined);
    expect(records(machine)).not.toHaveProperty([NAMED_SENDS.collection]);
    await accept(machine, 'one');
    expect(queued(machine)).toHaveLength(1);
    await machine.client.close();
  });

  it('is answered with the truth when a close comes between', async () => {
    const machine = await start();
    const sent = await accept(machine, 'one');
    const others = ['two', 'three'].map((name) => sendAs(machine, name));
    const again = sendAs(machine, 'one');
    await machine.client.close();
    expect((await again)._unsafeUnwrap()).toEqual(sent);
    expect((await Promise.all(others)).every((each) => each.isOk())).toBe(true);
  });

  it('leaves nothing behind for ever', async () => {
    const machine = await start();
    await accept(machine, 'one');
    await cancelAll(machine);
    await machine.clock.advance(31 * DAY_MS);
    expect(records(machine)).toEqual({});
    await machine.client.close();
  });

  it('has no name where that is empty', async () => {
    const machine = await start();
    await accept(machine, '');
    await accept(machine, '');
    expect(queued(machine)).toHaveLength(2);
    await machine.client.close();
  });

  it('is not sent again when it has arrived', async () => {
    const { io, alice, bob, stores, reopenAlice } = await openWorld({
      tuning: { pollingIntervalMs: 30 },
    });
    const options = { account: ALICE, to: BOB, mail: mailOf('one'), once: 'one' };
    const sent = (await alice.send(options))._unsafeUnwrap();
    expect(await io.clock.runUntil(() => outboxCount(alice) === 0, 60_000)).toBe(true);
    stores.crash();
    await alice.close();
    const again = await reopenAlice();
    expect((await again.send(options))._unsafeUnwrap()).toEqual(sent);
    expect(outboxCount(again)).toBe(0);
    expect(inboxCount(bob)).toBe(1);
    await again.close();
    await bob.close();
  });
});

const NAMES = ['a', 'b', 'c'];
const STEPS = [
  'send',
  'send and crash',
  'lose the answer',
  'full disk',
  'cancel',
  'crash',
] as const;
type Step = readonly [kind: (typeof STEPS)[number], name: string];

/** What is known of a machine's mails, whatever has happened to it. */
interface Known {
  machine: Machine;
  /** What each name was answered with. */
  readonly answers: Map<string, string>;
  /** Messages that are in the outbox no more. */
  readonly left: Set<string>;
}

const take = async (known: Known, [kind, name]: Step): Promise<void> => {
  const { machine, answers } = known;
  const to = name === 'c' ? [BOB, CAROL] : BOB;
  switch (kind) {
    case 'send': {
      const answer = JSON.stringify(await accept(machine, name, { to }));
      expect(answers.get(name) ?? answer).toBe(answer);
      answers.set(name, answer);
      return;
    }
    case 'send and crash': {
      const lost = sendAs(machine, name, { to });
      known.machine = await machine.crash();
      await lost;
      return;
    }
    case 'lose the answer':
      await sendAs(machine, name, { to });
      known.machine = await machine.crash();
      return;
    case 'full disk':
      machine.stores.failCommits({ kind: 'store-full' });
      await sendAs(machine, name, { to });
      machine.stores.failCommits(undefined);
      return;
    case 'cancel':
      for (const id of queued(machine)) known.left.add(id);
      await cancelAll(machine);
      return;
    case 'crash':
      known.machine = await machine.crash();
  }
};

describe('named sends', () => {
  it('come once each in whatever order of sends and crashes', async () => {
    const step = fc.tuple(fc.constantFrom(...STEPS), fc.constantFrom(...NAMES));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const known: Known = { machine: await start(), answers: new Map(), left: new Set() };
        for (const each of steps) {
          await take(known, each);
          const ids = queued(known.machine);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.filter((id) => known.left.has(id))).toEqual([]);
        }
        const there = JSON.stringify([...queued(known.machine), ...known.left]);
        for (const answer of known.answers.values()) {
          for (const [id] of answer.matchAll(/[0-9a-f]{32}/g)) expect(there).toContain(id);
        }
        await cancelAll(known.machine);
        const { [NAMED_SENDS.collection]: names = 0, ...rest } = records(known.machine);
        expect(rest).toEqual({});
        expect(names).toBeGreaterThanOrEqual(known.answers.size);
        await known.machine.client.close();
      }),
      { numRuns: 60 },
    );
  });
});
