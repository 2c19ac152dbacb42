/**
 * One outgoing connection: kept up for as long as the documents name the peer.
 *
 * The first attempt is immediate, later ones back off linearly or by the operator's plan; each is
 * for all that waits. Packets go one way only: a peer that sends anything on a connection that we
 * opened breaks the protocol and is cut off.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { onAbort } from '../../src/io/abort.js';
import type { Clock, Network } from '../../src/io/contracts.js';
import type { NetworkNode } from '../../src/pki/view.js';
import type { LinkDeps, LinkIdentity, Peer, Session } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import type { Backlog, Waiting } from './backlog.js';
import { startDeadline } from './deadline.js';
import type { Drop } from './drops.js';
import type { NodeTuning } from './options.js';
import { retryGapMs } from '../../src/io/retry-plan.js';
import { SendQueue } from './send-queue.js';
import type { Verdict } from './topology.js';

export interface ConnectDeps {
  readonly clock: Clock;
  readonly network: Network;
  readonly link: LinkDeps;
  readonly identity: LinkIdentity;
  readonly tuning: NodeTuning;
  readonly drop: Drop;
  readonly backlog: Backlog;
  readonly count: (event: string) => void;
  readonly judge: (peer: Peer) => Verdict;
  /** The peer's newest descriptor; `undefined` when we need it no more. */
  readonly destination: (identityKey: Uint8Array) => NetworkNode | undefined;
  readonly signal: AbortSignal;
}

/** A connection that broke earlier than this counts as a failed attempt. */
const SHORT_LIFE_MS = 15_000;
/** Pause between two bursts: a reference node opens 16 packets in this time. */
const BURST_PAUSE_MS = 2;

export class OutgoingLink {
  readonly #deps: ConnectDeps;
  readonly identityKey: Uint8Array;
  readonly #queue: SendQueue;
  #session: Session | undefined;
  #peer: Peer | undefined;
  #verdict: Verdict = 'refuse';
  /** Attempts since the last connection that lasted. */
  #failures = 0;
  #isPumping = false;
  /** Ends when what {@link OutgoingLink.pending} counts is sent or waits again. */
  #pumped = Promise.resolve();
  #inFlight = 0;

