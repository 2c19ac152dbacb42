/**
 * Where mails go that were drained from an mbox: into two others beside it, `NAME.sent` and
 * `NAME.failed`, where each refused mail is followed by a report that says why.
 * @module
 */
import { createHash } from 'node:crypto';
import type { ResultAsync } from 'neverthrow';
import { concatAll } from '../../src/bytes/writer.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Address } from '../../src/index.js';
import type { FolderError } from '../files/disk.js';
import { toLf } from '../files/line-ends.js';
import { refusalReport } from '../files/refusal.js';
import { appendOnce } from './append.js';
import { encodeRecord } from './format.js';

/** A mail, as it lay in the file, and what became of it. */
export type Settled =
  | { readonly kind: 'sent'; readonly mail: Uint8Array }
  | { readonly kind: 'refused'; readonly mail: Uint8Array; readonly reason: string };

export interface PutAwayOptions {
  readonly account: Address;
  /** Of the mbox that is drained. */
  readonly path: string;
  readonly keepSent?: boolean;
  readonly clock: Clock;
}

export interface Drained {
  /** Names the file that the mails are from. */
  readonly identity: string;
  readonly settled: readonly Settled[];
}

/**
 * Appends the mails where they belong, then removes where they were; again and again, and once each.
 *
 * @param remove - removes the file that they are from
 */
export const putAway = (
  options: PutAwayOptions,
  { identity, settled }: Drained,
  remove: () => ResultAsync<void, FolderError>,
): ResultAsync<void, FolderError> => {
  const { path, keepSent = true } = options;
  const id = createHash('sha256').update(identity).digest('hex');
  const append = (name: string, records: readonly Uint8Array[], next: typeof remove) =>
    records.length === 0
      ? next
      : () => appendOnce(name, options, { id, record: concatAll(records), settled: next });
  const failed = append(`${path}.failed`, failedRecords(options, settled, id), remove);
  return append(`${path}.sent`, keepSent ? sentRecords(options, settled) : [], failed)();
};

const sentRecords = (
  { clock }: PutAwayOptions,
  settled: readonly Settled[],
): readonly Uint8Array[] =>
  settled.flatMap(({ kind, mail }) => (kind === 'sent' ? [encodeRecord(mail, clock.now())] : []));

const failedRecords = (
  { account, clock }: PutAwayOptions,
  settled: readonly Settled[],
  id: string,
): readonly Uint8Array[] =>
  settled.flatMap((each, at) => {
    if (each.kind === 'sent') return [];
    const { mail, reason } = each;
    const nowMs = clock.now();
    const tag = `${id.slice(0, 12)}.${at}`;
    const report = refusalReport({ account, reason, name: 'the mail before it', tag, nowMs, mail });
    return [encodeRecord(mail, nowMs), encodeRecord(toLf(report), nowMs)];
  });
