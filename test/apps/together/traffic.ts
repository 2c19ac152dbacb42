/** Mail between everybody, the whole time; and what its senders hear of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { socketOf } from '../../../apps/testnet/plan.js';
import { fileNameOf } from '../../../src/client/account/plan.js';
import { followDaemon } from '../../../src/control/call.js';
import { isObject, type Json } from '../../../src/control/json.js';
import { Arrivals } from '../crash/arrivals.js';
import { Ledger } from '../crash/ledger.js';
import { submitByDrop, submitBySmtp } from '../crash/letter.js';
import type { ProcessNetwork } from '../network.js';

/** Both ways between the providers, and within one. */
const ROUTES = [
  ['A', 'B'],
  ['B', 'A'],
  ['A', 'C'],
  ['C', 'B'],
] as const;
const PAUSE_MS = 2000;
/** Every so many letters one goes by the drop folder. */
const DROP_SHARE = 5;

type Route = (typeof ROUTES)[number];

export class Traffic {
  readonly ledger: Ledger;
  readonly arrivals: Arrivals;
  readonly #network: ProcessNetwork;
  /** Ends the traffic. */
  readonly #stop = new AbortController();
  /** Messages of which their sender's daemon has said so. */
  readonly #sent = new Map<string, number>();
  readonly #failed: Json[] = [];
  #running: Promise<unknown> = Promise.resolve();

  constructor(network: ProcessNetwork) {
    this.#network = network;
    this.arrivals = new Arrivals(network.plan.users);
    this.ledger = new Ledger(this.arrivals);
  }

  /** Begins; everybody's daemon must run, and run until the end. */
  async start(): Promise<void> {
    for (const { name } of this.#network.plan.users) await this.#watch(name);
    this.#running = Promise.all(ROUTES.map((route) => this.#write(route)));
  }

  /** Ends it; what was accepted is still underway. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Letters that have come. */
  async delivered(): Promise<number> {
    await this.arrivals.look();
    return this.ledger.count('accepted') - this.ledger.underway;
  }

  /** Where letters, receivers and senders do not agree; to be asked when nothing is underway. */
  async problems(): Promise<readonly string[]> {
    await this.arrivals.look();
    const accepted = this.ledger.count('accepted');
    const twice = [...this.#sent.values()].filter((times) => times > 1).length;
    return [
      ...this.ledger.problems(),
      ...this.#failed.map((event) => `a sender has given up: ${JSON.stringify(event)}`),
      ...(this.#sent.size === accepted
        ? []
        : [`senders know of ${this.#sent.size} arrivals, and accepted ${accepted} letters`]),
      ...(twice === 0 ? [] : [`${twice} letters were told as sent twice`]),
    ];
  }

  /** Listens to a daemon from now on. */
  async #watch(name: string): Promise<void> {
    const path = socketOf(this.#network.user(name));
    const events = await followDaemon({ network: this.#network.io.network, path }, 'events');
    void this.#note(events._unsafeUnwrap());
  }

  async #note(events: AsyncIterable<Json>): Promise<void> {
    for await (const event of events) {
      if (!isObject(event)) continue;
      const { kind, messageId } = event;
      if (kind === 'failed') this.#failed.push(event);
      if (kind !== 'sent' || typeof messageId !== 'string') continue;
      this.#sent.set(messageId, (this.#sent.get(messageId) ?? 0) + 1);
    }
  }

  async #write([from, to]: Route): Promise<void> {
    const [sender, receiver] = [this.#network.user(from), this.#network.user(to)];
    const password = await passwordOf(sender);
    const { clock } = this.#network.io;
    const { signal } = this.#stop;
    for (let at = 0; !signal.aborted; at++) {
      const letter = { from: sender, to: receiver.account, subject: `${from}${to}-${at}` };
      const isDropped = at % DROP_SHARE === 0;
      const answer = await (isDropped ? submitByDrop(letter) : submitBySmtp(letter, password));
      this.ledger.note(letter, 'delivered', answer);
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}

/** Daemons make their passwords when they first start. */
const passwordOf = async ({
  dataDir,
  account,
}: {
  readonly dataDir: string;
  readonly account: string;
}): Promise<string> =>
  (await readFile(join(dataDir, fileNameOf(account), 'bridge.password'), 'utf8')).trim();
