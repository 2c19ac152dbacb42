/**
 * The tables in PostgreSQL, as the steps that lead there: a database at version n has had the first
 * n of them. A step is never changed once it was published; what comes later is a new one.
 *
 * Nothing of a mail can be read, and no name: users are keyed hashes, all else is sealed. What shows
 * is how many users there are, how many items wait for each, and in which order they came.
 * @module
 */

/** Everything lies in a schema of our own, beside whatever else the database has. */
const FIRST = `
  -- Small sealed records: users, mix keys, descriptors, notes of the spool's age.
  create table postern.records (
    id bytea primary key,
    collection bytea not null,
    record bytea not null
  );
  create index records_collection on postern.records (collection);

  -- One row per user, made and removed with the user's record.
  create table postern.mailboxes (
    owner bytea primary key references postern.records on delete cascade,
    items integer not null default 0
  );

  create table postern.spool (
    id bigint generated always as identity primary key,
    item bytea not null unique,
    owner bytea not null references postern.mailboxes on delete cascade,
    body bytea not null
  );
  create index spool_owner on postern.spool (owner, id);
  -- Sealed bytes do not compress.
  alter table postern.spool alter column body set storage external;

  -- Epoch and replay tag of every packet that one of the processes has opened.
  create table postern.replay_tags (tag bytea primary key);
`;

export const MIGRATIONS: readonly string[] = [FIRST];
