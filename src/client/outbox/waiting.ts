/**
 * Mail that waits for its recipient's key, by recipient, in the order of acceptance.
 * @module
 */
import type { OutboxEntry } from './entry.js';
import type { Address } from '../types.js';

export class WaitingMail {
  readonly #byAddress = new Map<Address, Set<OutboxEntry>>();

  /** All whose key is waited for. */
  get addresses(): readonly Address[] {
    return [...this.#byAddress.keys()];
  }

  of(address: Address): readonly OutboxEntry[] {
    return [...(this.#byAddress.get(address) ?? [])];
  }

  add(entry: OutboxEntry): void {
    const { recipient } = entry.record;
    const entries = this.#byAddress.get(recipient) ?? new Set();
    this.#byAddress.set(recipient, entries.add(entry));
  }

  /** Harmless for an entry that does not wait. */
  remove(entry: OutboxEntry): void {
    const { recipient } = entry.record;
    const entries = this.#byAddress.get(recipient);
    entries?.delete(entry);
    if (entries?.size === 0) this.#byAddress.delete(recipient);
  }
}
