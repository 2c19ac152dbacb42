/**
 * Advisory locks: the names under which processes take turns.
 * @module
 */

/** The two-number locks of this program, in a space of its own; those of users have one number. */
export const LOCKS = { space: 0x706f7374, migration: 1, sweep: 2 } as const;

/** The lock of one user's mailbox, from 8 bytes of a keyed hash of the name. */
export const mailboxLock = (owner: Uint8Array): string =>
  new DataView(owner.buffer, owner.byteOffset).getBigInt64(0).toString();
