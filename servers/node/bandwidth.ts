/**
 * Bandwidth: one token bucket over all bytes that a node sends and reads.
 *
 * Whoever takes more than there is waits for as long as the bucket needs to fill up again, so
 * connections share it in the order of their bytes. What is read waits before it is handed on, and
 * nothing more is read meanwhile: the peer feels it.
 *
 * Source: mixminiond's `MaxBandwidth` and `MaxBandwidthSpike`.
 * @module
 */
import type { Clock, Duplex, Listener, Network } from '../../src/io/contracts.js';

const MS_PER_SECOND = 1000;

export interface BandwidthLimit {
  readonly bytesPerSecond: number;
  /** What may pass at once after a silence, bytes. */
  readonly spikeBytes: number;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #limit: BandwidthLimit;
  /** Below zero: promised to those who wait. */
  #tokens: number;
  #filledMs: number;

  constructor(clock: Clock, limit: BandwidthLimit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#tokens = limit.spikeBytes;
    this.#filledMs = clock.monotonic();
  }

  /** Takes so many bytes. @returns how long to wait for them, ms */
  take(bytes: number): number {
    const { bytesPerSecond, spikeBytes } = this.#limit;
    const nowMs = this.#clock.monotonic();
    const fresh = ((nowMs - this.#filledMs) * bytesPerSecond) / MS_PER_SECOND;
    this.#tokens = Math.min(spikeBytes, this.#tokens + fresh) - bytes;
    this.#filledMs = nowMs;
    return Math.max(0, (-this.#tokens * MS_PER_SECOND) / bytesPerSecond);
  }
}

/** The network, all of whose connections share one limit. */
export const limitBandwidth = (network: Network, clock: Clock, limit: BandwidthLimit): Network => {
  const bucket = new TokenBucket(clock, limit);
  const limited = (duplex: Duplex): Duplex => new LimitedDuplex(duplex, clock, bucket);
  return {
    dial: (address, signal) => network.dial(address, signal).map(limited),
    listen: (address) =>
      network.listen(address).map((listener): Listener => ({
        address: listener.address,
        connections: mapped(listener.connections, limited),
        close: () => listener.close(),
      })),
  };
};

async function* mapped<T>(items: AsyncIterable<T>, map: (item: T) => T): AsyncIterable<T> {
  for await (const item of items) yield map(item);
}

class LimitedDuplex implements Duplex {
  readonly #duplex: Duplex;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  /** Ends waits when the connection is dropped. */
  readonly #dropped = new AbortController();
  /** Writes go on in the order of their calls, and the end comes after them. */
  #written: Promise<boolean> = Promise.resolve(true);

  constructor(duplex: Duplex, clock: Clock, bucket: TokenBucket) {
    this.#duplex = duplex;
    this.#clock = clock;
    this.#bucket = bucket;
  }

  get remote(): string {
    return this.#duplex.remote;
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = await this.#duplex.read();
    if (bytes) await this.#pay(bytes.length);
    return this.#dropped.signal.aborted ? undefined : bytes;
  }

  write(bytes: Uint8Array): Promise<boolean> {
    this.#written = this.#written.then(async () => {
      await this.#pay(bytes.length);
      return this.#duplex.write(bytes);
    });
    return this.#written;
  }

  end(): void {
    void this.#written.then(() => this.#duplex.end());
  }

  destroy(): void {
    this.#dropped.abort();
    this.#duplex.destroy();
  }

  async #pay(bytes: number): Promise<void> {
    const waitMs = this.#bucket.take(bytes);
    if (waitMs > 0) await this.#clock.sleep(waitMs, this.#dropped.signal);
  }
}
