/**
 * The registry: the nodes of a network as its operator sees them, the listed and the waiting, and
 * what the operator decides about them.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Epoch } from '../../src/pki/epoch.js';
import type { Store, StoreError } from '../../src/store/store.js';
import { AttendanceBook, type Attendance } from './attendance.js';
import { Members, type Member, type MemberError, type Whitelist } from './members.js';
import { Pending, type PendingNode } from './pending.js';

/** What stands against a waiting node: nothing, another node of its name, or the operator's no. */
export type WaitingState = 'new' | 'mismatch' | 'rejected';

export interface WaitingNode extends PendingNode {
  readonly state: WaitingState;
}

export interface ListedNode extends Omit<Member, 'name'> {
  /** The one it must have, else the one it has; `undefined` before a mix's first descriptor. */
  readonly name: string | undefined;
  /** `undefined` before its first descriptor. */
  readonly attendance: Attendance | undefined;
  /** Whether it has not posted for the current epoch. */
  readonly isMissing: boolean;
}

export type ApproveError =
  | Exclude<MemberError, { readonly kind: 'configured-node' }>
  /** A listed node of another identity has this name. */
  | { readonly kind: 'mismatch'; readonly name: string };

export class Registry {
  readonly members: Members;
  readonly pending: Pending;
  readonly attendance: AttendanceBook;

  constructor(store: Store, clock: Clock, configured: Whitelist) {
    this.members = new Members(store, configured);
    this.pending = new Pending(clock);
    this.attendance = new AttendanceBook(store);
  }

  /** Reads what the store holds; to be called once, first. */
  load(): ResultAsync<void, StoreError> {
    return this.members
      .load()
      .andThen(() => this.attendance.load())
      .andThen(() => this.attendance.forget((key) => this.members.get(key) !== undefined));
  }

  /** Who waits for the operator, the one who was longest silent first. */
  waiting(): readonly WaitingNode[] {
    return this.pending.all.map((node) => ({ ...node, state: this.#stateOf(node) }));
  }

  /** Who may stand in documents, seen from an epoch. */
  listed(now: Epoch): readonly ListedNode[] {
    return this.members.all.map((member) => {
      const attendance = this.attendance.of(member.identityKey, now);
      const name = member.name ?? attendance?.name;
      const isMissing = attendance === undefined || attendance.missedInRow > 0;
      return { ...member, name, attendance, isMissing };
    });
  }

  /**
   * Lists a waiting node under the name and in the role that it claims; it is on disk when ok. From
   * its next post on it is like any other.
   *
   * @errors `no-such-node`: nobody of this identity waits; `mismatch`
   */
  approve(identityKey: Uint8Array): ResultAsync<PendingNode, ApproveError> {
    const node = this.pending.get(identityKey);
    if (node === undefined) return errAsync({ kind: 'no-such-node' });
    if (this.#isTaken(node)) return errAsync({ kind: 'mismatch', name: node.name });
    const { kind, name } = node;
    return this.members.approve({ identityKey, kind, name }).map(() => {
      this.pending.remove(identityKey);
      return node;
    });
  }

  /**
   * Turns a node away, a waiting one or one that was approved: no later document has it.
   *
   * @errors `no-such-node`; `configured-node`
   */
  reject(identityKey: Uint8Array): ResultAsync<void, MemberError> {
    const isKnown = this.pending.get(identityKey) ?? this.members.get(identityKey);
    return isKnown === undefined
      ? errAsync({ kind: 'no-such-node' })
      : this.members.reject(identityKey);
  }

  #stateOf(node: PendingNode): WaitingState {
    if (this.members.isRejected(node.identityKey)) return 'rejected';
    return this.#isTaken(node) ? 'mismatch' : 'new';
  }

  /** Names are compared as domains are: without their case. */
  #isTaken({ name, identityKey }: PendingNode): boolean {
    return this.members.all.some((member) => {
      const other = member.name ?? this.attendance.of(member.identityKey, 0)?.name;
      return other?.toLowerCase() === name.toLowerCase() && !equal(member.identityKey, identityKey);
    });
  }
}
