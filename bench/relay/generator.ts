/**
 * The generator: makes packets beforehand and sends them as fast as the sink gets them, never more
 * than a window ahead, so that nothing is lost and the mix is never idle.
 * @module
 */
import { concat } from '../../src/bytes/writer.js';
import { uniformInt } from '../../src/crypto/sample.js';
import { nodeNetwork, nodeRandom } from '../../src/io/node.js';
import { createHeader, type PathHop } from '../../src/sphinx/header.js';
import type { Session } from '../../src/wire/contracts.js';
import { openLink } from '../../src/wire/link.js';
import { DEADLINE_MS, GENERATOR, geometry, link, primitives, SINK } from './world.js';

/** The measured mix, as its neighbours know it. */
export interface Target {
  readonly address: string;
  readonly nodeId: Uint8Array;
  readonly mixKey: Uint8Array;
}

/** Calls the mix as the provider in front of it. */
export const callMix = async ({ address }: Target): Promise<Session> => {
  const dialled = await nodeNetwork().dial(address, AbortSignal.timeout(DEADLINE_MS));
  const session = await openLink(link, dialled._unsafeUnwrap(), {
    identity: GENERATOR.identity,
    authenticate: () => true,
    deadlineMs: DEADLINE_MS,
  });
  return session._unsafeUnwrap();
};

/**
 * A path that ends where the mix sends the packet: the sink opens none, so nothing is made for it,
 * and packets cost their maker less than the mix.
 */
const pathOver = ({ nodeId, mixKey }: Target, delayMs: number): readonly PathHop[] => [
  {
    nodeId,
    mixKey,
    commands: [
      { kind: 'node-delay', delayMs },
      { kind: 'next-node', nodeId: SINK.identity.ad, mac: nodeRandom(geometry.macLength) },
    ],
  },
];

// A mix cannot tell one payload from another: one does for all.
const payload = nodeRandom(geometry.taggedPayloadLength);

/** From `leastMs` up to `mostMs`: like real packets they leave in another order than they came. */
export interface Delays {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Headers that were never used; the payload is put behind them when they leave. */
export const makeHeaders = (
  target: Target,
  count: number,
  { leastMs, mostMs }: Delays,
): readonly Uint8Array[] =>
  Array.from({ length: count }, () => {
    const delayMs = leastMs + uniformInt(nodeRandom, mostMs - leastMs + 1);
    const path = pathOver(target, delayMs);
    return createHeader({ geometry, primitives }, path, nodeRandom)._unsafeUnwrap().bytes;
  });

/** Puts the payload behind a header, and sends both. */
export const sendPacket = async (session: Session, header: Uint8Array): Promise<void> => {
  const packet = concat(header, payload);
  (await session.send({ kind: 'send-packet', packet }))._unsafeUnwrap();
};

/** Nothing arriving for so long means that the packets under way are lost. */
const STALL_MS = 3_000;

/** Counts what is under way, and makes the sender wait when it is too much. */
export class Window {
  readonly #size: number;
  #sent = 0;
  #received = 0;
  #lost = 0;
  #wake = (): void => undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** Packets given up. */
  get lost(): number {
    return this.#lost;
  }

  /** News from the sink: packets in all. */
  received(count: number): void {
    this.#received = count;
    this.#wake();
  }

  /** Sends all packets. */
  async send(session: Session, headers: readonly Uint8Array[]): Promise<void> {
    for (const header of headers) {
      await this.#below(this.#size);
      this.#sent++;
      await sendPacket(session, header);
    }
  }

  /** Waits until nothing is under way. */
  empty(): Promise<void> {
    return this.#below(1);
  }

  get #underWay(): number {
    return this.#sent - this.#received - this.#lost;
  }

  async #below(limit: number): Promise<void> {
    while (this.#underWay >= limit) {
      if (!(await this.#news())) this.#lost += this.#underWay;
    }
  }

  /** Waits for the sink; `false` when there was nothing for too long. */
  #news(): Promise<boolean> {
    return new Promise((resolve) => {
      const stall = setTimeout(() => resolve(false), STALL_MS);
      this.#wake = () => {
        clearTimeout(stall);
        resolve(true);
      };
    });
  }
}
