/**
 * Stations: the mixes and providers of a simulation, with the strategies of the real ones.
 * @module
 */
import { makeStrategy } from '../servers/node/make-strategy.js';
import type { Mixing, Strategy } from '../servers/node/strategy.js';
import type { Random } from '../src/io/contracts.js';
import { Crowd, type Senders } from './crowd.js';
import type { Timeline } from './events.js';

/** A packet on its way. */
export interface Packet {
  /** Where it still goes, and how long its sender lets it rest there; it ends at the last. */
  readonly hops: readonly SimHop[];
  /** What an observer knows of its sender; until the next station has it. */
  readonly senders: Senders;
  /** It has come to its last station; its senders are good until this returns. */
  readonly end: (packet: Packet) => void;
}

export interface SimHop {
  readonly station: Station;
  readonly delayMs: number;
}

export interface StationDeps {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly mixing: Mixing;
  readonly users: number;
  /** See {@link Crowd}. */
  readonly spare: Float64Array[];
  readonly linkMs: number;
  readonly window: Window;
}

/** What is measured of a run: from one moment to before another. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export const isWithin = ({ fromMs, toMs }: Window, ms: number): boolean =>
  ms >= fromMs && ms < toMs;

/** What a station has done while it was measured. */
export interface StationCounts {
  packetsIn: number;
  packetsOut: number;
  /** Packets held, times ms. */
  heldMs: number;
}

export class Station {
  readonly name: string;
  readonly counts: StationCounts = { packetsIn: 0, packetsOut: 0, heldMs: 0 };
  readonly #deps: StationDeps;
  readonly #strategy: Strategy<Packet>;
  readonly #crowd: Crowd;
  #wakeMs = Infinity;
  #lastMs = 0;

  constructor(name: string, deps: StationDeps) {
    this.name = name;
    this.#deps = deps;
    this.#strategy = makeStrategy(deps.mixing, { random: deps.random, startMs: 0 });
    this.#crowd = new Crowd(deps.users, deps.spare);
  }

  /** Takes a packet off a link. */
  receive(packet: Packet): void {
    const { window, timeline } = this.#deps;
    if (isWithin(window, timeline.nowMs)) this.counts.packetsIn++;
    if (packet.hops.length > 1) {
      this.hold(packet);
      return;
    }
    packet.end(packet);
    this.#crowd.giveBack(packet.senders);
  }

  /** Holds a packet, as its first hop says, before it goes on to the second. */
  hold(packet: Packet): void {
    const { nowMs } = this.#deps.timeline;
    this.#countHeld();
    this.#crowd.add(packet.senders);
    this.#strategy.add(packet, { nowMs, delayMs: packet.hops[0]?.delayMs ?? 0 });
    this.#arm();
  }

  #arm(): void {
    const { nextMs } = this.#strategy;
    if (nextMs >= this.#wakeMs) return;
    this.#wakeMs = nextMs;
    this.#deps.timeline.at(nextMs, () => {
      if (this.#wakeMs !== nextMs) return;
      this.#wakeMs = Infinity;
      this.#release();
      this.#arm();
    });
  }

  #release(): void {
    this.#countHeld();
    const { nowMs } = this.#deps.timeline;
    for (const { item, dueMs } of this.#strategy.release(nowMs)) {
      this.send({ ...item, senders: this.#crowd.take() }, dueMs);
    }
  }

  /** Sends a packet on to its second hop. */
  send({ hops, senders, end }: Packet, dueMs: number): void {
    const { timeline, linkMs, window } = this.#deps;
    const onward = { hops: hops.slice(1), senders, end };
    if (isWithin(window, dueMs)) this.counts.packetsOut++;
    timeline.at(dueMs + linkMs, () => onward.hops[0]?.station.receive(onward));
  }

  #countHeld(): void {
    const { timeline, window } = this.#deps;
    const untilMs = Math.min(timeline.nowMs, window.toMs);
    const passedMs = Math.max(0, untilMs - Math.max(this.#lastMs, window.fromMs));
    this.counts.heldMs += this.#crowd.size * passedMs;
    this.#lastMs = timeline.nowMs;
  }
}
