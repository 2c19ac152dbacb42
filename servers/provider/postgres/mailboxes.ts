/**
 * Mailboxes: the users whose spool this process empties, each under an advisory lock.
 *
 * All locks are held by one connection, and everything is fetched and dropped on that connection, so
 * without the lock nobody can. Should it break, the database frees the locks; a mailbox knows the
 * backend that granted its lock, finds another one in its place, and is over.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import type { StoreError } from '../../../src/store/store.js';
import type { Mailbox, MailboxError, SpoolHead, SpoolItem } from '../contracts.js';
import type { Database } from './database.js';
import { mailboxLock } from './locks.js';

/** Opens the sealed body of one item. */
export type OpenItem = (
  owner: Uint8Array,
  item: Uint8Array,
  body: Uint8Array,
) => Result<SpoolItem, StoreError>;

interface Grant {
  readonly pid: number;
  readonly granted: boolean;
}

interface Head {
  readonly pid: number;
  /** `null` where nothing waits, like all below. */
  readonly id: string | null;
  readonly item: Uint8Array | null;
  readonly body: Uint8Array | null;
  readonly items: number | null;
}

const LOST: StoreError = { kind: 'store-io', reason: 'the lock of the mailbox is lost' };

export class Mailboxes {
  readonly #database: Database;
  readonly #openItem: OpenItem;
  /** Locks that this process holds or is about to: one backend gets the same lock twice. */
  readonly #held = new Set<string>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(database: Database, openItem: OpenItem) {
    this.#database = database;
    this.#openItem = openItem;
  }

  /** @errors `mailbox-in-use` */
  open(owner: Uint8Array): ResultAsync<Mailbox, MailboxError> {
    const lock = mailboxLock(owner);
    return ResultAsync.fromSafePromise(this.#closing.get(lock) ?? Promise.resolve()).andThen(() => {
      if (this.#held.has(lock)) return errAsync({ kind: 'mailbox-in-use' } as const);
      this.#held.add(lock);
      return this.#take(owner, lock).mapErr((error) => {
        this.#held.delete(lock);
        return error;
      });
    });
  }

  #take(owner: Uint8Array, lock: string): ResultAsync<Mailbox, MailboxError> {
    return this.#database
      .session(
        (sql) => sql<Grant[]>`
          select pg_backend_pid() as pid, pg_try_advisory_lock(${lock}::bigint) as granted`,
      )
      .andThen(([grant]): Result<Mailbox, MailboxError> =>
        grant?.granted === true
          ? ok(this.#mailbox(owner, lock, grant.pid))
          : err({ kind: 'mailbox-in-use' }),
      );
  }

  #mailbox(owner: Uint8Array, lock: string, pid: number): Mailbox {
    let given: string | undefined;
    return {
      head: () =>
        this.#head(owner, pid).map((head) => {
          given = head?.id;
          return head?.waiting;
        }),
      dropHead: () => (given === undefined ? okAsync(undefined) : this.#drop(owner, given, pid)),
      close: () => this.#release(lock),
    };
  }

  #head(
    owner: Uint8Array,
    pid: number,
  ): ResultAsync<{ readonly id: string; readonly waiting: SpoolHead } | undefined, StoreError> {
    return this.#database
      .session(
        (sql) => sql<Head[]>`
          select here.pid, oldest.id, oldest.item, oldest.body, box.items
          from (select pg_backend_pid() as pid) here
          left join postern.mailboxes box on box.owner = ${owner}
          left join lateral (
            select id, item, body from postern.spool where owner = ${owner} order by id limit 1
          ) oldest on true`,
      )
      .andThen(([head]) => {
        if (head?.pid !== pid) return err(LOST);
        const { id, item, body, items } = head;
        if (id === null || item === null || body === null) return ok(undefined);
        return this.#openItem(owner, item, body).map((opened) => ({
          id,
          waiting: { item: opened, behind: Math.max(0, (items ?? 0) - 1) },
        }));
      });
  }

  /** The mailbox's row first, as in appending and removing, so that nobody waits in a circle. */
  #drop(owner: Uint8Array, id: string, pid: number): ResultAsync<void, StoreError> {
    return this.#database
      .session(
        (sql) => sql<{ pid: number }[]>`
          with box as (
            select owner from postern.mailboxes
            where owner = ${owner} and pg_backend_pid() = ${pid} for update
          ), gone as (
            delete from postern.spool s using box
            where s.id = ${id} and s.owner = box.owner returning s.owner
          ), counted as (
            update postern.mailboxes m set items = m.items - 1 from gone where m.owner = gone.owner
          )
          select pg_backend_pid() as pid`,
      )
      .andThen(([here]) => (here?.pid === pid ? ok(undefined) : err(LOST)));
  }

  /** A lock that cannot be freed went with its connection. */
  #release(lock: string): void {
    if (this.#closing.has(lock)) return;
    const freed = this.#database
      .session((sql) => sql`select pg_advisory_unlock(${lock}::bigint)`)
      .match(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        this.#held.delete(lock);
        this.#closing.delete(lock);
      });
    this.#closing.set(lock, freed);
  }
}
