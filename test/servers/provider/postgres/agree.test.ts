/** What the processes of one provider must agree on, and a provider's life on a database. */
import { okAsync } from 'neverthrow';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { manualClock, memoryIo, memoryLog, seededRandom } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import { epochAt, epochStart, KATZENPOST_EPOCHS } from '../../../../src/pki/epoch.js';
import { smallGeometry } from '../../../../src/sphinx/geometry.js';
import { memoryStores } from '../../../../src/store/memory.js';
import { LINK_PROFILE_01 } from '../../../../src/wire/profile.js';
import { openMixKeys } from '../../../../servers/node/mix-keys.js';
import { Publisher } from '../../../../servers/node/publish.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { openSharedData, type SharedData } from '../../../../servers/provider/postgres/open.js';
import { startProvider, type RunningProvider } from '../../../../servers/provider/provider.js';
import { repeated } from '../../../support/bytes.js';
import { noPostgres, startCluster, type Cluster } from '../../../support/postgres.js';

const START_MS = 1_700_000_000_000;
const NOW = epochAt(KATZENPOST_EPOCHS, START_MS);
const KEY = repeated(7, 32);

describe.skipIf(noPostgres)('processes of one provider', () => {
  let cluster: Cluster;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  afterAll(() => cluster.dispose());

  const open = async (source: DataSource): Promise<SharedData> => {
    const data = (
      await openSharedData({
        io: { ...nodeIo(), log: memoryLog() },
        primitives: portablePrimitives,
        storageKey: KEY,
        source,
        limit: 5,
      })
    )._unsafeUnwrap();
    closers.push(() => data.close());
    return data;
  };

  it('have the same mix keys, whoever makes them', async () => {
    const source = await cluster.makeDatabase();
    const published = await Promise.all(
      ['first', 'second', 'third'].map(async (seed) => {
        const { store } = await open(source);
        const random = seededRandom(seed);
        const deps = {
          store,
          random,
          primitives: portablePrimitives,
          epochTime: KATZENPOST_EPOCHS,
        };
        const keys = (await openMixKeys(deps))._unsafeUnwrap();
        (await keys.ensure(NOW))._unsafeUnwrap();
        return keys.published(NOW);
      }),
    );
    expect(published[0]?.size).toBe(3);
    expect(published[1]).toEqual(published[0]);
    expect(published[2]).toEqual(published[0]);
  });

  it('post the same descriptor, whoever signs it', async () => {
    const source = await cluster.makeDatabase();
    const posted: Uint8Array[] = [];
    for (const mark of [1, 2]) {
      const { store } = await open(source);
      const stop = new AbortController();
      const publisher = new Publisher({
        clock: manualClock({ startMs: epochStart(KATZENPOST_EPOCHS, NOW) }),
        epochTime: KATZENPOST_EPOCHS,
        store,
        retryMs: 1000,
        hasDocument: (epoch) => epoch !== NOW + 1,
        // Two processes would not sign the same bytes.
        sign: () => okAsync(repeated(mark, 100)),
        post: (_, raw) => {
          posted.push(raw);
          stop.abort();
          return Promise.resolve('accepted');
        },
        show: () => Promise.resolve(),
        count: () => undefined,
        log: memoryLog(),
        signal: stop.signal,
      });
      // As of two processes that had both started before either signed.
      await publisher.run();
    }
    expect(posted).toEqual([repeated(1, 100), repeated(1, 100)]);
  });

  it('start, share their users, and end', async () => {
    const database = await cluster.makeDatabase();
    const stores = memoryStores();
    const start = async (name: string): Promise<RunningProvider> => {
      const io = memoryIo({ seed: name, startMs: START_MS });
      const authority = { addresses: ['10.0.0.9:1'], publicKey: repeated(3, 32) };
      const provider = (
        await startProvider({
          io,
          dataDir: `/${name}`,
          identifier: 'p1.test',
          network: {
            authority,
            epochTime: KATZENPOST_EPOCHS,
            geometry: smallGeometry(200),
            link: LINK_PROFILE_01,
          },
          addresses: ['10.0.0.1:1'],
          openStore: stores.open,
          storageKey: KEY,
          database,
        })
      )._unsafeUnwrap();
      closers.push(() => provider.close());
      return provider;
    };
    const [first, second] = [await start('first'), await start('second')];
    expect(second.status().mixKeys).toEqual(first.status().mixKeys);
    const user = { linkKey: repeated(1, 32), identityKey: undefined };
    (await first.users.add('alice', user))._unsafeUnwrap();
    expect((await second.users.find('alice'))._unsafeUnwrap()).toEqual(user);
    // Nothing of it is in their own stores.
    expect(stores.counts().get('/first/node.db')).toEqual({});
  });

  it('do not start without their database, and say why', async () => {
    const refused = await startProvider({
      io: memoryIo({ seed: 1, startMs: START_MS }),
      dataDir: '/p',
      identifier: 'p1.test',
      network: {
        authority: { addresses: ['10.0.0.9:1'], publicKey: repeated(3, 32) },
        epochTime: KATZENPOST_EPOCHS,
        geometry: smallGeometry(200),
        link: LINK_PROFILE_01,
      },
      addresses: ['10.0.0.1:1'],
      openStore: memoryStores().open,
      storageKey: KEY,
      database: { ...(await cluster.makeDatabase()), database: 'missing' },
    });
    expect(refused._unsafeUnwrapErr()).toEqual({
      kind: 'store-io',
      reason: 'there is no such database',
    });
  });
});
