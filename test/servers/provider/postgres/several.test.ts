/** Several processes of one provider on one database: each mail exactly once, whoever dies. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Reader } from '../../../../src/bytes/reader.js';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { memoryLog } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { openSharedData, type SharedData } from '../../../../servers/provider/postgres/open.js';
import { repeated } from '../../../support/bytes.js';
import { noPostgres, startCluster, type Cluster } from '../../../support/postgres.js';

const MAILS = 2000;
const USERS = ['alice', 'bob', 'carol', 'dave'];
const LIMIT = 10_000;

const open = async (source: DataSource): Promise<SharedData> =>
  (
    await openSharedData({
      io: { ...nodeIo(), log: memoryLog() },
      primitives: portablePrimitives,
      storageKey: repeated(7, 32),
      source,
      limit: LIMIT,
    })
  )._unsafeUnwrap();

const userOf = (mail: number): string => USERS[mail % USERS.length] ?? '';

/** A process that appends the mails it is told to, and tells which the spool has. */
class Courier {
  readonly process: ChildProcess;
  readonly confirmed = new Set<number>();
  readonly #told: number[] = [];
  #onAnswer = (): void => undefined;

  constructor(source: DataSource) {
    this.process = fork(join(import.meta.dirname, 'courier.ts'), {
      execArgv: ['--import', join(import.meta.dirname, '../../../support/typescript.mjs')],
      env: { ...process.env, SOURCE: JSON.stringify(source), LIMIT: String(LIMIT) },
    });
    this.process.on('message', (message: { mail?: number; ok?: boolean }) => {
      if (message.mail === undefined) return;
      if (message.ok === true) this.confirmed.add(message.mail);
      this.#told.splice(this.#told.indexOf(message.mail), 1);
      this.#onAnswer();
    });
  }

  async ready(): Promise<void> {
    await once(this.process, 'message');
  }

  tell(mail: number): void {
    this.#told.push(mail);
    this.process.send({ mail, user: userOf(mail) });
  }

  /** Waits until no more than `left` mails are unanswered. */
  async answered(left = 0): Promise<void> {
    while (this.#told.length > left) {
      await new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
      });
    }
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

/** What all users fetch, by number, until nothing is left. */
const fetchAll = async (data: SharedData): Promise<readonly number[]> => {
  const fetched: number[] = [];
  for (const user of USERS) {
    const mailbox = (await data.spool.open(user))._unsafeUnwrap();
    for (;;) {
      const head = (await mailbox.head())._unsafeUnwrap();
      if (head === undefined) break;
      fetched.push(new Reader(head.item.payload).u32('mail'));
      (await mailbox.dropHead())._unsafeUnwrap();
    }
    mailbox.close();
  }
  return fetched;
};

const addUsers = async ({ users }: SharedData): Promise<void> => {
  const keys = { linkKey: repeated(1, 32), identityKey: undefined };
  for (const user of USERS) (await users.add(user, keys))._unsafeUnwrap();
};

const times = (fetched: readonly number[]): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (const mail of fetched) counts.set(mail, (counts.get(mail) ?? 0) + 1);
  return counts;
};

describe.skipIf(noPostgres)('several processes on one PostgreSQL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.dispose());

  it('keep each of 2,000 mails exactly once, though one process is killed', async () => {
    const source = await cluster.makeDatabase();
    const data = await open(source);
    await addUsers(data);
    const couriers = [new Courier(source), new Courier(source)] as const;
    try {
      await Promise.all(couriers.map((courier) => courier.ready()));
      const [doomed, survivor] = couriers;
      for (let mail = 0; mail < MAILS; mail++) (mail % 2 === 0 ? doomed : survivor).tell(mail);
      await doomed.answered(MAILS / 4);
      await doomed.kill();
      await survivor.answered();
      const confirmed = new Set([...doomed.confirmed, ...survivor.confirmed]);
      expect(survivor.confirmed.size).toBe(MAILS / 2);
      expect(confirmed.size).toBeLessThan(MAILS);
      // What nobody acknowledged is sent again, unless it is there although the answer was lost.
      const before = times(await fetchAll(data));
      for (const mail of confirmed) expect(before.get(mail)).toBe(1);
      for (let mail = 0; mail < MAILS; mail++) if (!before.has(mail)) survivor.tell(mail);
      await survivor.answered();
      const all = times([...before.keys(), ...(await fetchAll(data))]);
      expect(all.size).toBe(MAILS);
      expect([...before.values(), ...all.values()].every((count) => count === 1)).toBe(true);
    } finally {
      for (const courier of couriers) await courier.kill();
      await data.close();
    }
  });

  it.each(['fast', 'immediate'] as const)('lose nothing when it restarts (%s)', async (mode) => {
    const source = await cluster.makeDatabase();
    const data = await open(source);
    await addUsers(data);
    const confirmed = new Set<number>();
    let mail = 0;
    let isOver = false;
    const append = async (): Promise<void> => {
      while (!isOver) {
        const number = mail++;
        const payload = new Uint8Array(4);
        new DataView(payload.buffer).setUint32(0, number);
        const appended = await data.spool.append(userOf(number), { kind: 'message', payload });
        if (appended.isOk()) confirmed.add(number);
      }
    };
    const mailbox = (await data.spool.open('alice'))._unsafeUnwrap();
    const appending = [append(), append(), append()];
    while (confirmed.size < 50) await mailbox.head();
    await cluster.restart(mode);
    const atRestart = confirmed.size;
    while (confirmed.size < atRestart + 50) await nodeIo().clock.sleep(10);
    isOver = true;
    await Promise.all(appending);
    // The lock was the old server's, so the old session is over.
    expect((await mailbox.head()).isErr()).toBe(true);
    mailbox.close();
    const counts = times(await fetchAll(data));
    for (const number of confirmed) expect(counts.get(number)).toBe(1);
    expect([...counts.values()].every((count) => count === 1)).toBe(true);
    await data.close();
  });

  it('answer nobody while it is away, and live on', async () => {
    const source = await cluster.makeDatabase();
    const data = await open(source);
    await addUsers(data);
    await cluster.stop();
    const item = { kind: 'message', payload: repeated(1, 9) } as const;
    expect((await data.spool.append('alice', item))._unsafeUnwrapErr()).toEqual({
      kind: 'store-io',
      reason: 'the database cannot be reached',
    });
    expect((await data.spool.open('alice')).isErr()).toBe(true);
    expect((await data.users.find('alice')).isErr()).toBe(true);
    expect(data.replay.add(1, repeated(1, 32))).toBe(true);
    expect((await data.replay.flush()).isErr()).toBe(true);
    await cluster.start();
    expect((await data.spool.append('alice', item))._unsafeUnwrap()).toBe(1);
    expect((await data.replay.flush())._unsafeUnwrap().size).toBe(0);
    await data.close();
  });
});
