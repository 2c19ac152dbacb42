/**
 * Mails that leave through reply blocks of others: each waits for a moment of the send process, and
 * its block is written down as used before the packet is handed over.
 *
 * Nothing of them outlives the program but that log: a block that is used twice is worse than a
 * reply that was not sent.
 * @module
 */
import { err, errAsync, ok, type Result, ResultAsync } from 'neverthrow';
import { toHex } from '../../bytes/text.js';
import { onAbort } from '../../io/abort.js';
import type { Clock } from '../../io/contracts.js';
import type { SphinxSuite } from '../../sphinx/suite.js';
import { useSurb } from '../../sphinx/surb.js';
import type { StoreError } from '../../store/store.js';
import type { ReplyBlock } from '../packets/reply-block.js';
import type { UsedSurbs } from '../packets/used-surbs.js';
import type { ReplyBlockSendError } from '../types.js';

export interface ReplyDeskDeps {
  readonly clock: Clock;
  readonly suite: SphinxSuite;
  readonly used: Pick<UsedSurbs, 'has' | 'keyOf' | 'note'>;
  /** A mail that has not left after this goes no more. */
  readonly lifetimeMs: number;
}

/** A mail that is to leave. */
export interface BlockReply {
  readonly block: ReplyBlock;
  /** `geometry.payloadLength` bytes. */
  readonly payload: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

interface WaitingReply {
  readonly reply: BlockReply;
  readonly packet: Uint8Array;
  readonly settle: (left: Result<void, ReplyBlockSendError>) => void;
}

/** Hands a packet to the network. */
export type SendPacket<E> = (packet: Uint8Array) => ResultAsync<void, E>;

export class ReplyDesk {
  readonly #deps: ReplyDeskDeps;
  readonly #inHand = new Set<string>();
  #queue: WaitingReply[] = [];
  #isClosed = false;

  constructor(deps: ReplyDeskDeps) {
    this.#deps = deps;
  }

  /** Whether a block was used, or is about to be. */
  isTaken({ surb }: ReplyBlock): boolean {
    const { used } = this.#deps;
    return used.has(surb) || this.#inHand.has(toHex(used.keyOf(surb)));
  }

  /** Ok when the mail has left. From the call on the block is taken. */
  send(reply: BlockReply): ResultAsync<void, ReplyBlockSendError> {
    const { clock, suite } = this.#deps;
    const { block, payload, signal } = reply;
    if (this.#isClosed) return errAsync({ kind: 'closed' });
    if (signal?.aborted === true) return errAsync({ kind: 'aborted' });
    if (block.expiresAt <= clock.now()) return errAsync({ kind: 'reply-block-expired' });
    if (this.isTaken(block)) return errAsync({ kind: 'reply-block-used' });
    return useSurb(suite, block.surb, payload)
      .mapErr((): ReplyBlockSendError => ({ kind: 'bad-reply-block', problem: WRONG_LENGTH }))
      .asyncAndThen(({ packet }) => new ResultAsync(this.#wait(reply, packet)));
  }

  /**
   * Sends the next mail whose time has come: its block is on the log first, and stays there whatever
   * becomes of the packet.
   *
   * @returns `undefined` where none waits
   */
  sendNext<E>(send: SendPacket<E>): ResultAsync<void, E | StoreError> | undefined {
    const now = this.#deps.clock.now();
    const next = this.#queue.find(({ reply }) => reply.block.validFrom <= now);
    if (next === undefined) return undefined;
    this.#queue = this.#queue.filter((each) => each !== next);
    return this.#deps.used
      .note(next.reply.block.surb)
      .mapErr((error) => {
        next.settle(err(error));
        return error;
      })
      .andThen(() =>
        send(next.packet)
          .map(() => next.settle(ok(undefined)))
          .mapErr((error) => {
            next.settle(err({ kind: 'reply-block-spent' }));
            return error;
          }),
      );
  }

  /** Gives back all that waits. */
  close(): void {
    this.#isClosed = true;
    for (const waiting of [...this.#queue]) this.#giveBack(waiting, { kind: 'closed' });
  }

  #wait(reply: BlockReply, packet: Uint8Array): Promise<Result<void, ReplyBlockSendError>> {
    const { clock, used, lifetimeMs } = this.#deps;
    const key = toHex(used.keyOf(reply.block.surb));
    const restMs = Math.min(lifetimeMs, reply.block.expiresAt - clock.now());
    this.#inHand.add(key);
    return new Promise((resolve) => {
      const over = new AbortController();
      const settle = (left: Result<void, ReplyBlockSendError>): void => {
        this.#inHand.delete(key);
        forget();
        over.abort();
        resolve(left);
      };
      const waiting = { reply, packet, settle };
      this.#queue.push(waiting);
      const forget = onAbort(reply.signal, () => this.#giveBack(waiting, { kind: 'aborted' }));
      void clock.sleep(restMs, over.signal).then(() => {
        this.#giveBack(waiting, { kind: 'timeout' });
      });
    });
  }

  /** Nothing where it is on its way already. */
  #giveBack(waiting: WaitingReply, why: ReplyBlockSendError): void {
    if (!this.#queue.includes(waiting)) return;
    this.#queue = this.#queue.filter((each) => each !== waiting);
    waiting.settle(err(why));
  }
}

const WRONG_LENGTH = 'it has another length than those of this network';
