/**
 * The generator: makes packets beforehand and sends them as fast as the sink gets them, never more
 * than a window ahead, so that nothing is lost and the mix is never idle.
 * @module
 */
import { concat } from '../../src/bytes/writer.js';
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

/** Headers that were never used; the payload is put behind them when they leave. */
export const makeHeaders = (target: Target, count: number, delayMs: number): Uint8Array[] => {
  const path = pathOver(target, delayMs);
  return Array.from({ length: count }, () =>
    createHeader({ geometry, primitives }, path, nodeRandom)
      .map(({ bytes }) => bytes)
      ._unsafeUnwrap(),
  );
};

export const packetOf = (header: Uint8Array): Uint8Array => concat(header, payload);

/** Nothing arriving for so long means that packets are lost. */
const STALL_MS = 10_000;

/** Counts what is under way, and makes the sender wait when it is too much. */
export class Window {
  readonly #size: number;
  #sent = 0;
  #received = 0;
  #wake = (): void => undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** News from the sink: packets in all. */
  received(count: number): void {
    this.#received = count;
    this.#wake();
  }

  /** Sends all packets. Throws when they do not arrive. */
  async send(session: Session, headers: readonly Uint8Array[]): Promise<void> {
    for (const header of headers) {
      await this.#below(this.#size);
      this.#sent++;
      const packet = packetOf(header);
      (await session.send({ kind: 'send-packet', packet }))._unsafeUnwrap();
    }
  }

  /** Waits until everything has arrived. */
  empty(): Promise<void> {
    return this.#below(1);
  }

  async #below(limit: number): Promise<void> {
    while (this.#sent - this.#received >= limit) await this.#news();
  }

  #news(): Promise<void> {
    return new Promise((resolve, reject) => {
      const missing = this.#sent - this.#received;
      const stall = setTimeout(() => reject(new Error(`${missing} packets are lost`)), STALL_MS);
      this.#wake = () => {
        clearTimeout(stall);
        resolve();
      };
    });
  }
}
