/**
 * One message in the outbox: its record, its progress, and how it is brought back after a restart.
 * @module
 */
import { toHex, utf8 } from '../../bytes/text.js';
import type { Clock } from '../../io/contracts.js';
import { normaliseAddress } from '../../mail/address.js';
import { MESSAGE_ID_LENGTH } from '../blocks/block.js';
import { MailProgress } from './mail-progress.js';
import type { Acceptance, OutboxDeps } from './contracts.js';
import type { OutboxRecord, ProgressRecord, StoredMessage } from './records.js';
import { timeoutMs } from './retransmit.js';
import type { SurbRecord } from '../packets/surb-record.js';
import type { SurbTable } from '../packets/surbs.js';
import type { Address, QueuedMail, Sent } from '../types.js';

export interface OutboxEntry {
  /** The message id's 16 bytes. */
  readonly id: Uint8Array;
  record: OutboxRecord;
  readonly progress: MailProgress;
  transmissions: number;
  /** When a block of it was last acknowledged, or known to be, monotonic ms. */
  answeredAtMs: number | undefined;
  /** Its removal is being committed. */
  leaving: boolean;
}

/** How long a mail in its overtime may go without an acknowledgement, in lifetimes. */
const PATIENCE_SHARE = 0.2;

/** The provider's name in a normalised address. */
export const providerOf = (address: Address): string => address.slice(address.lastIndexOf('@') + 1);

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
  const { total, reliable, recipient, path } = record;
  const progress = new MailProgress({
    id: toHex(id),
    recipient,
    provider: providerOf(recipient),
    path,
    reliable,
    total,
    acknowledged: (known?.acknowledged ?? []).filter((block) => block < total),
  });
  const transmissions = known?.transmissions ?? 0;
  return { id, record, progress, transmissions, answeredAtMs: undefined, leaving: false };
};

/** What the entries of one mail are made with. */
export interface EntryMaker extends Pick<OutboxDeps, 'clock' | 'random'> {
  readonly bodyId: Uint8Array;
  /** Of the message that was accepted last. */
  readonly sequence: number;
}

/** The messages of a mail that is accepted now, one per recipient. */
export const acceptedEntries = (
  { payloads, reliable, lifetimeMs, recipients, path, idOf }: Acceptance,
  { clock, random, bodyId, sequence }: EntryMaker,
): readonly OutboxEntry[] => {
  const acceptedAt = clock.now();
  const total = payloads.length;
  const shared = { reliable, acceptedAt, bounceAt: acceptedAt + lifetimeMs, total, bodyId, path };
  return recipients.map(({ address: recipient, key: recipientKey }, index) => {
    const id = idOf?.(recipient) ?? random(MESSAGE_ID_LENGTH);
    // Most mails: one record instead of two. What is shared, or written again, lies apart.
    const holdsBody = total === 1 && recipients.length === 1 && recipientKey !== undefined;
    const numbered = { ...shared, sequence: sequence + index + 1, holdsBody };
    return makeEntry(id, { ...numbered, recipientKey, recipient });
  });
};

export interface RestoreDeps {
  readonly clock: Clock;
  readonly surbs: Pick<SurbTable, 'ofMessage'>;
  /** Time beyond the computed delays that replies of an earlier run still get. */
  readonly slackMs: number;
}

/** A message that an earlier run has left. */
export const restoredEntry = (
  { id, record, progress }: StoredMessage,
  deps: RestoreDeps,
): OutboxEntry => {
  const entry = makeEntry(id, record, progress);
  restoreFlights(entry, deps.surbs.ofMessage(entry.progress.id), deps);
  return entry;
};

/** Blocks with a reply block out are on their way: their time-outs go on where they were. */
const restoreFlights = (
  entry: OutboxEntry,
  surbs: readonly SurbRecord[],
  deps: RestoreDeps,
): void => {
  if (entry.progress.acknowledgedCount > 0) entry.answeredAtMs = deps.clock.monotonic();
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

/** Ms until the bounce; however wall time has jumped, not more than a lifetime. */
export const restMs = ({ acceptedAt, bounceAt }: OutboxRecord, clock: Clock): number =>
  Math.min(bounceAt - clock.now(), bounceAt - acceptedAt);

/**
 * Ms for which a mail whose time is up is tried still, because its blocks keep being acknowledged:
 * until none was for a fifth of its lifetime, and never for more than a second lifetime.
 *
 * Receivers remember what they had for longer than that, so it comes once all the same.
 */
export const overtimeLeft = (
  { record: { acceptedAt, bounceAt }, answeredAtMs }: OutboxEntry,
  clock: Clock,
): number => {
  if (answeredAtMs === undefined) return 0;
  const lifetimeMs = bounceAt - acceptedAt;
  const patienceMs = answeredAtMs + PATIENCE_SHARE * lifetimeMs - clock.monotonic();
  return Math.min(patienceMs, bounceAt + lifetimeMs - clock.now());
};

export const sentOf = ({ record, progress }: OutboxEntry): Sent => ({
  recipient: record.recipient,
  messageId: progress.id,
});

export const queuedMailOf = (
  account: Address,
  entry: OutboxEntry,
  state: QueuedMail['state'],
): QueuedMail => ({
  account,
  messageId: entry.progress.id,
  recipient: entry.record.recipient,
  state,
  blocks: entry.record.total,
  acknowledged: entry.progress.acknowledgedCount,
  transmissions: entry.transmissions,
  bounceAt: entry.record.bounceAt,
});
