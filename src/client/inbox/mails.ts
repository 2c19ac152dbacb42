/**
 * The whole mails of an inbox: what there is, in order of arrival, and who still needs it.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { fromHex, toHex } from '../../bytes/text.js';
import type { Change, Store, StoredRecord, StoreError } from '../../store/store.js';
import { decodeMail, encodeMail, MAILS, type MailRecord, PARTS, partKey } from './records.js';
import type { Step } from '../step.js';
import type { InboxEntry, MailId } from '../types.js';

export interface HeldMail extends MailRecord {
  readonly id: MailId;
}

/** What a caller may see of a mail without reading it. */
export const entryOf = ({ id, size, receivedAt, senderKey, openEnd }: HeldMail): InboxEntry => {
  // A listing makes thousands of these: no more objects than needed.
  const entry =
    senderKey === undefined ? { id, size, receivedAt } : { id, size, receivedAt, senderKey };
  return openEnd ? { ...entry, openEnd } : entry;
};

/** The key under which a mail's record lies. */
export const idBytes = (id: MailId): Uint8Array => fromHex(id) ?? new Uint8Array();

/** Mails by id and by order; one that every reader is done with is not there any more. */
export class Mails {
  readonly #readers: readonly string[];
  readonly #byId: Map<MailId, HeldMail>;
  /** Ascending by order. */
  readonly #inOrder: HeldMail[];
  /** Never given again while somebody may read on behind it, though its mail be gone. */
  #lastOrder: number;

  constructor(readers: readonly string[], mails: readonly HeldMail[]) {
    this.#readers = readers;
    this.#inOrder = [...mails].sort((a, b) => a.order - b.order);
    this.#lastOrder = this.#inOrder.at(-1)?.order ?? 0;
    this.#byId = new Map(this.#inOrder.map((mail) => [mail.id, mail]));
  }

  get count(): number {
    return this.#byId.size;
  }

  isReader(name: string): boolean {
    return this.#readers.includes(name);
  }

  get(id: MailId): HeldMail | undefined {
    return this.#byId.get(id);
  }

  /** What this reader is not done with, in order of arrival. */
  list(reader: string): readonly HeldMail[] {
    return this.#inOrder.filter((mail) => !mail.done.includes(reader));
  }

  /** The first mail behind `order` that this reader is not done with. */
  next(reader: string, order: number): HeldMail | undefined {
    for (let at = this.#firstAfter(order); at < this.#inOrder.length; at++) {
      const mail = this.#inOrder[at];
      if (mail && !mail.done.includes(reader)) return mail;
    }
    return undefined;
  }

  /** Takes a mail in, behind all others. */
  add(id: Uint8Array, facts: Omit<MailRecord, 'order' | 'done'>): Step & { mail: HeldMail } {
    const order = ++this.#lastOrder;
    const mail: HeldMail = { ...facts, order, done: [], id: toHex(id) };
    return { mail, ...this.#put(mail) };
  }

  /** Notes that a reader is done with mails; those that nobody needs any more go. */
  done(reader: string, ids: readonly MailId[]): readonly Step[] {
    return [...new Set(ids)].flatMap((id) => {
      const mail = this.#byId.get(id);
      if (mail === undefined || mail.done.includes(reader)) return [];
      return [this.#settle({ ...mail, done: [...mail.done, reader] })];
    });
  }

  /** Drops mails that nobody needs, where the list of readers has become shorter. */
  tidy(): readonly Step[] {
    return this.#inOrder.filter((mail) => this.#isDone(mail)).map((mail) => this.#delete(mail));
  }

  #isDone(mail: HeldMail): boolean {
    return this.#readers.every((reader) => mail.done.includes(reader));
  }

  #settle(mail: HeldMail): Step {
    return this.#isDone(mail) ? this.#delete(mail) : this.#put(mail);
  }

  #put(mail: HeldMail): Step {
    const key = idBytes(mail.id);
    return {
      changes: [{ kind: 'put', collection: MAILS, key, value: encodeMail(mail) }],
      apply: () => {
        this.#byId.set(mail.id, mail);
        this.#inOrder.splice(this.#firstAfter(mail.order - 1), this.#countAt(mail.order), mail);
      },
    };
  }

  #delete(mail: HeldMail): Step {
    return {
      changes: [
        { kind: 'delete', collection: MAILS, key: idBytes(mail.id) },
        ...range(mail.parts).map((index) => deletePart(idBytes(mail.id), index)),
      ],
      apply: () => {
        this.#byId.delete(mail.id);
        this.#inOrder.splice(this.#firstAfter(mail.order - 1), this.#countAt(mail.order));
      },
    };
  }

  /** How many mails have this order: one or none. */
  #countAt(order: number): number {
    return this.#inOrder[this.#firstAfter(order - 1)]?.order === order ? 1 : 0;
  }

  /** Index of the first mail behind `order`. */
  #firstAfter(order: number): number {
    let [low, high] = [0, this.#inOrder.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#inOrder[middle]?.order ?? 0) <= order) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Removes one part of a mail. */
export const deletePart = (id: Uint8Array, index: number): Change => ({
  kind: 'delete',
  collection: PARTS,
  key: partKey(id, index),
});

/** 0 to `count` - 1. */
export const range = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => index);

/** Reads what there is of all mails but their bytes. */
export const loadMails = (
  store: Store,
  readers: readonly string[],
): ResultAsync<Mails, StoreError> =>
  store.list(MAILS).andThen((records): Result<Mails, StoreError> => {
    const mails = records.map(decodeHeld).filter((mail) => mail !== undefined);
    return mails.length < records.length
      ? err({ kind: 'store-corrupt', collection: MAILS })
      : ok(new Mails(readers, mails));
  });

const decodeHeld = ({ key, value }: StoredRecord): HeldMail | undefined =>
  decodeMail(value)
    .map((record) => ({ ...record, id: toHex(key) }))
    .unwrapOr(undefined);
