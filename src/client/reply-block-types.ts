/**
 * The public face of reply blocks: one mail each, to somebody whose address the writer never learns.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { StoreError } from '../store/store.js';
import type { UnknownAccount } from './account-types.js';
import type { SendError } from './errors.js';

/** What can be said of a reply block without using it. */
export interface ReplyBlockFacts {
  /** The provider whose accounts can use it: it is the first hop. */
  readonly via: string;
  /** Nodes that a reply crosses, the two providers included. */
  readonly hops: number;
  /** Ms since the Unix epoch: mixes have the keys for it from then on. */
  readonly validFrom: number;
  /** Ms since the Unix epoch: no mix has the keys for it any more. */
  readonly expiresAt: number;
}

/** A reply block as this client sees it. */
export interface InspectedReplyBlock extends ReplyBlockFacts {
  readonly isExpired: boolean;
  /** Whether an account of this client has used it, or is about to. */
  readonly isUsed: boolean;
}

export interface MakeReplyBlockOptions {
  readonly account: string;
  /** The provider of whoever shall answer; default the account's own. */
  readonly via?: string;
}

/** A reply block in its text form, ready to be handed on. */
export interface MadeReplyBlock extends ReplyBlockFacts {
  /** Lines of ASCII; whoever has it can send one mail, once, and learns neither name nor place. */
  readonly text: string;
}

export interface ReplyBlockSend {
  /** Who answers; its provider is the block's first hop. */
  readonly account: string;
  /** The text form, with anything before and behind it. */
  readonly block: string;
  /** RFC 5322 bytes. They go through the account's sanitiser, and what From says is read. */
  readonly mail: Uint8Array;
  readonly signal?: AbortSignal;
}

/** It is no reply block, or one of another network. */
export interface BadReplyBlock {
  readonly kind: 'bad-reply-block';
  readonly problem: string;
}

export type MakeReplyBlockError =
  | UnknownAccount
  | { readonly kind: 'no-document' }
  | { readonly kind: 'no-such-provider'; readonly provider: string }
  /** The network has no such path at the moment. */
  | { readonly kind: 'no-path'; readonly problem: string }
  | StoreError;

export type ReplyBlockSendError =
  | SendError
  | BadReplyBlock
  | { readonly kind: 'no-document' }
  /** Only an account of that provider can use it. */
  | { readonly kind: 'reply-block-elsewhere'; readonly via: string }
  | { readonly kind: 'reply-block-expired' }
  /** By an account of this client. */
  | { readonly kind: 'reply-block-used' }
  /** It was written down as used, and then the link failed: nobody knows whether it has left. */
  | { readonly kind: 'reply-block-spent' }
  /** It did not leave before it expired, or within the hour; it is not used. */
  | { readonly kind: 'timeout' };

/** Reply blocks of an open client. */
export interface ReplyBlocks {
  /**
   * Makes a reply block. It is good for one mail of one packet, until `expiresAt`: in the epoch that
   * is running, or the next one when that is soon over. The mail comes to the account's inbox, also
   * up to two weeks after that; what opens it is on disk when ok.
   */
  make(options: MakeReplyBlockOptions): ResultAsync<MadeReplyBlock, MakeReplyBlockError>;
  /** Reads a text form. @errors `bad-reply-block` */
  inspect(text: string): ResultAsync<InspectedReplyBlock, BadReplyBlock>;
  /**
   * Sends a mail through a reply block; ok when it has left, and nothing tells whether it arrives.
   *
   * It leaves at a moment of the send process. That the block is used is on disk before, so neither
   * an error nor a crash at any moment makes a second use possible. An abort or a close takes back
   * what has not been written down as used.
   */
  send(options: ReplyBlockSend): ResultAsync<void, ReplyBlockSendError>;
}
