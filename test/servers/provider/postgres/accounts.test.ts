/** What users ask of their accounts, where two processes of a provider answer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromUtf8, toBase64 } from '../../../../src/bytes/text.js';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { manualClock, memoryLog, type ManualClock } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import { sealAccountRequest, type AccountVerb } from '../../../../src/wire/account-request.js';
import { AccountService } from '../../../../servers/provider/account-service.js';
import type { DataSource } from '../../../../servers/provider/postgres/data-source.js';
import { openSharedData, type SharedData } from '../../../../servers/provider/postgres/open.js';
import { repeated } from '../../../support/bytes.js';
import { noPostgres, startCluster, type Cluster } from '../../../support/postgres.js';

const primitives = portablePrimitives;
const publicOf = (secret: Uint8Array): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(secret));
const PROVIDER = { identityKey: repeated(9, 32), linkSecret: repeated(8, 32) };
const [OLD, NEW, OTHER] = [repeated(1, 32), repeated(2, 32), repeated(3, 32)] as const;
const START = 1_700_000_000_000;
const HOUR = 3_600_000;
const SHOW: AccountVerb = { kind: 'show' };
const rotateTo = (secret: Uint8Array): AccountVerb => ({
  kind: 'rotate',
  linkKey: publicOf(secret),
});

const seal = (verb: AccountVerb, timeMs: number, secretKey: Uint8Array = OLD): Uint8Array => {
  const sealed = sealAccountRequest(
    primitives,
    { verb, timeMs, user: 'bob' },
    {
      secretKey,
      theirKey: publicOf(PROVIDER.linkSecret),
      userKey: publicOf(secretKey),
      providerIdentity: PROVIDER.identityKey,
    },
  );
  if (sealed === undefined) throw new Error('not sealed');
  return sealed;
};

/** One process of the provider. */
class Process {
  readonly data: SharedData;
  readonly service: AccountService;
  readonly counts: string[] = [];

  constructor(data: SharedData, clock: ManualClock) {
    this.data = data;
    this.service = new AccountService({
      ...{ clock, primitives, identity: PROVIDER, accounts: data.accounts },
      waiting: (name) => data.spool.waiting(name),
      limit: () => 900,
      onGone: () => undefined,
      count: (event) => void this.counts.push(event),
    });
  }

  async ask(body: Uint8Array): Promise<Record<string, unknown>> {
    const answer = (await this.service.answer({ body }))._unsafeUnwrap() ?? new Uint8Array(0);
    return JSON.parse(fromUtf8(answer)) as Record<string, unknown>;
  }
}

describe.skipIf(noPostgres)('accounts at two processes', () => {
  let cluster: Cluster;
  const closers: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await cluster.dispose();
  });

  const open = async (source: DataSource, clock: ManualClock): Promise<Process> => {
    const io = { ...nodeIo(), log: memoryLog() };
    const opened = await openSharedData({
      ...{ io, primitives, source },
      storageKey: repeated(7, 32),
      limit: 10,
    });
    const data = opened._unsafeUnwrap();
    closers.push(() => data.close());
    return new Process(data, clock);
  };

  const openTwo = async () => {
    const source = await cluster.makeDatabase();
    const clock = manualClock({ startMs: START });
    const [one, two] = [await open(source, clock), await open(source, clock)];
    const keys = { linkKey: publicOf(OLD), identityKey: undefined };
    (await one.data.users.add('bob', keys))._unsafeUnwrap();
    return { clock, one, two };
  };

  it('are the same at both, and what one has taken the other refuses', async () => {
    const { one, two } = await openTwo();
    (
      await two.data.spool.append('bob', { kind: 'message', payload: repeated(1, 9) })
    )._unsafeUnwrap();
    expect(await one.ask(seal(SHOW, START + 2))).toEqual({
      ...{ Status: 'done', LinkKey: toBase64(publicOf(OLD)), IdentityKey: '' },
      ...{ Waiting: 1, Limit: 900, LeavesAt: 0 },
    });
    expect(await two.ask(seal(rotateTo(NEW), START + 1))).toEqual({ Status: 'replayed' });
    const rotate = seal(rotateTo(NEW), START + 3);
    const rotated = { Status: 'done', LinkKey: toBase64(publicOf(NEW)) };
    const both = await Promise.all([one, two, one, two].map((process) => process.ask(rotate)));
    for (const answer of both) expect(answer).toMatchObject(rotated);
    expect(await two.ask(seal(SHOW, START + 4))).toEqual({ Status: 'refused' });
    expect(await two.ask(seal(SHOW, START + 4, NEW))).toMatchObject(rotated);
  });

  it('get one of two keys that were asked for at once, and the asker knows which', async () => {
    const { one, two } = await openTwo();
    const [first, second] = await Promise.all([
      one.ask(seal(rotateTo(NEW), START + 1)),
      two.ask(seal(rotateTo(OTHER), START + 2)),
    ]);
    const done = [first, second].filter((answer) => answer['Status'] === 'done');
    expect(done).toHaveLength(1);
    const { linkKey } = (await one.data.users.find('bob'))._unsafeUnwrap() ?? {};
    expect(done[0]?.['LinkKey']).toBe(toBase64(linkKey ?? new Uint8Array(0)));
    expect([first, second].find((answer) => answer['Status'] !== 'done')).toEqual({
      Status: 'refused',
    });
  });

  it('end once, and who takes the name then stays', async () => {
    const { clock, one, two } = await openTwo();
    expect(await one.ask(seal({ kind: 'delete' }, START))).toMatchObject({
      LeavesAt: START + HOUR,
    });
    const stop = new AbortController();
    const bob = async () => (await two.data.users.find('bob'))._unsafeUnwrap();
    await clock.advance(HOUR - 1);
    const running = [one, two].map(({ service }) => service.run(stop.signal));
    expect(await bob()).toBeDefined();
    await clock.advance(1);
    // The database does not follow the clock of the test: look until both have looked again.
    await expect.poll(async () => (await clock.advance(60_000), await bob())).toBeUndefined();
    const keys = { linkKey: publicOf(NEW), identityKey: undefined };
    (await two.data.users.add('bob', keys))._unsafeUnwrap();
    for (let look = 0; look < 10; look++) {
      await clock.advance(60_000);
      expect(await bob()).toEqual(keys);
    }
    stop.abort();
    await Promise.all(running);
    const gone = [...one.counts, ...two.counts].filter((event) => event === 'account.gone');
    expect(gone).toEqual(['account.gone']);
  });
});
