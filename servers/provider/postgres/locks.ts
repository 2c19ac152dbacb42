/**
 * Advisory locks: the names under which processes take turns.
 * @module
 */

/** The two-number locks of this program, in spaces of their own; those of mailboxes have one number. */
export const LOCKS = { space: 0x706f7374, migration: 1, sweep: 2, accounts: 0x706f7375 } as const;

/** The lock of one user's mailbox, from 8 bytes of a keyed hash of the name. */
export const mailboxLock = (owner: Uint8Array): string =>
  new DataView(owner.buffer, owner.byteOffset).getBigInt64(0).toString();

/** The lock of one user's account among {@link LOCKS.accounts}; two may have the same. */
export const accountLock = (owner: Uint8Array): number =>
  new DataView(owner.buffer, owner.byteOffset).getInt32(0);
