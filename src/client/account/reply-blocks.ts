/**
 * Reply blocks of a client: what one of its accounts has used is used for all of them.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import type { Clock } from '../../io/contracts.js';
import { decodeReplyBlock, factsOf, type ReplyBlock } from '../packets/reply-block.js';
import type {
  BadReplyBlock,
  MakeReplyBlockError,
  ReplyBlocks,
  ReplyBlockSendError,
} from '../types.js';
import type { AccountSet } from './set.js';

/** See `MixClient.replyBlocks`. */
export const replyBlocksOf = (
  accounts: Pick<AccountSet, 'all' | 'find'>,
  clock: Clock,
): ReplyBlocks => {
  const isTaken = (block: ReplyBlock): boolean =>
    accounts.all().some(({ replies }) => replies.desk.isTaken(block));
  const read = (text: string): Result<ReplyBlock, BadReplyBlock> =>
    decodeReplyBlock(text).andThen((block) =>
      accounts.all().some(({ replies }) => replies.fits(block)) ? ok(block) : err(OTHER_LENGTH),
    );
  return {
    make: ({ account, via }) =>
      accounts
        .find(account)
        .mapErr((error): MakeReplyBlockError => error)
        .asyncAndThen(({ replies }) => replies.make(via)),
    inspect: (text) =>
      read(text).asyncMap((block) => {
        const isExpired = block.expiresAt <= clock.now();
        return Promise.resolve({ ...factsOf(block), isExpired, isUsed: isTaken(block) });
      }),
    send: ({ account, block: text, mail, signal }) =>
      accounts
        .find(account)
        .mapErr((error): ReplyBlockSendError => error)
        .andThen((found) => read(text).map((block) => ({ found, block })))
        .andThrough(({ block }) => (isTaken(block) ? err(USED) : ok(undefined)))
        .asyncAndThen(({ found, block }) => found.replies.send(block, mail, signal)),
  };
};

const OTHER_LENGTH: BadReplyBlock = {
  kind: 'bad-reply-block',
  problem: 'it has another length than those of this network',
};

const USED: ReplyBlockSendError = { kind: 'reply-block-used' };
