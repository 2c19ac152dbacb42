/**
 * Mix decoys: loops that are cover for the mix's outgoing links, and whose loss shows that something
 * drops packets. A ping is a loop that somebody waits for.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { toHex } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import type { Clock } from '../../src/io/contracts.js';
import { nodesToCross, viewThrough } from '../../src/pki/through.js';
import { sampleInterval, type NetworkView } from '../../src/pki/view.js';
import { openReply } from '../../src/sphinx/surb.js';
import type { Drop } from './drops.js';
import { PathHealth, type NodeHealth } from './health.js';
import { makeLoop, type LoopDeps, type MadeLoop } from './loops.js';
import type { NodeTuning } from './options.js';
import type { Ping, PingError } from './ping.js';
import type { SurbReplyHop } from './role.js';

export interface DecoyDeps extends LoopDeps {
  readonly clock: Clock;
  /** The current document. */
  readonly view: () => NetworkView | undefined;
  readonly dispatch: (packet: Uint8Array, nextNodeId: Uint8Array) => void;
  readonly tuning: Pick<NodeTuning, 'sendDecoyTraffic' | 'decoySlackMs'>;
  readonly drop: Drop;
  readonly count: (event: string) => void;
  readonly signal: AbortSignal;
}

/** A loop that is under way. */
interface Loop extends Pick<MadeLoop, 'keys' | 'etaMs' | 'nodes'> {
  /** Aborted when it is back. */
  readonly back: AbortController;
}

const PREFIX_RANDOM_LENGTH = 8;
/** Pause while there is no document or no rate. */
const IDLE_MS = 10_000;
/** The same where no decoys are wanted, which can change while the node runs. */
const OFF_MS = 60_000;

export class Decoys {
  readonly #deps: DecoyDeps;
  readonly #loops = new Map<string, Loop>();
  readonly #health = new PathHealth();
  /** Where our replies end: nobody else knows this recipient. */
  readonly #recipient: Uint8Array;
  readonly #idPrefix: Uint8Array;

  constructor(deps: DecoyDeps) {
    this.#deps = deps;
    this.#recipient = deps.random(deps.suite.geometry.recipientLength);
    this.#idPrefix = new Writer(8).u64(Math.floor(deps.clock.now() / 1000)).done();
  }

  /** How our loops fared, by the nodes that they crossed. */
  get health(): readonly NodeHealth[] {
    return this.#health.snapshot();
  }

  /** Sends loops at the document's LambdaM, while they are wanted, until the signal. */
  async run(): Promise<void> {
    const { clock, random, view, tuning, signal } = this.#deps;
    for (;;) {
      const rate = tuning.sendDecoyTraffic ? view()?.rates.lambdaM : undefined;
      const intervalMs = rate && sampleInterval(random, rate);
      await clock.sleep(intervalMs ?? (tuning.sendDecoyTraffic ? IDLE_MS : OFF_MS), signal);
      if (signal.aborted) return;
      this.#forgetLost();
      const current = view();
      const isWanted = intervalMs !== undefined && tuning.sendDecoyTraffic;
      if (current && isWanted) this.#send(current);
    }
  }

  /**
   * Sends a loop over these nodes, and waits until it is back or lost.
   *
   * @param names - one node, or two of different layers; the others of the path are drawn at random
   */
  async ping(names: readonly string[]): Promise<Result<Ping, PingError>> {
    const { view, identityKey, clock, tuning, signal } = this.#deps;
    const current = view();
    if (!current) return err({ kind: 'no-current-document' });
    const through = viewThrough(current, names, identityKey);
    if (!through) return err({ kind: 'not-crossed', nodes: nodesToCross(current, identityKey) });
    const startedMs = clock.monotonic();
    const loop = this.#send(through);
    if (!loop) return err({ kind: 'not-crossed', nodes: nodesToCross(current, identityKey) });
    const waitMs = loop.etaMs + tuning.decoySlackMs - clock.now();
    await clock.sleep(waitMs, AbortSignal.any([loop.back.signal, signal]));
    this.#forgetLost();
    if (signal.aborted) return err({ kind: 'closed' });
    return ok(
      loop.back.signal.aborted
        ? { outcome: 'returned', roundTripMs: Math.round(clock.monotonic() - startedMs) }
        : { outcome: 'lost' },
    );
  }

  /** Takes a reply that ended here: one of ours, or nothing that we know. */
  take({ recipient, surbId, payload }: SurbReplyHop): void {
    const { suite, drop, count } = this.#deps;
    const id = toHex(surbId);
    const loop = this.#loops.get(id);
    const isOurs = equal(recipient, this.#recipient) && loop !== undefined;
    if (!isOurs || openReply(suite, loop.keys, payload).isErr()) {
      drop('unknown-reply');
      return;
    }
    this.#loops.delete(id);
    count('decoy.returned');
    this.#health.note('returned', loop.nodes);
    loop.back.abort();
  }

  #send(view: NetworkView): Loop | undefined {
    const { clock, count, dispatch } = this.#deps;
    const surbId = this.#newSurbId();
    const request = { view, recipient: this.#recipient, surbId, startMs: clock.now() };
    const made = makeLoop(this.#deps, request);
    if (made.isErr()) {
      count(`decoy.not-made.${made.error.kind}`);
      return undefined;
    }
    const { packet, nextNodeId, keys, etaMs, nodes } = made.value;
    const loop = { keys, etaMs, nodes, back: new AbortController() };
    this.#loops.set(toHex(surbId), loop);
    count('decoy.sent');
    this.#health.note('sent', nodes);
    dispatch(packet, nextNodeId);
    return loop;
  }

  #newSurbId(): Uint8Array {
    return concat(this.#idPrefix, this.#deps.random(PREFIX_RANDOM_LENGTH));
  }

  #forgetLost(): void {
    const { clock, tuning, count, view, identityKey } = this.#deps;
    const nowMs = clock.now();
    for (const [id, { etaMs, nodes }] of this.#loops) {
      if (nowMs < etaMs + tuning.decoySlackMs) continue;
      this.#loops.delete(id);
      count('decoy.lost');
      this.#health.note('lost', nodes);
    }
    const current = view();
    if (current) this.#health.keepOnly(new Set(nodesToCross(current, identityKey)));
  }
}
