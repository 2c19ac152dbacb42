/**
 * Handshakes that are not finished: few in all, and fewer from one address, so that whoever opens
 * connections and says nothing shuts out nobody, and first of all not others than itself.
 * @module
 */
import { toHex } from '../../src/bytes/text.js';
import { parseAddress } from '../../src/io/address.js';
import type { Duplex } from '../../src/io/contracts.js';
import { ipBytes } from '../../src/io/ip.js';
import type { NodeTuning } from './options.js';

export interface HandshakesDeps {
  readonly tuning: Pick<NodeTuning, 'maxHandshakes' | 'maxHandshakesPerAddress'>;
  readonly count: (event: string) => void;
}

/** One owner of IPv6 addresses has at least so many of their bytes for itself. */
const V6_PREFIX_LENGTH = 8;

export class Handshakes {
  readonly #deps: HandshakesDeps;
  /** Oldest first, with the address that each is counted for. */
  readonly #open = new Map<Duplex, string>();

  constructor(deps: HandshakesDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Begins one. The oldest of its address, or of all, makes room where there is none. */
  begin(duplex: Duplex): void {
    const { maxHandshakes, maxHandshakesPerAddress } = this.#deps.tuning;
    const address = addressGroup(duplex.remote);
    const same = [...this.#open].filter(([, other]) => other === address);
    if (same.length >= maxHandshakesPerAddress) this.#evict(same[0]?.[0], 'link.evicted-address');
    else if (this.#open.size >= maxHandshakes) this.#evict(this.#oldest(), 'link.evicted');
    this.#open.set(duplex, address);
  }

  finish(duplex: Duplex): void {
    this.#open.delete(duplex);
  }

  #oldest(): Duplex | undefined {
    const [oldest] = this.#open.keys();
    return oldest;
  }

  #evict(duplex: Duplex | undefined, event: string): void {
    if (!duplex) return;
    this.#deps.count(event);
    this.#open.delete(duplex);
    duplex.destroy();
  }
}

/** Who is counted as one: an IPv4 address, or the /64 of an IPv6 one. */
export const addressGroup = (remote: string): string => {
  const parsed = parseAddress(remote);
  if (parsed?.kind !== 'tcp') return remote;
  const bytes = ipBytes(parsed.host);
  if (!bytes || !parsed.host.includes(':')) return parsed.host;
  return toHex(bytes.subarray(0, V6_PREFIX_LENGTH));
};
