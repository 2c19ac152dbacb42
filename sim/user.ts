/**
 * Users: people who write mails, and clients that send and retrieve at the rates of real ones.
 * @module
 */
import type { NetworkNode } from '../src/pki/view.js';

/** A block of a mail, and when it came where. */
export interface Block {
  readonly to: User;
  readonly writtenMs: number;
  /** Whether it counts. */
  readonly isMeasured: boolean;
}

export class User {
  readonly index: number;
  readonly provider: NetworkNode;
  /** Blocks that wait for a moment of LambdaP. */
  readonly outbox: Block[] = [];
  /** What waits at the provider: blocks, and replies of all kinds. */
  readonly spool: (Block | 'reply')[] = [];

  constructor(index: number, provider: NetworkNode) {
    this.index = index;
    this.provider = provider;
  }
}
