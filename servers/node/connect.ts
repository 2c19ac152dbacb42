/**
 * One outgoing connection: kept up for as long as the documents name the peer.
 *
 * The first attempt is immediate, later ones back off linearly. Packets go one way only: a peer
 * that sends anything on a connection that we opened breaks the protocol and is cut off.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { onAbort } from '../../src/io/abort.js';
import type { Clock, Network } from '../../src/io/contracts.js';
import type { NetworkNode } from '../../src/pki/view.js';
import type { LinkDeps, LinkIdentity, Peer, Session } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import { startDeadline } from './deadline.js';
import type { Drop } from './drops.js';
import type { NodeTuning } from './options.js';
import { SendQueue } from './send-queue.js';
import type { Verdict } from './topology.js';

export interface ConnectDeps {
  readonly clock: Clock;
  readonly network: Network;
  readonly link: LinkDeps;
  readonly identity: LinkIdentity;
  readonly tuning: NodeTuning;
  readonly drop: Drop;
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
  readonly #identityKey: Uint8Array;
  readonly #queue: SendQueue;
  #session: Session | undefined;
  #peer: Peer | undefined;
  #verdict: Verdict = 'refuse';
  #retryMs = 0;
  #pumping = false;
  #inFlight = 0;

  constructor(deps: ConnectDeps, identityKey: Uint8Array) {
    this.#deps = deps;
    this.#identityKey = identityKey;
    this.#queue = new SendQueue(deps);
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** Packets that may still leave. */
  get pending(): number {
    return this.#queue.fresh + this.#inFlight;
  }

  /** Queues a packet for the peer. */
  send(packet: Uint8Array): void {
    this.#queue.push(packet);
    void this.#pump();
  }

  /** Looks the peer up again; to be called for each new document and from time to time. */
  recheck(): void {
    if (!this.#session || !this.#peer) return;
    this.#verdict = this.#deps.judge(this.#peer);
    if (this.#verdict === 'refuse') this.#session.close();
  }

  /** Connects and connects again until the peer is needed no more or the node closes. */
  async run(): Promise<void> {
    const { clock, tuning, signal, destination } = this.#deps;
    for (;;) {
      const node = destination(this.#identityKey);
      if (!node || this.#isOver()) return;
      const addresses = addressesOf(node);
      if (addresses.length === 0) await clock.sleep(tuning.retryStepMs, signal);
      for (const address of addresses) {
        await clock.sleep(this.#retryMs, signal);
        if (this.#isOver()) return;
        this.#retryMs = Math.min(this.#retryMs + tuning.retryStepMs, tuning.retryMaxMs);
        if (await this.#attempt(address, node)) break;
      }
    }
  }

  #isOver(): boolean {
    return this.#deps.signal.aborted;
  }

  /** Drops what waits, once {@link OutgoingLink.run} is over. */
  discard(): void {
    const left = this.#queue.take(this.#deps.tuning.sendQueue);
    if (left.length > 0) this.#deps.drop('unknown-next-node', left.length);
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
    this.#retryMs = 0;
    await this.#serve(session);
    const short = Math.min(SHORT_LIFE_MS, tuning.retryStepMs);
    if (clock.monotonic() - startedMs < short) this.#retryMs = tuning.retryStepMs;
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
    void this.#pump();
    await session.closed;
    forget();
    this.#session = undefined;
  }

  /** Nothing may come back; that the peer has gone is seen here too. */
  async #watch(session: Session): Promise<void> {
    const received = await session.receive();
    if (received.isOk()) this.#deps.count('connect.violations');
    session.close();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let session = this.#session; session; session = this.#session) {
      await this.#sendBurst(session, this.#queue.take(this.#deps.tuning.sendBurst));
      if (this.#queue.isEmpty) break;
      await this.#deps.clock.sleep(BURST_PAUSE_MS, this.#deps.signal);
    }
    this.#pumping = false;
  }

  async #sendBurst(session: Session, packets: readonly Uint8Array[]): Promise<void> {
    const { drop, count } = this.#deps;
    if (packets.length === 0) return;
    if (this.#verdict !== 'may-send') {
      drop('may-not-send', packets.length);
      return;
    }
    this.#inFlight = packets.length;
    const sends = packets.map((packet) => session.send({ kind: 'send-packet', packet }));
    for (const send of sends) {
      if ((await send).isOk()) count('packets.sent');
      else drop('send-failed');
      this.#inFlight--;
    }
  }
}

/** Where nodes reach each other: IPv4 first. */
const addressesOf = ({ addresses }: NetworkNode): readonly string[] => [
  ...(addresses.get('tcp4') ?? []),
  ...(addresses.get('tcp6') ?? []),
];
