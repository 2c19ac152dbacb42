/** What looks after waiting mail, on stores that can be crashed, with a provider who says anything. */
import { ok, ResultAsync, type Result } from 'neverthrow';
import { Discovery } from '../../../src/client/account/discovery.js';
import { KeyNotices } from '../../../src/client/recipients/key-notices.js';
import type { LookupError } from '../../../src/client/recipient-types.js';
import { openRecipients, type RecipientBook } from '../../../src/client/recipients/recipients.js';
import { isSettled } from '../../../src/client/recipients/trust.js';
import type { Address, ClientEvent } from '../../../src/client/types.js';
import { portablePrimitives as primitives } from '../../../src/crypto/portable.js';
import { memoryFiles, memoryLog, type MemoryFiles } from '../../../src/io/memory.js';
import type { Report } from '../../../src/mail/report.js';
import { utf8 } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';
import { openRig, REPORTS, type OutboxRig } from './outbox-rig.js';

export const LIFETIME_MS = 3_600_000;

type Saying = Result<Uint8Array, LookupError>;

export interface DiscoveryRig extends OutboxRig {
  readonly discovery: Discovery;
  readonly book: RecipientBook;
  readonly files: MemoryFiles;
  readonly notices: Report[];
  readonly events: ClientEvent[];
  /** Addresses that were asked for, in order. */
  readonly asked: Address[];
  /** What providers say; nothing yet where there is no entry. */
  readonly says: Map<Address, Saying>;
  /** Accepts a mail as an account does. */
  accept(text: string, to: Address): Promise<string>;
  /** Lets a few seconds pass. */
  settle(): Promise<void>;
  /** Ends everything, as a crash does. */
  crash(): Promise<void>;
}

export const keyOf = (value: number): Uint8Array =>
  primitives.x25519.publicKey(primitives.x25519.scalar(repeated(value, 32)));

interface Options {
  /** A rig that has crashed, whose stores, files and clock are taken over. */
  readonly former?: DiscoveryRig;
  readonly mayAsk?: boolean;
}

export const openDiscovery = async ({
  former,
  mayAsk = true,
}: Options = {}): Promise<DiscoveryRig> => {
  const outboxRig = await openRig(former);
  const { clock, store, stores, outbox } = outboxRig;
  const files = former?.files ?? memoryFiles();
  const trust = (await stores.open('recipients', repeated(7, 32)))._unsafeUnwrap();
  const place = { files, primitives, log: memoryLog(), directory: '/recipients' };
  const book = (await openRecipients({ ...place, store: trust }))._unsafeUnwrap();
  const notices: Report[] = [];
  const events: ClientEvent[] = [];
  const asked: Address[] = [];
  const says = former?.says ?? new Map<Address, Saying>();
  let made = 0;
  const discovery = new Discovery({
    clock,
    log: memoryLog(),
    mayAsk,
    lifetimeMs: LIFETIME_MS,
    book,
    outbox,
    notices: (
      await KeyNotices.open({
        store,
        account: 'alice@p1',
        deposit: (report, changes) =>
          store
            .commit([
              ...changes,
              {
                kind: 'put',
                collection: REPORTS,
                key: utf8(`notice ${clock.monotonic()} ${++made}`),
                value: utf8(report.kind),
              },
            ])
            .map(() => void notices.push(report)),
        emit: (event) => events.push(event),
      })
    )._unsafeUnwrap(),
    lookup: ({ address }, signal) => {
      asked.push(address);
      return new ResultAsync(said(address, signal));
    },
  });
  const said = async (address: Address, signal: AbortSignal): Promise<Saying> => {
    while (!signal.aborted) {
      await clock.sleep(1000, signal);
      const answer = says.get(address);
      if (answer !== undefined) return answer;
    }
    return ok(repeated(0, 32));
  };
  const stop = new AbortController();
  const running = [discovery.run(stop.signal), outbox.runBounces(stop.signal)];
  return {
    ...outboxRig,
    discovery,
    book,
    files,
    notices,
    events,
    asked,
    says,
    accept: async (text, to) => {
      const known = book.get(to).unwrapOr(undefined);
      const key = known && isSettled(known, mayAsk) ? known.key : undefined;
      const sent = await outbox.accept({
        payloads: [utf8(text)],
        reliable: true,
        recipients: [{ address: to, key }],
        lifetimeMs: 5 * 24 * LIFETIME_MS,
      });
      discovery.wake();
      return sent._unsafeUnwrap()[0]?.messageId ?? '';
    },
    settle: () => clock.advance(10_000),
    crash: async () => {
      stores.crash();
      stop.abort();
      await Promise.all(running);
    },
  };
};

/** Keys of the reports in our own inbox: notices, and mails that came back. */
export const reportCount = async ({ store }: OutboxRig): Promise<number> =>
  (await store.list(REPORTS))._unsafeUnwrap().length;

/** Blocks that may leave, with the key that they would be sealed to. */
export const leaving = (rig: OutboxRig): readonly (Uint8Array | undefined)[] => {
  const keys: (Uint8Array | undefined)[] = [];
  const gate = { reachable: () => true, retransmit: true };
  for (let ref = rig.outbox.next(gate); ref !== undefined; ref = rig.outbox.next(gate)) {
    keys.push(rig.outbox.recordOf(ref)?.recipientKey);
  }
  return keys;
};
