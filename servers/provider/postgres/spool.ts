/**
 * The spool in PostgreSQL, for several processes: any of them appends, and of each user one session
 * fetches.
 *
 * An item is sealed and bound to its owner. Its random id makes an append that is repeated, because
 * the connection broke before the answer came, the same append.
 * @module
 */
import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { concat } from '../../../src/bytes/writer.js';
import type { Random } from '../../../src/io/contracts.js';
import type { Sealer } from '../../../src/store/sealed.js';
import type { Store, StoreError } from '../../../src/store/store.js';
import { noteAge } from '../age.js';
import type {
  Mailbox,
  MailboxError,
  Spool,
  SpoolCounts,
  SpoolError,
  SpoolItem,
} from '../contracts.js';
import type { UserName } from '../names.js';
import type { Database } from './database.js';
import { LOCKS } from './locks.js';
import { Mailboxes } from './mailboxes.js';
import { placeOfUser } from './users.js';

export interface SharedSpoolDeps {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly random: Random;
  /** Where notes of the spool's age are kept. */
  readonly records: Store;
  /** Items that one user may have waiting, at first. */
  readonly limit: number;
}

interface Waiting {
  readonly items: number;
}

const ID_LENGTH = 16;
const BODIES = 'provider/spool-bodies';
const NO_SURB = new Uint8Array(0);

export class SharedSpool implements Spool {
  readonly #deps: SharedSpoolDeps;
  readonly #mailboxes: Mailboxes;
  #items = 0;
  limit: number;

  constructor(deps: SharedSpoolDeps) {
    this.#deps = deps;
    this.limit = deps.limit;
    this.#mailboxes = new Mailboxes(deps.database, (owner, item, body) =>
      openItem(deps.sealer, bindingOf(owner, item), body),
    );
  }

  get counts(): SpoolCounts {
    return { items: this.#items, messages: undefined };
  }

  /** Counts what waits; to be called from time to time. */
  look(): ResultAsync<void, StoreError> {
    return this.#deps.database
      .durable(
        (sql) => sql<Waiting[]>`
          select coalesce(sum(items), 0)::integer as items from postern.mailboxes`,
      )
      .map(([row]) => {
        this.#items = row?.items ?? 0;
      });
  }

  append(user: UserName, item: SpoolItem): ResultAsync<number, SpoolError> {
    const { database, sealer, random } = this.#deps;
    const owner = placeOfUser(sealer, user).id;
    const id = random(ID_LENGTH);
    const body = sealItem(sealer, bindingOf(owner, id), item);
    return database
      .durable(
        (sql) => sql<Waiting[]>`
          with box as (
            update postern.mailboxes set items = items + 1
            where owner = ${owner} and items < ${this.limit}
              and not exists (select from postern.spool where item = ${id})
            returning owner, items
          ), kept as (
            insert into postern.spool (item, owner, body) select ${id}, owner, ${body} from box
          )
          select items from box`,
      )
      .andThen(([box]) => (box === undefined ? this.#whyNot(owner, id) : ok(box.items)));
  }

  waiting(user: UserName): ResultAsync<number, StoreError> {
    const { database, sealer } = this.#deps;
    const owner = placeOfUser(sealer, user).id;
    return database
      .durable((sql) => sql<Waiting[]>`select items from postern.mailboxes where owner = ${owner}`)
      .map(([box]) => box?.items ?? 0);
  }

  open(user: UserName): ResultAsync<Mailbox, MailboxError> {
    return this.#mailboxes.open(placeOfUser(this.#deps.sealer, user).id);
  }

  expire(nowMs: number, maxAgeMs: number): ResultAsync<number, StoreError> {
    const { database, records } = this.#deps;
    return database
      .durable(
        (sql) => sql<{ newest: string }[]>`
          select coalesce(max(id), -1) as newest from postern.spool`,
      )
      .andThen(([row]) => noteAge(records, { nowMs, maxAgeMs, newest: Number(row?.newest ?? -1) }))
      .andThen((upTo) => (upTo === undefined ? ok(0) : this.#removeUpTo(upTo)));
  }

  /** Why nothing was appended; that an earlier attempt had succeeded is one reason. */
  #whyNot(owner: Uint8Array, id: Uint8Array): ResultAsync<number, SpoolError> {
    return this.#deps.database
      .durable(
        (sql) => sql<(Waiting & { kept: boolean })[]>`
          select items, exists (select from postern.spool where item = ${id}) as kept
          from postern.mailboxes where owner = ${owner}`,
      )
      .andThen(([box]): Result<number, SpoolError> => {
        if (box === undefined) return err({ kind: 'no-such-user' });
        return box.kept ? ok(box.items) : err({ kind: 'spool-full' });
      });
  }

  /** One process at a time: two would wait for each other's rows. */
  #removeUpTo(upTo: number): ResultAsync<number, StoreError> {
    return this.#deps.database
      .durable(
        (sql) => sql<{ removed: number }[]>`
          with turn as (
            select pg_try_advisory_xact_lock(${LOCKS.space}, ${LOCKS.sweep}) as is_ours
          ), gone as (
            delete from postern.spool s using turn
            where turn.is_ours and s.id <= ${upTo} returning s.owner
          ), counts as (
            select owner, count(*)::integer as items from gone group by owner
          ), counted as (
            update postern.mailboxes m set items = m.items - counts.items
            from counts where m.owner = counts.owner
          )
          select coalesce(sum(items), 0)::integer as removed from counts`,
      )
      .map(([row]) => row?.removed ?? 0);
  }
}

/** What an item is sealed to: its own id, and the one user for whom it is. */
const bindingOf = (owner: Uint8Array, item: Uint8Array): Uint8Array => concat(owner, item);

const sealItem = (sealer: Sealer, binding: Uint8Array, item: SpoolItem): Uint8Array =>
  sealer.seal(BODIES, binding, {
    key: item.kind === 'reply' ? item.surbId : NO_SURB,
    value: item.payload,
  });

const openItem = (
  sealer: Sealer,
  binding: Uint8Array,
  body: Uint8Array,
): Result<SpoolItem, StoreError> =>
  sealer
    .open(BODIES, binding, body)
    .map(({ key, value }): SpoolItem =>
      key.length === 0
        ? { kind: 'message', payload: value }
        : { kind: 'reply', surbId: key, payload: value },
    )
    .mapErr(() => ({ kind: 'store-corrupt', collection: BODIES }));