  constructor(deps: ConnectDeps, identityKey: Uint8Array) {
    this.#deps = deps;
    this.identityKey = identityKey;
    this.#queue = new SendQueue(deps);
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** Packets that are leaving. */
  get pending(): number {
    return this.#queue.fresh + this.#inFlight;
  }

  /** Sends a packet to the peer, now or as soon as it can be reached. */
  send(packet: Uint8Array): void {
    if (this.#session && this.#queue.push(packet)) this.#pump();
    else this.#deps.backlog.park(packet, this.identityKey);
  }

  /** Looks the peer up again; to be called for each new document and from time to time. */
  recheck(): void {
    if (!this.#session || !this.#peer) return;
    this.#verdict = this.#deps.judge(this.#peer);
    if (this.#verdict === 'refuse') this.#session.close();
    else this.#pump();
  }

  /** Connects and connects again until the peer is needed no more or the node closes. */
  async run(): Promise<void> {
    await this.#connect();
    await this.#pumped;
  }

  async #connect(): Promise<void> {
    const { clock, tuning, signal, destination } = this.#deps;
    for (;;) {
      const node = destination(this.identityKey);
      if (!node || this.#isOver()) return;
      const addresses = addressesOf(node);
      if (addresses.length === 0) await clock.sleep(tuning.retryStepMs, signal);
      for (const address of addresses) {
        await clock.sleep(this.#retryGapMs(), signal);
        if (this.#isOver()) return;
        this.#failures++;
        if (await this.#attempt(address, node)) break;
      }
    }
  }

  #isOver(): boolean {
    return this.#deps.signal.aborted;
  }

  /** Before the first attempt there is no pause. */
  #retryGapMs(): number {
    const { retryPlan, retryStepMs, retryMaxMs } = this.#deps.tuning;
    if (this.#failures === 0) return 0;
    if (retryPlan) return retryGapMs(retryPlan, this.#failures - 1);
    return Math.min(this.#failures * retryStepMs, retryMaxMs);
  }

  /** One connection from dial to end. @returns whether it came to a session */
  async #attempt(address: string, node: NetworkNode): Promise<boolean> {
    const { clock, count, tuning } = this.#deps;
    count('connect.attempts');
    const session = await this.#open(address, node);
    if (!session) {
      count('connect.failed');
      return false;
    }
    count('connect.opened');
    const startedMs = clock.monotonic();
    await this.#serve(session);
    const short = Math.min(SHORT_LIFE_MS, tuning.retryStepMs);
    this.#failures = clock.monotonic() - startedMs < short ? 1 : 0;
    return true;
  }

  async #open(address: string, node: NetworkNode): Promise<Session | undefined> {
    const { clock, network, link, identity, tuning, signal, judge } = this.#deps;
    const deadline = startDeadline(clock, tuning.connectTimeoutMs, signal);
    const dialled = await network.dial(address, deadline.signal);
    deadline.clear();
    if (dialled.isErr()) return undefined;
    const forget = onAbort(signal, () => dialled.value.destroy());
    const session = await openLink(link, dialled.value, {
      identity,
      authenticate: (peer) =>
        equal(peer.ad, node.identityKey) &&
        equal(peer.publicKey, node.linkKey) &&
        judge(peer) !== 'refuse',
      deadlineMs: tuning.handshakeTimeoutMs,
    });
    forget();
    return session.unwrapOr(undefined);
  }

  async #serve(session: Session): Promise<void> {
    this.#session = session;
    this.#peer = session.peer;
    this.recheck();
    const forget = onAbort(this.#deps.signal, () => session.close());
    void this.#watch(session);
    await session.closed;
    forget();
    this.#session = undefined;
    const { backlog, tuning } = this.#deps;
    for (const packet of this.#queue.take(tuning.sendQueue)) {
      backlog.park(packet, this.identityKey);
    }
  }

  /** Nothing may come back; that the peer has gone is seen here too. */
  async #watch(session: Session): Promise<void> {
    const received = await session.receive();
    if (received.isOk()) this.#deps.count('connect.violations');
    session.close();
  }

  /** Sends what there is, unless that is going on. */
  #pump(): void {
    if (this.#verdict !== 'may-send') this.#refuse();
    else if (!this.#isPumping) this.#pumped = this.#sendAll();
  }

  /** What comes while the peer takes no packets; what waits for it waits on. */
  #refuse(): void {
    const refused = this.#queue.take(this.#deps.tuning.sendQueue);
    if (refused.length > 0) this.#deps.drop('may-not-send', refused.length);
  }

  async #sendAll(): Promise<void> {
    const { clock, signal } = this.#deps;
    this.#isPumping = true;
    for (let session = this.#session; session; session = this.#session) {
      const burst = await this.#nextBurst();
      await this.#sendBurst(session, burst);
      const isDone = this.#queue.isEmpty && (this.#backlogged === 0 || burst.length === 0);
      if (isDone || this.#verdict !== 'may-send') break;
      await clock.sleep(BURST_PAUSE_MS, signal);
    }
    this.#isPumping = false;
  }

  get #backlogged(): number {
    return this.#deps.backlog.waitingFor(this.identityKey);
  }

  /** What has just come goes first; what has waited fills up the burst. */
  async #nextBurst(): Promise<readonly Waiting[]> {
    const { backlog, tuning } = this.#deps;
    const fresh = this.#queue
      .take(tuning.sendBurst)
      .map((packet) => backlog.waiting(packet, this.identityKey));
    const left = Math.min(tuning.sendBurst - fresh.length, this.#backlogged);
    this.#inFlight = fresh.length + left;
    if (left === 0) return fresh;
    return [...fresh, ...(await backlog.take(this.identityKey, left))];
  }

  /** A packet that could not be sent waits for the next connection. */
  async #sendBurst(session: Session, burst: readonly Waiting[]): Promise<void> {
    const { backlog, count } = this.#deps;
    this.#inFlight = burst.length;
    const sends = burst.map(({ packet }) => session.send({ kind: 'send-packet', packet }));
    const sent: Waiting[] = [];
    for (const [index, waiting] of burst.entries()) {
      const outcome = await sends[index];
      this.#inFlight--;
      if (outcome?.isOk()) {
        count('packets.sent');
        sent.push(waiting);
      } else backlog.putBack(waiting);
    }
    await backlog.sent(sent);
  }
}

/** Where nodes reach each other: IPv4 first. */
const addressesOf = ({ addresses }: NetworkNode): readonly string[] => [
  ...(addresses.get('tcp4') ?? []),
  ...(addresses.get('tcp6') ?? []),
];
