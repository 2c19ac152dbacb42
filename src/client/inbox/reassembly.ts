/**
 * Reassembly: the mails of which some blocks are still missing.
 *
 * Blocks lie in the store as they came; here is only which ones do. A message is named by sender,
 * message id and total, so nobody can disturb another's. Strangers are the first to lose what they
 * have begun when there is too much of it.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { toHex } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Store, StoredRecord, StoreError } from '../../store/store.js';
import type { Block } from '../blocks/block.js';
import { deletePart, range } from './mails.js';
import {
  decodePartial,
  encodePartial,
  PARTIALS,
  type PartialRecord,
  PARTS,
  partKey,
} from './records.js';
import { messageKey } from './seen-messages.js';
import type { Step } from '../step.js';
import type { OpenedBlock } from '../blocks/seal.js';

/** How much unfinished mail may lie around. */
export interface PartialLimits {
  /** Unfinished mails of one sender. */
  readonly perSender: number;
  /** Unfinished mails of all senders. */
  readonly partials: number;
  /** Blocks of all unfinished mails, and of one message. */
  readonly fragments: number;
}

export const PARTIAL_LIMITS: PartialLimits = { perSender: 64, partials: 512, fragments: 20_000 };

/** A mail on its way. */
export interface PartialMail extends PartialRecord {
  /** 16 random bytes, which the mail keeps when it is whole. */
  readonly id: Uint8Array;
  /** Blocks held. */
  readonly count: number;
}

/** Whether block `index` is here. */
export const holds = ({ held }: PartialRecord, index: number): boolean =>
  (((held[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;

/** Which blocks are here, ascending. */
export const heldBlocks = (partial: PartialRecord): readonly number[] =>
  range(partial.total).filter((index) => holds(partial, index));

/** All mails on their way. */
export class Partials {
  readonly #primitives: Primitives;
  readonly #byMessage = new Map<string, PartialMail>();
  #fragments = 0;

  constructor(primitives: Primitives, partials: readonly PartialMail[]) {
    this.#primitives = primitives;
    for (const partial of partials) this.#remember(partial);
  }

  /** Blocks of all unfinished mails. */
  get fragments(): number {
    return this.#fragments;
  }

  find({ senderKey, block }: OpenedBlock): PartialMail | undefined {
    return this.#byMessage.get(toHex(messageKey(this.#primitives, senderKey, block)));
  }

  /** Keeps a block that is not held yet; `id` names the mail if this is its first. */
  keep(opened: OpenedBlock, { id, nowMs }: { id: Uint8Array; nowMs: number }): Step {
    const before = this.find(opened) ?? begin(opened, id);
    const after = withBlock(before, opened.block, nowMs);
    return {
      changes: [
        putPart(after.id, opened.block),
        { kind: 'put', collection: PARTIALS, key: after.id, value: encodePartial(after) },
      ],
      apply: () => {
        this.#forget(before);
        this.#remember(after);
      },
    };
  }

  /** Ends a message; its parts stay when they have become those of a whole mail. */
  end(partial: PartialMail, parts: 'stay' | 'go'): Step {
    const gone = parts === 'go' ? heldBlocks(partial) : [];
    return {
      changes: [
        { kind: 'delete', collection: PARTIALS, key: partial.id },
        ...gone.map((index) => deletePart(partial.id, index)),
      ],
      apply: () => this.#forget(partial),
    };
  }

  /** All that have had no news since `beforeMs`. */
  silentSince(beforeMs: number): readonly PartialMail[] {
    return [...this.#byMessage.values()].filter(({ lastSeen }) => lastSeen < beforeMs);
  }

  /**
   * Whose turn it is to be given up, while there is too much: of the sender who was heard last, or
   * of anybody. Then strangers come before those we know, among them who holds most, and of that
   * the mail that has been silent longest.
   */
  excess(
    sender: Uint8Array,
    limits: PartialLimits,
    isKnown: (senderKey: Uint8Array) => boolean,
  ): PartialMail | undefined {
    const all = [...this.#byMessage.values()];
    const own = all.filter(({ senderKey }) => equal(senderKey, sender));
    if (own.length > limits.perSender) return own.sort(bySilence)[0];
    if (all.length <= limits.partials && this.#fragments <= limits.fragments) return undefined;
    const strangers = all.filter(({ senderKey }) => !isKnown(senderKey));
    return ofLargestHolder(strangers.length > 0 ? strangers : all).sort(bySilence)[0];
  }

  #remember(partial: PartialMail): void {
    this.#byMessage.set(toHex(this.#keyOf(partial)), partial);
    this.#fragments += partial.count;
  }

  #forget(partial: PartialMail): void {
    if (this.#byMessage.delete(toHex(this.#keyOf(partial)))) this.#fragments -= partial.count;
  }

  #keyOf(partial: PartialMail): Uint8Array {
    return messageKey(this.#primitives, partial.senderKey, partial);
  }
}

/** Reads which mails are on their way; times left by a clock that was wrong count as now. */
export const loadPartials = (
  store: Store,
  primitives: Primitives,
  nowMs: number,
): ResultAsync<Partials, StoreError> =>
  store.list(PARTIALS).andThen((records): Result<Partials, StoreError> => {
    const partials = records
      .map((record) => decodeHeld(record, nowMs))
      .filter((partial) => partial !== undefined);
    return partials.length < records.length
      ? err({ kind: 'store-corrupt', collection: PARTIALS })
      : ok(new Partials(primitives, partials));
  });

/** The stored form of one block's bytes. */
export const putPart = (id: Uint8Array, { index, payload }: Pick<Block, 'index' | 'payload'>) =>
  ({ kind: 'put', collection: PARTS, key: partKey(id, index), value: payload }) as const;

const begin = ({ senderKey, block }: OpenedBlock, id: Uint8Array): PartialMail => ({
  id,
  senderKey,
  messageId: block.messageId.slice(),
  total: block.total,
  lastSeen: 0,
  size: 0,
  held: new Uint8Array(Math.ceil(block.total / 8)),
  count: 0,
});

const withBlock = (partial: PartialMail, block: Block, nowMs: number): PartialMail => {
  const held = partial.held.slice();
  held[block.index >> 3] = (held[block.index >> 3] ?? 0) | (1 << (block.index & 7));
  const size = partial.size + block.payload.length;
  return { ...partial, held, size, lastSeen: nowMs, count: partial.count + 1 };
};

const decodeHeld = ({ key, value }: StoredRecord, nowMs: number): PartialMail | undefined =>
  decodePartial(value)
    .map((record) => ({
      ...record,
      id: key,
      lastSeen: Math.min(record.lastSeen, nowMs),
      count: record.held.reduce((sum, byte) => sum + bitCount(byte), 0),
    }))
    .unwrapOr(undefined);

const bitCount = (byte: number): number => (byte === 0 ? 0 : (byte & 1) + bitCount(byte >> 1));

const bySilence = (a: PartialMail, b: PartialMail): number => a.lastSeen - b.lastSeen;

const ofLargestHolder = (partials: readonly PartialMail[]): PartialMail[] => {
  const blocks = new Map<string, number>();
  const blocksOf = ({ senderKey }: PartialMail): number => blocks.get(toHex(senderKey)) ?? 0;
  for (const partial of partials) {
    blocks.set(toHex(partial.senderKey), blocksOf(partial) + partial.count);
  }
  const most = Math.max(...blocks.values());
  return partials.filter((partial) => blocksOf(partial) === most);
};
