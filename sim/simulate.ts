/**
 * The simulation: users whose clients send, mixes that mix, and what an observer makes of it.
 *
 * Paths, delays, rates, cover traffic and strategies are those of the product; what is left out is
 * cryptography, loss and retransmission, and the time that nodes need for their work.
 * @module
 */
import { exponential, uniformInt } from '../src/crypto/sample.js';
import type { Random } from '../src/io/contracts.js';
import { seededRandom } from '../src/io/memory.js';
import { replyRatePerMs, retrievalRate, sendRates } from '../src/client/sender/rates.js';
import type { Rate } from '../src/pki/document-codec.js';
import { sampleInterval, type NetworkView } from '../src/pki/view.js';
import { mixingOf } from '../apps/node/mixing.js';
import { POISSON } from '../servers/node/strategy.js';
import { entropyBits, type Senders } from './crowd.js';
import { Timeline } from './events.js';
import { networkView } from './network.js';
import { Router, type Route } from './router.js';
import type { Settings } from './settings.js';
import { isWithin, Station, type Packet, type Window } from './station.js';
import { User, type Block } from './user.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How much longer a run goes on for blocks that are still on their way, at most. */
const LONGEST_DRAIN_MS = HOUR_MS;

/** Everything that a run has measured; times in ms. */
export interface Outcome {
  readonly measuredMs: number;
  /** Of each block, from writing to the recipient's spool. */
  readonly toSpoolMs: readonly number[];
  /** Of each block, from writing to the recipient's client. */
  readonly toUserMs: readonly number[];
  /** Of each block when it came to its spool: entropy of its sender. */
  readonly senderBits: readonly number[];
  /** Blocks that never arrived: where no cover traffic pushes a pool on. */
  readonly unfinished: number;
  /** Providers first, then mixes layer by layer. */
  readonly stations: readonly Station[];
  /** Packets that users handed in. */
  readonly sent: number;
  /** Requests to a spool, each with an answer of full size. */
  readonly retrievals: number;
}

export const simulate = (settings: Settings): Outcome => new Simulation(settings).run();

class Simulation {
  readonly #settings: Settings;
  readonly #random: Random;
  readonly #view: NetworkView;
  readonly #timeline = new Timeline();
  readonly #window: Window;
  readonly #stations: readonly Station[];
  readonly #router: Router;
  readonly #users: readonly User[];
  readonly #toSpoolMs: number[] = [];
  readonly #toUserMs: number[] = [];
  readonly #senderBits: number[] = [];
  #pending = 0;
  #sent = 0;
  #retrievals = 0;

