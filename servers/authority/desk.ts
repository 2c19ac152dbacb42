/**
 * The desk: every connection brings one command, gets one answer, and ends.
 * @module
 */
import { equal } from '../../src/bytes/compare.js';
import { onAbort } from '../../src/io/abort.js';
import type { Duplex, Listener } from '../../src/io/contracts.js';
import { epochAt, type EpochTime } from '../../src/pki/epoch.js';
import type { LinkDeps, LinkIdentity, Peer, Session } from '../../src/wire/contracts.js';
import { acceptLink } from '../../src/wire/link.js';
import { answer, type AnswerDeps } from './answer.js';
import { Crowd } from './crowd.js';
import { hostOf } from './hosts.js';

export interface DeskDeps extends Pick<
  AnswerDeps,
  'archive' | 'registry' | 'primitives' | 'mayCome'
> {
  readonly link: LinkDeps;
  readonly identity: LinkIdentity;
  readonly epochTime: EpochTime;
  /** A descriptor was looked at. */
  readonly onPost: () => void;
  readonly count: (event: string) => void;
  readonly signal: AbortSignal;
}

const IDENTITY_LENGTH = 32;
/** For the handshake and the command, ms. */
const QUESTION_MS = 30_000;
/** For taking the answer, ms. */
const ANSWER_MS = 60_000;
/** Connections at once. */
const MAX_CONNECTIONS = 512;

export class Desk {
  readonly #deps: DeskDeps;
  readonly #crowd = new Crowd(MAX_CONNECTIONS);

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** Connections at the moment. */
  get open(): number {
    return this.#crowd.size;
  }

  async serve(listener: Listener): Promise<void> {
    for await (const duplex of listener.connections) void this.#take(duplex);
  }

  async #take(duplex: Duplex): Promise<void> {
    const { link, signal, count } = this.#deps;
    const limit = new AbortController();
    count('link.accepted');
    const host = hostOf(duplex.remote);
    const evicted = this.#crowd.add(host, duplex);
    if (evicted) count('link.evicted');
    evicted?.destroy();
    const forget = onAbort(signal, () => duplex.destroy());
    onAbort(limit.signal, () => duplex.destroy());
    void link.clock.sleep(QUESTION_MS + ANSWER_MS, limit.signal).then(() => limit.abort());
    const session = await acceptLink(link, duplex, {
      identity: this.#deps.identity,
      authenticate: (peer) => this.#mayEnter(peer),
      deadlineMs: QUESTION_MS,
    });
    if (session.isErr()) count(`link.handshake.${session.error.kind}`);
    else await this.#serveOne(session.value, host);
    forget();
    limit.abort();
    this.#crowd.remove(host, duplex);
  }

  /** Readers are anonymous; who posts must prove the identity key itself. */
  #mayEnter({ ad, publicKey }: Peer): boolean {
    if (ad.length === 0) return true;
    if (ad.length !== IDENTITY_LENGTH) return false;
    const expected = this.#deps.primitives.ed25519.toX25519Public(ad);
    return expected !== undefined && equal(expected, publicKey);
  }

  async #serveOne(session: Session, host: string): Promise<void> {
    const { link, epochTime, onPost, count } = this.#deps;
    const command = await session.receive();
    if (command.isErr()) {
      count(`link.${command.error.kind}`);
      return;
    }
    const nowMs = link.clock.now();
    const poster = session.peer.ad.length > 0 ? session.peer.ad : undefined;
    const moment = { nowMs, now: epochAt(epochTime, nowMs), poster, host };
    const reply = await answer({ ...this.#deps, ...moment }, command.value);
    count(reply ? `answered.${command.value.kind}` : `unanswered.${command.value.kind}`);
    if (reply) {
      await session.send(reply).match(
        () => undefined,
        ({ kind }) => count(`link.${kind}`),
      );
    }
    if (command.value.kind === 'post-descriptor') onPost();
    session.close();
  }
}
