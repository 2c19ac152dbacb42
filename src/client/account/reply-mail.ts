/**
 * A mail that came through one of our own reply blocks: it goes to the inbox, from nobody.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { concat } from '../../bytes/writer.js';
import type { Clock, Random } from '../../io/contracts.js';
import { encodeFields, findBody, readHead } from '../../mail/header.js';
import { buildReport } from '../../mail/report.js';
import { anonymousFields, claimsSender, fromAddresses } from '../../mail/sender-field.js';
import type { StoreError } from '../../store/store.js';
import type { Inbox } from '../inbox/inbox.js';
import { decodeReplyMail } from '../packets/reply-mail.js';
import type { SurbRecord } from '../packets/surb-record.js';
import type { SurbTable } from '../packets/surbs.js';
import type { Address } from '../types.js';

export interface ReplyMailDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly account: Address;
  readonly surbs: Pick<SurbTable, 'removal' | 'forget' | 'remove'>;
  readonly inbox: Pick<Inbox, 'deposit'>;
  /** Whether a key of this address is known. */
  readonly isKnown: (address: Address) => boolean;
}

/**
 * Puts a reply's mail into the inbox and removes its block, in one commit: what comes again after a
 * crash is not there twice. A payload that is no mail only burns the block.
 */
export const depositReply = (
  deps: ReplyMailDeps,
  record: SurbRecord,
  payload: Uint8Array,
): ResultAsync<void, StoreError> =>
  decodeReplyMail(payload).match(
    (mail) =>
      deps.inbox.deposit(shown(deps, mail), deps.surbs.removal([record])).map(() => {
        deps.surbs.forget([record]);
      }),
    () => deps.surbs.remove([record]).andThen(() => okAsync(undefined)),
  );

/** The mail with our fields in front; a report where it is none, or writes such fields itself. */
const shown = (deps: ReplyMailDeps, mail: Uint8Array): Uint8Array => {
  const { account, clock, random, isKnown } = deps;
  const report = (kind: 'malformed-mail' | 'spoofed-sender'): Uint8Array =>
    buildReport({ kind, mail }, { account, nowMs: clock.now(), random });
  const bytes = mail.subarray(0, findBody(mail));
  const head = readHead(bytes);
  if (head.isErr()) return report('malformed-mail');
  if (claimsSender(bytes)) return report('spoofed-sender');
  const forged = fromAddresses(head.value).find(isKnown);
  return concat(encodeFields(anonymousFields(forged)), mail);
};