  constructor(settings: Settings) {
    const { Seed, Users, WarmUpMinutes, Minutes } = settings.Simulation;
    this.#settings = settings;
    this.#random = seededRandom(Seed);
    this.#view = networkView(settings);
    const fromMs = WarmUpMinutes * MINUTE_MS;
    this.#window = { fromMs, toMs: fromMs + Minutes * MINUTE_MS };
    this.#stations = this.#makeStations();
    this.#router = new Router(this.#view, this.#stations, this.#random);
    const { entries } = this.#view;
    this.#users = Array.from({ length: Users }, (_, i) => {
      const provider = entries[i % entries.length];
      if (provider === undefined) throw new RangeError('a network without providers');
      return new User(i, provider);
    });
  }

  run(): Outcome {
    for (const user of this.#users) this.#start(user);
    if (this.#settings.Simulation.MixDecoys) this.#startMixDecoys();
    const { fromMs, toMs } = this.#window;
    this.#timeline.run(toMs);
    this.#timeline.run(toMs + LONGEST_DRAIN_MS, () => this.#pending === 0);
    return {
      measuredMs: toMs - fromMs,
      toSpoolMs: this.#toSpoolMs,
      toUserMs: this.#toUserMs,
      senderBits: this.#senderBits,
      unfinished: this.#pending,
      stations: this.#stations,
      sent: this.#sent,
      retrievals: this.#retrievals,
    };
  }

  #makeStations(): readonly Station[] {
    const { Simulation: simulation, Mixing } = this.#settings;
    const common = {
      timeline: this.#timeline,
      random: this.#random,
      users: simulation.Users,
      spare: [],
      linkMs: simulation.LinkDelay,
      window: this.#window,
    };
    const mixing = mixingOf(Mixing);
    const { entries, layers } = this.#view;
    return [
      ...entries.map(({ name }) => new Station(name, { ...common, mixing: POISSON })),
      ...layers.flat().map(({ name }) => new Station(name, { ...common, mixing })),
    ];
  }

  get #isMeasured(): boolean {
    return isWithin(this.#window, this.#timeline.nowMs);
  }

  /** Lets something happen for ever, at random moments. */
  #repeat(waitMs: () => number | undefined, fire: () => void): void {
    const next = (fromMs: number): void => {
      const wait = waitMs();
      if (wait === undefined) return;
      this.#timeline.at(fromMs + wait, () => {
        fire();
        next(fromMs + wait);
      });
    };
    next(0);
  }

  #repeatAt(rate: Rate, fire: () => void): void {
    this.#repeat(() => sampleInterval(this.#random, rate), fire);
  }

  #start(user: User): void {
    const { MailsPerHour, Decoys, PollingInterval } = this.#settings.Simulation;
    const { lambdaP, lambdaL, lambdaD } = sendRates(this.#view);
    const polling = PollingInterval > 0 ? PollingInterval * 1000 : undefined;
    if (MailsPerHour > 0) {
      const writing = MailsPerHour / HOUR_MS;
      this.#repeat(
        () => exponential(this.#random, writing),
        () => this.#write(user),
      );
    }
    this.#repeatAt(lambdaP, () => {
      const block = user.outbox.shift();
      if (block !== undefined) this.#sendBlock(user, block);
      else if (Decoys) this.#sendLoop(user);
    });
    if (Decoys) this.#repeatAt(lambdaL, () => this.#sendLoop(user));
    if (Decoys) this.#repeatAt(lambdaD, () => this.#handIn(user, this.#router.drop(user.provider)));
    this.#repeatAt(retrievalRate(this.#view, polling), () => this.#retrieve(user));
  }

  #write(user: User): void {
    const others = this.#users.length - 1;
    const place = others === 0 ? 0 : uniformInt(this.#random, others);
    const to = this.#users[others > 0 && place >= user.index ? place + 1 : place] ?? user;
    const isMeasured = this.#isMeasured;
    const block: Block = { to, writtenMs: this.#timeline.nowMs, isMeasured };
    const { BlocksPerMail } = this.#settings.Simulation;
    for (let i = 0; i < BlocksPerMail; i++) user.outbox.push(block);
    if (isMeasured) this.#pending += BlocksPerMail;
  }

  #sendBlock(user: User, block: Block): void {
    this.#handIn(user, this.#router.mail(user.provider, block.to.provider), ({ senders }) => {
      this.#spool(block, senders);
    });
  }

  #spool(block: Block, senders: Senders): void {
    block.to.spool.push(block);
    if (!block.isMeasured) return;
    this.#toSpoolMs.push(this.#timeline.nowMs - block.writtenMs);
    this.#senderBits.push(entropyBits(senders));
  }

  #sendLoop(user: User): void {
    this.#handIn(user, this.#router.loop(user.provider));
  }

  /** Hands a packet in at the user's provider; its reply, if any, ends in the user's spool. */
  #handIn(user: User, { forward, reply }: Route, arrived?: (packet: Packet) => void): void {
    const { nowMs } = this.#timeline;
    if (this.#isMeasured) this.#sent++;
    const [first] = forward;
    const end = (packet: Packet): void => {
      arrived?.(packet);
      const [exit] = reply ?? [];
      if (reply === undefined || exit === undefined) return;
      exit.station.hold({ hops: reply, senders: 'nobody', end: () => user.spool.push('reply') });
    };
    const packet: Packet = { hops: forward, senders: user.index, end };
    this.#timeline.at(nowMs + this.#settings.Simulation.LinkDelay, () =>
      first?.station.receive(packet),
    );
  }

  #retrieve(user: User): void {
    if (this.#isMeasured) this.#retrievals++;
    const item = user.spool.shift();
    if (item === undefined || item === 'reply' || !item.isMeasured) return;
    // The request and its answer have a link each.
    const retrievedMs = this.#timeline.nowMs + 2 * this.#settings.Simulation.LinkDelay;
    this.#toUserMs.push(retrievedMs - item.writtenMs);
    this.#pending--;
  }

  #startMixDecoys(): void {
    for (const mix of this.#view.layers.flat()) {
      this.#repeatAt(this.#view.rates.lambdaM, () => {
        const { forward, reply = [] } = this.#router.mixLoop(mix);
        const end = (): void =>
          reply[0]?.station.hold({ hops: reply, senders: 'nobody', end: () => undefined });
        forward[0]?.station.send({ hops: forward, senders: 'nobody', end }, this.#timeline.nowMs);
      });
    }
  }
}

/** Whether replies come faster than they are retrieved, so that spools grow for ever. */
export const isPollingTooSlow = (settings: Settings): boolean => {
  const view = networkView(settings);
  const { PollingInterval, Decoys } = settings.Simulation;
  return PollingInterval > 0 && Decoys && 1 / (PollingInterval * 1000) <= replyRatePerMs(view);
};
