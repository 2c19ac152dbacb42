import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { memoryLog } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { openSharedData, type SharedData } from '../../../../servers/provider/postgres/open.js';
import { testProviderData } from '../../../../testkit/provider-data.js';
import { repeated } from '../../../support/bytes.js';
import { noPostgres, query, startCluster, type Cluster } from '../../../support/postgres.js';

const KEY = repeated(7, 32);

const openAt = (source: DataSource, { limit = 50, key = KEY } = {}) =>
  openSharedData({
    io: { ...nodeIo(), log: memoryLog() },
    primitives: portablePrimitives,
    storageKey: key,
    source,
    limit,
  });

describe.skipIf(noPostgres)('PostgreSQL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.dispose());

  const makeSite = async () => {
    const source = await cluster.makeDatabase();
    const opened: SharedData[] = [];
    const crash = async (): Promise<void> => {
      for (const data of opened.splice(0)) await data.close();
    };
    return {
      source,
      open: async (limit: number): Promise<SharedData> => {
        const data = (await openAt(source, { limit }))._unsafeUnwrap();
        opened.push(data);
        return data;
      },
      crash,
      dispose: crash,
    };
  };

  testProviderData('a provider’s data in PostgreSQL', makeSite, { test: it, expect });

  it('shows no name, no key and no byte of a mail', async () => {
    const { source, open, dispose } = await makeSite();
    const { users, spool } = await open(5);
    const keys = { linkKey: repeated(0x41, 32), identityKey: repeated(0x42, 32) };
    (await users.add('alice-in-chains', keys))._unsafeUnwrap();
    const reply = {
      kind: 'reply',
      surbId: repeated(0x43, 16),
      payload: repeated(0x44, 99),
    } as const;
    (await spool.append('alice-in-chains', reply))._unsafeUnwrap();
    const rows = await query(
      source,
      `select r::text as row from postern.records r union all
       select m::text from postern.mailboxes m union all select s::text from postern.spool s`,
    );
    expect(rows.length).toBe(3);
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    for (const secret of ['alice', 'A'.repeat(8), 'B'.repeat(8), 'C'.repeat(8), 'D'.repeat(8)]) {
      for (const { row } of rows) {
        expect(String(row)).not.toContain(secret);
        expect(String(row)).not.toContain(hex(secret));
      }
    }
    await dispose();
  });

  it('is refused with another storage key, or when it is newer', async () => {
    const { source, open, dispose } = await makeSite();
    await open(5);
    await dispose();
    expect((await openAt(source, { key: repeated(8, 32) }))._unsafeUnwrapErr()).toEqual({
      kind: 'store-key',
    });
    await query(source, 'update postern.meta set version = 99');
    expect((await openAt(source))._unsafeUnwrapErr()).toEqual({
      kind: 'store-format',
      format: 99,
      wanted: 1,
    });
    expect(await query(source, 'select version from postern.meta')).toEqual([{ version: 99 }]);
  });

  it('is made once by processes that start together', async () => {
    const { source } = await makeSite();
    const opened = await Promise.all([1, 2, 3, 4].map(() => openAt(source)));
    for (const data of opened) await data._unsafeUnwrap().close();
    expect(await query(source, 'select version from postern.meta')).toEqual([{ version: 1 }]);
  });

  it('names what is wrong and no secret, when it cannot be used', async () => {
    const source = await cluster.makeDatabase();
    const noDatabase = await openAt({ ...source, database: 'secret-name' });
    expect(noDatabase._unsafeUnwrapErr()).toEqual({
      kind: 'store-io',
      reason: 'there is no such database',
    });
    const nobody = await openAt({ ...source, host: '/nonexistent', password: 'hunter2' });
    expect(nobody._unsafeUnwrapErr()).toEqual({
      kind: 'store-io',
      reason: 'the database cannot be reached',
    });
  });

  it('lets one process hand out a mailbox, and another when it is gone', async () => {
    const { open, dispose } = await makeSite();
    const [first, second] = [await open(5), await open(5)];
    const user = { linkKey: repeated(1, 32), identityKey: undefined };
    (await first.users.add('alice', user))._unsafeUnwrap();
    (
      await second.spool.append('alice', { kind: 'message', payload: repeated(1, 9) })
    )._unsafeUnwrap();
    const mailbox = (await first.spool.open('alice'))._unsafeUnwrap();
    expect((await mailbox.head())._unsafeUnwrap()?.behind).toBe(0);
    expect((await second.spool.open('alice'))._unsafeUnwrapErr().kind).toBe('mailbox-in-use');
    await first.close();
    // The database frees the lock when it sees that the connection has ended.
    let freed = await second.spool.open('alice');
    while (freed.isErr()) freed = await second.spool.open('alice');
    const taken = freed.value;
    expect((await taken.head())._unsafeUnwrap()?.item.payload).toEqual(repeated(1, 9));
    expect((await mailbox.dropHead()).isErr()).toBe(true);
    expect((await taken.head())._unsafeUnwrap()?.behind).toBe(0);
    await dispose();
  });

  it('ends a mailbox whose lock went with its connection', async () => {
    const { source, open, dispose } = await makeSite();
    const data = await open(5);
    const user = { linkKey: repeated(1, 32), identityKey: undefined };
    (await data.users.add('alice', user))._unsafeUnwrap();
    (
      await data.spool.append('alice', { kind: 'message', payload: repeated(1, 9) })
    )._unsafeUnwrap();
    const mailbox = (await data.spool.open('alice'))._unsafeUnwrap();
    (await mailbox.head())._unsafeUnwrap();
    await query(
      source,
      `select pg_terminate_backend(pid, 10000) from pg_locks where locktype = 'advisory'`,
    );
    expect((await mailbox.dropHead()).isErr()).toBe(true);
    expect((await mailbox.dropHead()).isErr()).toBe(true);
    expect((await mailbox.head()).isErr()).toBe(true);
    mailbox.close();
    const again = (await data.spool.open('alice'))._unsafeUnwrap();
    expect((await again.head())._unsafeUnwrap()?.behind).toBe(0);
    await dispose();
  });

  it('tells a process what another one has opened, batch by batch', async () => {
    const { open, dispose } = await makeSite();
    const [first, second] = [await open(5), await open(5)];
    const tags = [1, 2, 3].map((n) => repeated(n, 32));
    for (const tag of tags.slice(0, 2)) expect(first.replay.add(7, tag)).toBe(true);
    expect((await first.replay.flush())._unsafeUnwrap().size).toBe(0);
    for (const tag of tags) expect(second.replay.add(7, tag)).toBe(true);
    expect([...(await second.replay.flush())._unsafeUnwrap()]).toEqual(
      tags.slice(0, 2).map((tag) => Buffer.from(tag).toString('hex')),
    );
    // Another key's packets are others.
    expect(second.replay.add(8, repeated(1, 32))).toBe(true);
    expect((await second.replay.flush())._unsafeUnwrap().size).toBe(0);
    await dispose();
  });

  it('keeps the first of two values, so that processes agree', async () => {
    const { open, dispose } = await makeSite();
    const [first, second] = [await open(5), await open(5)];
    const put = (value: number) =>
      [{ kind: 'put', collection: 'c', key: repeated(1, 8), value: repeated(value, 32) }] as const;
    await Promise.all([first.store.commit(put(1)), second.store.commit(put(2))]);
    const seen = await Promise.all(
      [first, second].map(async ({ store }) =>
        (await store.get('c', repeated(1, 8)))._unsafeUnwrap(),
      ),
    );
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toBeDefined();
    await dispose();
  });
});
