/**
 * Turns: how many messages of several blocks are on their way to one recipient at once.
 *
 * Receivers keep only so much unfinished mail of one sender, as ours do (`PARTIAL_LIMITS`), and what
 * they give up had its blocks acknowledged and is never sent again. So a message begins only when
 * one of those before it has left.
 * @module
 */
import type { Address } from '../types.js';
import type { MailProgress } from './mail-progress.js';

/** Half of what our receivers keep: a sender may have two names for somebody. */
const MOST_OPEN = 32;

interface Queue {
  /** Those that have their turn. */
  readonly open: Set<MailProgress>;
  /** Those behind them, in order. */
  readonly waiting: Set<MailProgress>;
}

export class RecipientTurns {
  readonly #queues = new Map<Address, Queue>();

  /** @returns whether it is its turn; otherwise a later `leave` names it */
  enter(mail: MailProgress): boolean {
    if (mail.total === 1) return true;
    const { open, waiting } = this.#queueOf(mail.recipient);
    const isOpen = mail.hasBegun || open.size < MOST_OPEN;
    (isOpen ? open : waiting).add(mail);
    return isOpen;
  }

  /** Takes a message out. @returns the one whose turn it is now */
  leave(mail: MailProgress): MailProgress | undefined {
    const { open, waiting } = this.#queueOf(mail.recipient);
    open.delete(mail);
    waiting.delete(mail);
    const [next] = open.size < MOST_OPEN ? waiting : [];
    if (next !== undefined) {
      waiting.delete(next);
      open.add(next);
    }
    if (open.size === 0) this.#queues.delete(mail.recipient);
    return next;
  }

  #queueOf(recipient: Address): Queue {
    const known = this.#queues.get(recipient);
    if (known !== undefined) return known;
    const fresh: Queue = { open: new Set(), waiting: new Set() };
    this.#queues.set(recipient, fresh);
    return fresh;
  }
}
