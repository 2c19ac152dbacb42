/**
 * A mailbox as one POP3 session sees it: the mails at log-in, some of them marked.
 *
 * Only the entries are held; a mail's bytes are read when they are asked for.
 * @module
 */
import { err, okAsync, type Result, type ResultAsync } from 'neverthrow';
import type { Address, InboxEntry, InboxError, MailId, MixClient } from '../../src/index.js';

export type OpenMailboxError = InboxError | { readonly kind: 'in-use' };

/** Mailboxes that some session has open. One per server. */
export type Locks = Set<Address>;

export interface Source {
  readonly client: MixClient;
  /** Name of our reader of every account's inbox. */
  readonly reader: string;
  readonly locks: Locks;
}

/** A mail with its number, from 1. */
export interface Numbered {
  readonly number: number;
  readonly entry: InboxEntry;
  /** Octets as they are sent, dots not doubled: the last line is ended if it was not. */
  readonly octets: number;
}

const CRLF_LENGTH = 2;

const numbered = (entry: InboxEntry, index: number): Numbered => ({
  number: index + 1,
  entry,
  octets: entry.size + (entry.openEnd === true ? CRLF_LENGTH : 0),
});

/** One session's mailbox; its lock is held until {@link Mailbox.close}. */
export class Mailbox {
  readonly #source: Source;
  readonly #account: Address;
  readonly #entries: readonly InboxEntry[];
  readonly #deleted = new Set<MailId>();
  #open = true;

  constructor(source: Source, account: Address, entries: readonly InboxEntry[]) {
    this.#source = source;
    this.#account = account;
    this.#entries = entries;
  }

  /** The mails that are not marked. */
  list(): readonly Numbered[] {
    return this.#entries.map(numbered).filter(({ entry }) => !this.#deleted.has(entry.id));
  }

  find(number: number): Numbered | undefined {
    const entry = this.#entries[number - 1];
    const isThere = entry !== undefined && !this.#deleted.has(entry.id);
    return isThere ? numbered(entry, number - 1) : undefined;
  }

  read({ entry }: Numbered): AsyncIterable<Result<Uint8Array, InboxError>> {
    return this.#source.client.inbox.pieces(this.#account, entry.id);
  }

  /** Marks a mail: whether there was one by that number, not marked yet. */
  mark(number: number): 'marked' | 'already' | 'none' {
    const entry = this.#entries[number - 1];
    if (entry === undefined) return 'none';
    if (this.#deleted.has(entry.id)) return 'already';
    this.#deleted.add(entry.id);
    return 'marked';
  }

  unmarkAll(): void {
    this.#deleted.clear();
  }

  /** Gives up the marked mails, by their ids; durable when ok, and nothing is gone otherwise. */
  commit(): ResultAsync<void, InboxError> {
    const { client, reader } = this.#source;
    if (this.#deleted.size === 0) return okAsync(undefined);
    return client.inbox.done(this.#account, reader, [...this.#deleted]);
  }

  /** Lets others open the mailbox; the second call does nothing. */
  close(): void {
    if (this.#open) this.#source.locks.delete(this.#account);
    this.#open = false;
  }
}

/**
 * Opens an account's mailbox for one session.
 *
 * @errors `in-use` — another session has it; those of the inbox
 */
export const openMailbox = (
  source: Source,
  account: Address,
): Result<Mailbox, OpenMailboxError> => {
  if (source.locks.has(account)) return err({ kind: 'in-use' });
  return source.client.inbox.list(account, source.reader).map((entries) => {
    source.locks.add(account);
    return new Mailbox(source, account, entries);
  });
};
