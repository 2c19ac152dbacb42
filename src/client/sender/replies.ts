/**
 * Replies: what comes back through reply blocks, and what follows from it.
 *
 * Source: end_to_end.rst, SURB-ACKs; core sphinx surb.go.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { isZero } from '../../bytes/compare.js';
import type { SphinxSuite } from '../../sphinx/suite.js';
import { openReply } from '../../sphinx/surb.js';
import type { StoreError } from '../../store/store.js';
import type { MessageId } from '../types.js';
import type { SurbRecord } from '../packets/surb-record.js';
import type { SurbTable } from '../packets/surbs.js';

export interface ReplyDeps {
  readonly suite: SphinxSuite;
  readonly surbs: SurbTable;
  /** Durable when ok; removes the reply blocks of the acknowledged block too. */
  readonly acknowledge: (messageId: MessageId, block: number) => ResultAsync<void, StoreError>;
  /** A provider, by name, has answered a decoy. */
  readonly isAlive: (provider: string) => void;
  /** A decoy has come back. */
  readonly returned: (surbId: Uint8Array) => void;
  /** A service's reply, not looked into. */
  readonly answered: (record: SurbRecord, plaintext: Uint8Array) => void;
  /** A reply of somebody whom we have given a block; durable when ok, the block's removal too. */
  readonly mailed: (record: SurbRecord, plaintext: Uint8Array) => ResultAsync<void, StoreError>;
}

/**
 * Takes one reply. Unknown ids are normal, since the last item comes again after each reconnection;
 * what a record's keys do not open is not the reply to it, and leaves it alone.
 */
export const takeReply = (
  { suite, surbs, acknowledge, isAlive, returned, answered, mailed }: ReplyDeps,
  surbId: Uint8Array,
  payload: Uint8Array,
): ResultAsync<void, StoreError> => {
  const record = surbs.find(surbId);
  const plaintext = record && openReply(suite, record.keys, payload).unwrapOr(undefined);
  if (record === undefined || plaintext === undefined) return okAsync(undefined);
  const { use } = record;
  // Only zeros acknowledge; anything else may be a service's answer sent to the wrong block.
  if (use.kind === 'acknowledgement' && isZero(plaintext)) {
    return acknowledge(use.messageId, use.block);
  }
  if (use.kind === 'mail') return mailed(record, plaintext);
  return surbs.remove([record]).map(() => {
    if (use.kind === 'decoy') {
      isAlive(use.provider);
      returned(record.id);
    }
    if (use.kind === 'service') answered(record, plaintext);
  });
};
