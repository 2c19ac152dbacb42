/**
 * The reply blocks' methods for JSON-RPC.
 * @module
 */
import { bytes, gives, optionalText, rpcMethod, text, value } from '../../src/control/method.js';
import type { RpcMethods } from '../../src/control/method.js';
import { NOTHING } from '../../src/control/schema.js';
import type { MixClient } from '../../src/index.js';
import { ACCOUNT_PARAM } from './account-methods.js';
import { INSPECTED_REPLY_BLOCK, MADE_REPLY_BLOCK } from './schemas.js';

/** Making, reading and using reply blocks. */
export const replyBlockMethods = ({ replyBlocks }: MixClient): RpcMethods => ({
  'surbs.make': rpcMethod(
    {
      summary: 'makes a reply block: by it one mail can come, from somebody who learns no address',
      params: {
        ...ACCOUNT_PARAM,
        via: optionalText('the provider of whoever shall answer; default the account’s own'),
      },
      answer: gives(MADE_REPLY_BLOCK),
    },
    ({ account, via }) =>
      replyBlocks
        .make({ account, ...(via === undefined ? {} : { via }) })
        .map((made) => value({ ...made })),
  ),
  'surbs.inspect': rpcMethod(
    {
      summary: 'what a reply block says of itself, and whether it was used here',
      params: { block: text('its text form') },
      answer: gives(INSPECTED_REPLY_BLOCK),
    },
    ({ block }) => replyBlocks.inspect(block).map((facts) => value({ ...facts })),
  ),
  'surbs.send': rpcMethod(
    {
      summary: 'sends a mail through a reply block; answers when it has left',
      params: {
        ...ACCOUNT_PARAM,
        block: text('its text form'),
        mail: bytes('the mail, RFC 5322'),
      },
      answer: gives(NOTHING),
    },
    (asked, signal) => replyBlocks.send({ ...asked, signal }).map(() => value(null)),
  ),
});
