/**
 * One message in the outbox: its record, its progress, and how it is brought back after a restart.
 * @module
 */
import { toHex, utf8 } from '../bytes/text.js';
import type { Clock } from '../io/contracts.js';
import { normaliseAddress } from '../mail/address.js';
import { MailProgress } from './mail-progress.js';
import type { OutboxRecord, ProgressRecord } from './outbox-records.js';
import { timeoutMs } from './retransmit.js';
import type { SurbRecord } from './surb-record.js';
import type { Address, QueuedMail, Sent } from './types.js';

export interface OutboxEntry {
  /** The message id's 16 bytes. */
  readonly id: Uint8Array;
  readonly record: OutboxRecord;
  readonly progress: MailProgress;
  transmissions: number;
  /** Its removal is being committed. */
  leaving: boolean;
}

/** The provider's name in a normalised address. */
const providerOf = (address: Address): string => address.slice(address.lastIndexOf('@') + 1);

/** The user's name in a normalised address, as packets carry it: unquoted, not padded. */
export const wireUserOf = (address: Address): Uint8Array =>
  utf8(
    normaliseAddress(address, { caseSensitive: true }).match(
      ({ user }) => user,
      () => address.slice(0, address.lastIndexOf('@')),
    ),
  );

/** A message as it was accepted, or as far as `known` says. */
export const makeEntry = (
  id: Uint8Array,
  record: OutboxRecord,
  known?: ProgressRecord,
): OutboxEntry => {
  const { total, reliable, recipient } = record;
  const progress = new MailProgress({
    id: toHex(id),
    provider: providerOf(recipient),
    reliable,
    total,
    acknowledged: (known?.acknowledged ?? []).filter((block) => block < total),
  });
  return { id, record, progress, transmissions: known?.transmissions ?? 0, leaving: false };
};

export interface RestoreDeps {
  readonly clock: Clock;
  /** Time beyond the computed delays that replies of an earlier run still get. */
  readonly slackMs: number;
}

/** Blocks with a reply block out are on their way: their time-outs go on where they were. */
export const restoreFlights = (
  entry: OutboxEntry,
  surbs: readonly SurbRecord[],
  deps: RestoreDeps,
): void => {
  for (const [block, records] of byBlock(surbs)) {
    entry.transmissions += records.length;
    const last = records.reduce((a, b) => (a.sentAt > b.sentAt ? a : b));
    if (block < entry.record.total && !entry.progress.isAcknowledged(block)) {
      restoreFlight(entry, { block, last, attempts: records.length }, deps);
    }
  }
};

const restoreFlight = (
  { progress }: OutboxEntry,
  flown: { readonly block: number; readonly last: SurbRecord; readonly attempts: number },
  { clock, slackMs }: RestoreDeps,
): void => {
  const { block, last, attempts } = flown;
  const baseMs = last.rttMs + slackMs;
  const timeout = timeoutMs(baseMs, { all: attempts - 1, unanswered: attempts - 1 });
  // Wall time may have jumped between the runs: a flight is neither in the future nor overdue twice.
  const agoMs = Math.min(timeout, Math.max(0, clock.now() - last.sentAt));
  const sentAtMs = clock.monotonic() - agoMs;
  const flight = { mail: progress, block, sentAtMs, baseMs, dueAtMs: sentAtMs + timeout };
  progress.restoreFlight(flight, attempts);
};

const byBlock = (surbs: readonly SurbRecord[]): ReadonlyMap<number, readonly SurbRecord[]> => {
  const blocks = new Map<number, SurbRecord[]>();
  for (const record of surbs) {
    if (record.use.kind !== 'acknowledgement') continue;
    const records = blocks.get(record.use.block) ?? [];
    blocks.set(record.use.block, records);
    records.push(record);
  }
  return blocks;
};

export const sentOf = ({ record, progress }: OutboxEntry): Sent => ({
  recipient: record.recipient,
  messageId: progress.id,
});

export const queuedMailOf = (account: Address, entry: OutboxEntry): QueuedMail => ({
  account,
  messageId: entry.progress.id,
  recipient: entry.record.recipient,
  blocks: entry.record.total,
  acknowledged: entry.progress.acknowledgedCount,
  transmissions: entry.transmissions,
  bounceAt: entry.record.bounceAt,
});
