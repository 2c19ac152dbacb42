/**
 * Admission: from a packet off a link to what it wants of this node.
 *
 * Life of a packet here: it waits, is unwrapped with the keys that may fit, classified, tested for
 * replay; then its batch's tags are made durable, and only then it is handed on. While one batch is
 * being written the next one gathers, so a loaded node writes rarely and an idle one at once.
 * @module
 */
import { toHex } from '../../src/bytes/text.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Drop } from './drops.js';
import { classify, roleRefusal } from './hop.js';
import type { MixKeys } from './mix-keys.js';
import type { NodeTuning } from './options.js';
import type { ReplayLog } from './replay.js';
import type { Hop, NodeRole, PacketSource } from './role.js';
import type { UnwrapOutcome } from './unwrap-job.js';
import type { UnwrapPool } from './unwrap-pool.js';

export interface AdmissionDeps {
  readonly clock: Clock;
  readonly pool: UnwrapPool;
  readonly mixKeys: MixKeys;
  readonly replay: ReplayLog;
  readonly role: NodeRole['kind'];
  readonly tuning: Pick<NodeTuning, 'unwrapBudgetMs' | 'unwrapQueue'>;
  readonly drop: Drop;
  /** Takes a batch whose tags are durable; must not throw. */
  readonly handOn: (hops: readonly Hop[]) => void;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly packet: Uint8Array;
  readonly source: PacketSource;
  readonly arrivedMs: number;
}

/** A packet that may be handed on once its tag is durable. */
interface Ready {
  readonly hop: Hop;
  readonly tag: Uint8Array;
}

/** Packets unwrapped in place before other work gets its turn. */
const PER_TURN = 16;
/**
 * Pause between two writes of tags: the first packet waits for none, a stream of them shares one,
 * which its delays hide. A write costs as much as a packet or two, and blocks until the disk has it.
 */
const WRITE_PAUSE_MS = 10;

export class Admission {
  readonly #deps: AdmissionDeps;
  #queue: Waiting[] = [];
  #ready: Ready[] = [];
  #inFlight = 0;
  #inCommit = 0;
  #committing = false;
  /** Ends with the last batch that is being written. */
  #committed = Promise.resolve();
  #pumping = false;
  #resting = false;
  #closed = false;

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Packets that came in and were neither handed on nor dropped. */
  get pending(): number {
    return this.#queue.length + this.#inFlight + this.#ready.length + this.#inCommit;
  }

  /** Takes a packet of the right size; it belongs to the node from here on. */
  admit(packet: Uint8Array, source: PacketSource): void {
    if (this.#closed) return;
    if (this.#queue.length >= this.#deps.tuning.unwrapQueue) {
      this.#deps.drop('queue-full');
      return;
    }
    this.#queue.push({ packet, source, arrivedMs: this.#deps.clock.monotonic() });
    this.pump();
  }

  /** Gives the pool what it has room for; also called when the pool has room again. */
  pump(): void {
    if (this.#pumping || this.#resting) return;
    this.#pumping = true;
    let started = 0;
    while (this.#deps.pool.room() > 0 && started < PER_TURN) {
      const next = this.#queue.shift();
      if (!next) break;
      this.#start(next);
      started++;
    }
    this.#pumping = false;
    if (!this.#committing) this.#committed = this.#commit();
    if (this.#queue.length > 0 && this.#deps.pool.room() > 0) void this.#rest();
  }

  /** Drops what is not opened yet, and hands on the rest; the signal must be aborted. */
  async close(): Promise<void> {
    this.#closed = true;
    const unopened = this.#queue.length + this.#inFlight;
    if (unopened > 0) this.#deps.drop('stopped', unopened);
    this.#queue = [];
    await this.#committed;
  }

  async #rest(): Promise<void> {
    this.#resting = true;
    await this.#deps.clock.sleep(0);
    this.#resting = false;
    this.pump();
  }

  #start(waiting: Waiting): void {
    const { clock, pool, mixKeys, tuning, drop } = this.#deps;
    const dwellMs = clock.monotonic() - waiting.arrivedMs;
    if (dwellMs > tuning.unwrapBudgetMs) {
      drop('unwrap-late');
      return;
    }
    this.#inFlight++;
    pool.unwrap(waiting.packet, mixKeys.candidates(clock.now()), (outcome) => {
      this.#inFlight--;
      if (this.#closed) return;
      this.#finish(outcome, waiting, dwellMs);
      // In place this is still the loop above, which commits a whole turn at once.
      if (!this.#pumping) this.pump();
    });
  }

  #finish(outcome: UnwrapOutcome, { source, arrivedMs }: Waiting, dwellMs: number): void {
    const { replay, role, drop } = this.#deps;
    if (outcome.kind === 'refused') {
      drop(outcome.reason);
      return;
    }
    const { epoch, opened } = outcome;
    // Every packet that a key has opened is remembered, whatever becomes of it.
    const isNew = replay.add(epoch, opened.replayTag);
    const hop = classify(opened, { arrivedMs, dwellMs });
    if (hop.isErr()) {
      drop(hop.error);
      return;
    }
    const refusal = isNew ? roleRefusal(role, source, hop.value.kind) : 'replayed';
    if (refusal) drop(refusal);
    else this.#ready.push({ hop: hop.value, tag: opened.replayTag });
  }

  async #commit(): Promise<void> {
    const { clock, signal } = this.#deps;
    this.#committing = true;
    while (this.#ready.length > 0) {
      await this.#commitBatch();
      await clock.sleep(WRITE_PAUSE_MS, signal);
    }
    this.#committing = false;
  }

  async #commitBatch(): Promise<void> {
    const { replay, drop } = this.#deps;
    const batch = this.#ready;
    this.#ready = [];
    this.#inCommit = batch.length;
    const stored = await replay.flush();
    this.#inCommit = 0;
    if (stored.isOk()) this.#handOn(batch, stored.value);
    else drop('tag-not-stored', batch.length);
  }

  /** All but what another process with our key was first to open. */
  #handOn(batch: readonly Ready[], elsewhere: ReadonlySet<string>): void {
    const isFirst = ({ tag }: Ready): boolean => elsewhere.size === 0 || !elsewhere.has(toHex(tag));
    const first = batch.filter(isFirst);
    if (first.length < batch.length) this.#deps.drop('replayed', batch.length - first.length);
    this.#deps.handOn(first.map(({ hop }) => hop));
  }
}
