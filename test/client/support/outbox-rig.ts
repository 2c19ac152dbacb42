/** An outbox on a store that can be crashed, with a clock turned by hand. */
import type { OutboxNews, Undelivered } from '../../../src/client/outbox/contracts.js';
import { OutboxQueue } from '../../../src/client/outbox/outbox.js';
import type { MailDelay } from '../../../src/client/types.js';
import { StoreHealth } from '../../../src/client/store-health.js';
import { SurbTable } from '../../../src/client/packets/surbs.js';
import { manualClock, type ManualClock, seededRandom } from '../../../src/io/memory.js';
import { memoryStores, type MemoryStores } from '../../../src/store/memory.js';
import type { Store, StoreError } from '../../../src/store/store.js';

export interface OutboxRig {
  readonly clock: ManualClock;
  readonly stores: MemoryStores;
  readonly store: Store;
  readonly outbox: OutboxQueue;
  readonly surbs: SurbTable;
  readonly news: OutboxNews[];
  readonly bounced: Undelivered[];
  readonly failures: StoreError[];
}

const KEY = new Uint8Array(32).fill(1);

/** Where something was bounced to, so that one commit can be told from two. */
export const REPORTS = 'report';

/** @param former - a rig whose store and clock are taken over after a crash */
export const openRig = async (
  former?: OutboxRig,
  { delay = 'usual' }: { readonly delay?: MailDelay } = {},
): Promise<OutboxRig> => {
  const clock = former?.clock ?? manualClock();
  const stores = former?.stores ?? memoryStores();
  stores.crash();
  const random = seededRandom(`outbox ${former === undefined ? 1 : 2}`);
  const store = (await stores.open('outbox', KEY))._unsafeUnwrap();
  const news: OutboxNews[] = [];
  const bounced: Undelivered[] = [];
  const failures: StoreError[] = [];
  const health = new StoreHealth(clock, (error) => failures.push(error));
  const surbs = (await SurbTable.open({ store, clock }, 1000))._unsafeUnwrap();
  const outbox = (
    await OutboxQueue.open({
      store,
      clock,
      random,
      health,
      surbs,
      account: 'alice@p1',
      slackMs: 1000,
      delay,
      tell: (each) => news.push(each),
      waitsFor: () => 'awaiting-key',
      bounce: (undelivered, changes) =>
        store
          .commit([
            ...changes,
            { kind: 'put', collection: REPORTS, key: random(16), value: undelivered.mail },
          ])
          .map(() => void bounced.push(undelivered)),
    })
  )._unsafeUnwrap();
  return { clock, stores, store, outbox, surbs, news, bounced, failures };
};

/** Nothing held back, everybody there. */
export const OPEN = { reachable: () => true, retransmit: true };

/** Records of each of these collections. */
export const recordCounts = async (store: Store): Promise<Record<string, number>> => {
  const names = ['outbox', 'outbox-progress', 'outbox-part', 'surb', REPORTS];
  const lists = await Promise.all(names.map((name) => store.list(name)));
  return Object.fromEntries(names.map((name, i) => [name, lists[i]?._unsafeUnwrap().length ?? 0]));
};
