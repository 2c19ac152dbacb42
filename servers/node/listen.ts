/**
 * Listening: lets in clients and neighbouring nodes, and keeps checking that they are.
 *
 * A client has one connection, the oldest, as at the reference. A node has a few, where the
 * reference takes one too: several processes may be one provider, and what a crashed one has left
 * must not keep out the next.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { onAbort } from '../../src/io/abort.js';
import type { Clock, Duplex, Listener } from '../../src/io/contracts.js';
import type { LinkDeps, LinkError, LinkIdentity, Peer, Session } from '../../src/wire/contracts.js';
import { acceptLink } from '../../src/wire/link.js';
import { Handshakes } from './handshakes.js';
import { IncomingConnection, type Admitted, type IncomingDeps } from './incoming.js';
import type { NodeTuning } from './options.js';
import type { NodeRole } from './role.js';
import type { Verdict } from './topology.js';

export type ListenDeps = IncomingDeps & {
  readonly clock: Clock;
  readonly link: LinkDeps;
  readonly identity: LinkIdentity;
  readonly role: Pick<NodeRole, 'isClient' | 'openClient'>;
  readonly judge: (peer: Peer) => Verdict;
  readonly tuning: NodeTuning;
  readonly signal: AbortSignal;
};

/** What a peer passed as, before its session exists. */
type Entrance = { readonly kind: 'client' } | { readonly kind: 'node'; readonly verdict: Verdict };

const IDENTITY_LENGTH = 32;
/** A node's link that has been silent for so long may be that of a process that is gone. */
const STALE_MS = 180_000;

export class Listening {
  readonly #deps: ListenDeps;
  readonly #connections = new Set<IncomingConnection>();
  /** One for each connection, from its first byte on. */
  readonly #welcomes = new Set<Promise<void>>();
  readonly #handshakes: Handshakes;

  constructor(deps: ListenDeps) {
    this.#deps = deps;
    this.#handshakes = new Handshakes(deps);
  }

  get connections(): { readonly handshakes: number; nodes: number; clients: number } {
    let clients = 0;
    for (const { admitted } of this.#connections) if (admitted.kind === 'client') clients++;
    return { handshakes: this.#handshakes.size, nodes: this.#connections.size - clients, clients };
  }

  /** Takes connections until the listener closes. */
  async serve(listener: Listener): Promise<void> {
    for await (const duplex of listener.connections) this.#take(duplex);
  }

  /** Checks every peer again: documents and users change. */
  async recheck(): Promise<void> {
    const checks = [...this.#connections].map(async (connection) => {
      if (await this.#mayStay(connection)) return;
      this.#deps.count('link.no-longer-known');
      connection.session.close();
    });
    await Promise.all(checks);
  }

  /** Waits until every connection is over; the signal must be aborted. */
  async close(): Promise<void> {
    await Promise.all(this.#welcomes);
  }

  #take(duplex: Duplex): void {
    const { tuning, count, signal } = this.#deps;
    const open = this.#connections.size + this.#handshakes.size;
    if (signal.aborted || open >= tuning.maxConnections) {
      count('link.refused-busy');
      duplex.destroy();
      return;
    }
    count('link.accepted');
    const welcome = this.#welcome(duplex);
    this.#welcomes.add(welcome);
    void welcome.then(() => this.#welcomes.delete(welcome));
  }

  /** One connection from its first byte to its last. */
  async #welcome(duplex: Duplex): Promise<void> {
    const { link, identity, tuning, signal, count } = this.#deps;
    let entrance: Entrance | undefined;
    const forget = onAbort(signal, () => duplex.destroy());
    this.#handshakes.begin(duplex);
    const session = await acceptLink(link, duplex, {
      identity,
      authenticate: async (peer) => {
        entrance = await this.#authenticate(peer);
        return entrance !== undefined;
      },
      deadlineMs: tuning.handshakeTimeoutMs,
    });
    this.#handshakes.finish(duplex);
    forget();
    if (session.isErr()) count(`link.handshake.${failureOf(session.error)}`);
    else if (entrance) await this.#serve(session.value, entrance);
  }

  async #authenticate(peer: Peer): Promise<Entrance | undefined> {
    if (await this.#deps.role.isClient(peer)) return { kind: 'client' };
    if (peer.ad.length !== IDENTITY_LENGTH) return undefined;
    const verdict = this.#deps.judge(peer);
    return verdict === 'refuse' ? undefined : { kind: 'node', verdict };
  }

  async #mayStay(connection: IncomingConnection): Promise<boolean> {
    const { peer } = connection.session;
    // A client that is none any more is not tried as a node.
    if (connection.admitted.kind === 'client') return this.#deps.role.isClient(peer);
    const verdict = this.#deps.judge(peer);
    connection.maySend = verdict === 'may-send';
    return verdict !== 'refuse';
  }

  /** Whether a peer may have one more connection; where it has too many, a silent one makes room. */
  #isWelcome({ peer }: Session, { kind }: Entrance): boolean {
    const { tuning, clock, count } = this.#deps;
    const others = [...this.#connections].filter(({ session }) => isSame(session.peer, peer));
    if (others.length < (kind === 'client' ? 1 : tuning.maxLinksPerNode)) return true;
    const [silent] = others.sort((a, b) => a.heardMs - b.heardMs);
    if (kind === 'client' || !silent || clock.monotonic() - silent.heardMs < STALE_MS) return false;
    count('link.stale');
    this.#connections.delete(silent);
    silent.session.close();
    return true;
  }

  async #serve(session: Session, entrance: Entrance): Promise<void> {
    const { role, signal, count } = this.#deps;
    if (!this.#isWelcome(session, entrance)) {
      count('link.duplicate');
      session.close();
      return;
    }
    const admitted: Admitted =
      entrance.kind === 'client'
        ? { kind: 'client', client: role.openClient(session.peer) }
        : { kind: 'node' };
    const maySend = entrance.kind === 'node' && entrance.verdict === 'may-send';
    const connection = new IncomingConnection(this.#deps, session, { admitted, maySend });
    this.#connections.add(connection);
    const forget = onAbort(signal, () => session.close());
    await connection.run();
    forget();
    this.#connections.delete(connection);
  }
}

/** Names and keys of others are nobody else's. */
const isSame = (a: Peer, b: Peer): boolean => equal(a.ad, b.ad) || equal(a.publicKey, b.publicKey);

/** How a handshake failed, as a counter's name. */
const failureOf = (error: LinkError): string => {
  switch (error.kind) {
    case 'link-ended':
      return 'half-open';
    case 'deadline':
      return 'slow';
    case 'handshake':
      return 'garbage';
    case 'not-authenticated':
      return 'unknown-peer';
    case 'bad-frame':
    case 'bad-command':
    case 'frame-too-large':
      return 'garbage';
  }
};
