/**
 * The crowd: the connections at a desk, of which the greediest host gives up its oldest when there
 * are too many. So a flood from one place shuts nobody else out.
 * @module
 */
import type { Duplex } from '../../src/io/contracts.js';

export class Crowd {
  readonly #limit: number;
  /** By host, the oldest first. */
  readonly #hosts = new Map<string, Set<Duplex>>();
  #size = 0;

  /** @param limit - connections at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the connection that had to go for this one */
  add(host: string, duplex: Duplex): Duplex | undefined {
    const evicted = this.#size >= this.#limit ? this.#oldestOfGreediest() : undefined;
    const own = this.#hosts.get(host) ?? new Set<Duplex>();
    this.#hosts.set(host, own.add(duplex));
    this.#size++;
    return evicted;
  }

  remove(host: string, duplex: Duplex): void {
    const own = this.#hosts.get(host);
    if (!own?.delete(duplex)) return;
    this.#size--;
    if (own.size === 0) this.#hosts.delete(host);
  }

  #oldestOfGreediest(): Duplex | undefined {
    let [greediest, most] = ['', 0];
    for (const [host, { size }] of this.#hosts) if (size > most) [greediest, most] = [host, size];
    const [oldest] = this.#hosts.get(greediest) ?? [];
    if (oldest) this.remove(greediest, oldest);
    return oldest;
  }
}
