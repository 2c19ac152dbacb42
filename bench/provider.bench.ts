/**
 * A provider's users: whether fetching a mail takes longer the more users there are, and what they
 * cost in memory. The store is the real one on the disk; its bodies are short, since only their
 * number matters here.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openClientSession } from '../servers/provider/client-session.js';
import { RateLimit } from '../servers/provider/rate-limit.js';
import type { ProviderData } from '../servers/provider/contracts.js';
import { openStoredData } from '../servers/provider/embedded.js';
import { SPOOL_QUOTA } from '../servers/provider/limits.js';
import { nodeClock, nodeRandom } from '../src/io/node.js';
import { KATZENPOST_EPOCHS } from '../src/pki/epoch.js';
import { openSqliteStore } from '../src/store/sqlite.js';
import type { Store } from '../src/store/store.js';
import { measured, runArea } from './area.js';
import { isQuick, measure } from './measure.js';
import type { AreaReport } from './report.js';
import { ratios, single, summarise } from './stats.js';

const FEW = 100;
const MANY = isQuick() ? 2000 : 10_000;
const MAILS = 20;
const BODY_BYTES = 512;
/** Users who are filled at once; their items share a disk write. */
const BATCH = 50;
/** A mail for the first user may take this much longer among many. */
const MOST_RATIO = 1.5;
const KB = 1000;

const clock = nodeClock({ background: true });
const nameOf = (index: number): string => `user${index}`;

interface House extends ProviderData {
  readonly count: number;
}

const openHouse = async (store: Store, count: number): Promise<House> => {
  const data = await openStoredData({ store, random: nodeRandom, limit: SPOOL_QUOTA });
  return { ...data._unsafeUnwrap(), count };
};

const fillUser = async ({ users, spool }: House, index: number): Promise<void> => {
  const keys = { linkKey: nodeRandom(32), identityKey: nodeRandom(32) };
  (await users.add(nameOf(index), keys))._unsafeUnwrap();
  const items = Array.from({ length: MAILS }, () =>
    spool.append(nameOf(index), { kind: 'message', payload: nodeRandom(BODY_BYTES) }),
  );
  for (const done of items) (await done)._unsafeUnwrap();
};

const fill = async (house: House): Promise<void> => {
  for (let first = 0; first < house.count; first += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, house.count - first) }, (_, i) => first + i);
    await Promise.all(batch.map((index) => fillUser(house, index)));
  }
};

/** Fetches the oldest mail of one user after another, as a client does that has just connected. */
const fetching = ({ users, spool, count }: House): (() => Promise<void>) => {
  const rateLimit = new RateLimit(clock, () => 0);
  const documents = { raw: () => undefined, isGone: () => true };
  const deps = { clock, epochTime: KATZENPOST_EPOCHS, documents, spool, rateLimit };
  let next = 0;
  return async () => {
    // Users lie apart, so that no cache serves the few and not the many.
    next = (next + 37) % count;
    const name = nameOf(next);
    if ((await users.find(name))._unsafeUnwrap() === undefined)
      throw new Error('a user is missing');
    const session = openClientSession(deps, name);
    const answer = await session.answer({ kind: 'retrieve-message', sequence: 0 });
    if (answer.kind !== 'reply' || answer.command.kind !== 'message') {
      throw new Error('a mail is missing');
    }
    session.close();
  };
};

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes of live objects. */
const heapBytes = (): number => {
  if (typeof collect === 'function')
    for (let i = 0; i < 3; i++) Reflect.apply(collect, undefined, []);
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const bench = async (): Promise<AreaReport> => {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'));
  const key = nodeRandom(32);
  const open = async (name: string): Promise<Store> =>
    (await openSqliteStore(join(directory, name), key))._unsafeUnwrap();
  const small = await open('few.db');
  const few = await openHouse(small, FEW);
  await fill(few);
  const filling = await open('many.db');
  const startMs = performance.now();
  await fill(await openHouse(filling, MANY));
  const filledMs = performance.now() - startMs;
  await filling.close();
  const large = await open('many.db');
  const before = heapBytes();
  const many = await openHouse(large, MANY);
  const perUser = (heapBytes() - before) / MANY / KB;
  const took = await measure({ few: fetching(few), many: fetching(many) });
  await small.close();
  await large.close();
  await rm(directory, { recursive: true });
  const slower = summarise(ratios(took.many, took.few));
  return {
    area: 'provider',
    measures: [
      measured(`fetch a mail among ${FEW} users of ${MAILS}`, 'us', took.few),
      measured(`fetch a mail among ${MANY} users of ${MAILS}`, 'us', took.many),
      { name: `${MANY} over ${FEW} users`, unit: 'x', summary: slower },
      { name: 'memory per user', unit: 'KB', summary: single(perUser) },
      {
        name: 'items spooled, on the disk',
        unit: '/s',
        summary: single((MANY * MAILS * 1000) / filledMs),
      },
    ],
    requirements: [
      {
        name: `provider: fetch among ${MANY} over among ${FEW} users`,
        value: slower.median,
        ...{ unit: 'x', bound: 'at-most', limit: MOST_RATIO },
      },
    ],
  };
};

await runArea(bench);
