/**
 * A conversation with a mail server: what is said, and its replies one by one.
 * @module
 */
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { within } from '../../src/control/within.js';
import type { Clock, Duplex } from '../../src/io/contracts.js';
import { isRefusal, replyReader, type Reply } from '../mta/replies.js';

/** How long a server that was told goodbye may take to leave. */
const LEAVE_MS = 2000;

/** Why there is no reply. */
export type NoReply = 'the connection ended' | 'a reply makes no sense';

const NONSENSE: NoReply = 'a reply makes no sense';

export interface ConversationOptions {
  readonly duplex: Duplex;
  readonly clock: Clock;
}

export class Conversation {
  readonly #options: ConversationOptions;
  readonly #read = replyReader();
  readonly #replies: Reply[] = [];

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /**
   * Says something and hears the reply, which may come before all is said: a server that refuses
   * need not listen to the end. One that has refused before it was asked, as with 421, is not asked.
   *
   * @param bytes - nobody else's
   */
  async say(bytes: Uint8Array): Promise<Reply | NoReply> {
    const [unasked] = this.#replies;
    if (unasked !== undefined) return isRefusal(unasked) ? unasked : NONSENSE;
    void this.#options.duplex.write(bytes);
    return this.hear();
  }

  /** The next reply. */
  async hear(): Promise<Reply | NoReply> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      const piece = await this.#options.duplex.read();
      if (piece === undefined) return 'the connection ended';
      const replies = this.#read(fromUtf8(piece));
      if (replies === 'malformed') return NONSENSE;
      this.#replies.push(...replies);
    }
  }

  /** Says goodbye, waits a little for the server to leave, and drops the connection. */
  async close(): Promise<void> {
    const { duplex, clock } = this.#options;
    void duplex.write(utf8('QUIT\r\n'));
    duplex.end();
    await within(clock, LEAVE_MS, this.#drain());
    duplex.destroy();
  }

  async #drain(): Promise<void> {
    while ((await this.#options.duplex.read()) !== undefined);
  }
}
