/**
 * The pending list: nodes that have posted a good descriptor and are not listed, until the operator
 * says of each whether it may be.
 *
 * It is in memory only, since nobody has let these nodes in: after a restart they post again. It is
 * short, and one machine has few places in it, so that nobody can fill it.
 * @module
 */
import { toHex } from '../../src/bytes/text.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Descriptor } from '../../src/pki/descriptor.js';
import { kindOf, type NodeKind } from './members.js';

export interface PendingNode {
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  readonly kind: NodeKind;
  readonly name: string;
  /** `host:port`, of all transports, as the newest descriptor has them. */
  readonly addresses: readonly string[];
  /** When it was first and last heard of, ms since the Unix epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Who brought it, as counted. */
  readonly host: string;
}

/** Places in the list; the one who was longest silent goes for one more. */
const MAX_PENDING = 64;
/** Places of one host. */
const MAX_PER_HOST = 8;
/** Looks at strangers' descriptors: at once, and how long until the next. */
const BURST = 32;
const REFILL_MS = 1000;

export class Pending {
  readonly #clock: Clock;
  /** By identity key in hex; who was heard of last is last. */
  readonly #nodes = new Map<string, PendingNode>();
  #looks = BURST;
  #filledMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledMs = clock.monotonic();
  }

  get all(): readonly PendingNode[] {
    return [...this.#nodes.values()];
  }

  get(identityKey: Uint8Array): PendingNode | undefined {
    return this.#nodes.get(toHex(identityKey));
  }

  /** Whether there is time to look at one more stranger's descriptor; takes that time. */
  mayLook(): boolean {
    const nowMs = this.#clock.monotonic();
    const fresh = Math.floor((nowMs - this.#filledMs) / REFILL_MS);
    this.#looks = Math.min(BURST, this.#looks + fresh);
    this.#filledMs += fresh * REFILL_MS;
    if (this.#looks < 1) return false;
    this.#looks--;
    return true;
  }

  /** Keeps what a stranger has posted, over what the same one posted before. */
  note(descriptor: Descriptor, host: string): void {
    const { identityKey, name, addresses } = descriptor;
    const key = toHex(identityKey);
    const nowMs = this.#clock.now();
    const firstMs = this.#nodes.get(key)?.firstMs ?? nowMs;
    this.#nodes.delete(key);
    this.#makeRoom(host);
    this.#nodes.set(key, {
      ...{ identityKey, name, kind: kindOf(descriptor) },
      addresses: [...addresses.values()].flat(),
      ...{ firstMs, lastMs: nowMs, host },
    });
  }

  remove(identityKey: Uint8Array): boolean {
    return this.#nodes.delete(toHex(identityKey));
  }

  /** A host with all its places makes room among its own. */
  #makeRoom(host: string): void {
    const nodes = [...this.#nodes];
    const own = nodes.filter(([, node]) => node.host === host);
    const [oldest] = own.length >= MAX_PER_HOST ? own : nodes;
    const isFull = own.length >= MAX_PER_HOST || nodes.length >= MAX_PENDING;
    if (isFull && oldest) this.#nodes.delete(oldest[0]);
  }
}
