/**
 * The client's values as schemas: what `shapes.ts` makes of them, for those who call.
 * @module
 */
import {
  anyOf,
  BYTES,
  described,
  FACTS,
  FLAG,
  INTEGER,
  kindOf,
  listOf,
  oneOf,
  orNothing,
  record,
  TEXT,
} from '../../src/control/schema.js';

const ACCOUNT_NAME = described(TEXT, 'an account’s address');
const TIME = described(INTEGER, 'ms since the Unix epoch');
const CONNECTION = oneOf(
  'offline',
  'no-document',
  'connecting',
  'connected',
  'provider-missing',
  'no-usable-address',
  'pin-mismatch',
  'paused',
  'unusable',
);

export const ACCOUNT = record({
  account: ACCOUNT_NAME,
  connection: CONNECTION,
  document: described(
    oneOf('current', 'stale', 'missing'),
    'stale: an older one that is still valid; missing: nothing is sent',
  ),
  problem: orNothing(described(FACTS, 'why it is unusable')),
  outbox: record({ mails: INTEGER, blocks: INTEGER }),
  replyBlocks: INTEGER,
  inbox: record({ count: INTEGER }),
  fragments: described(INTEGER, 'blocks of mails that are not whole yet'),
  malformedKeyAnswers: INTEGER,
  skewMs: orNothing(described(INTEGER, 'our clock minus that of the network, ms')),
});

/** When an account's mail leaves. */
export const DEPARTURE = {
  delay: described(oneOf('usual', 'batch'), 'usual: as soon as it can; batch: about once a day'),
  nextBatchAtMs: orNothing(described(TIME, 'when the next batch leaves; null: there is none')),
};

export const ACCOUNT_KEYS = record({ identityKey: BYTES, linkKey: BYTES });

export const NODE_HEALTH = record({
  name: TEXT,
  layer: described(anyOf(INTEGER, oneOf('provider')), 'of a mix, from 0'),
  state: described(
    oneOf('well', 'silent', 'unknown'),
    'silent: no loop through it comes back, although others do',
  ),
  avoided: described(FLAG, 'whether our packets go round it'),
  returned: described(INTEGER, 'of the last loops, those through it that came back'),
  lost: INTEGER,
});

const REPLY_BLOCK = {
  via: described(TEXT, 'the provider whose accounts can use it'),
  hops: INTEGER,
  validFrom: described(INTEGER, 'ms since the Unix epoch'),
  expiresAt: described(INTEGER, 'ms since the Unix epoch'),
};

export const MADE_REPLY_BLOCK = record({
  ...REPLY_BLOCK,
  text: described(TEXT, 'its text form, to be handed on'),
});

export const INSPECTED_REPLY_BLOCK = record({
  ...REPLY_BLOCK,
  isExpired: FLAG,
  isUsed: described(FLAG, 'by an account of this daemon'),
});

export const REMOTE_ACCOUNT = record({
  linkKey: described(BYTES, 'with which the account connects'),
  identityKey: orNothing(described(BYTES, 'what the key server tells')),
  waiting: described(INTEGER, 'items that wait at the provider'),
  limit: orNothing(described(INTEGER, 'how many may wait; null: the provider does not say')),
  leavesAtMs: orNothing(described(TIME, 'when the account is deleted; null: it stays')),
});

/** A key as a provider tells it. */
const KEY = {
  address: TEXT,
  key: BYTES,
  words: described(listOf(TEXT), 'the fingerprint, to be compared with the recipient'),
  digits: described(TEXT, 'the same in digits'),
};

export const FOUND_KEY = record(KEY);

export const RECIPIENT = record({
  ...KEY,
  trust: oneOf('given', 'discovered', 'verified', 'changed'),
  seen: orNothing(described(BYTES, 'the key that the provider says now')),
});

export const SENT = record({ recipient: TEXT, messageId: TEXT });

export const QUEUED = record({
  account: ACCOUNT_NAME,
  messageId: TEXT,
  recipient: TEXT,
  state: oneOf('queued', 'awaiting-key', 'held', 'awaiting-batch'),
  blocks: INTEGER,
  acknowledged: described(INTEGER, 'blocks that have arrived'),
  transmissions: described(INTEGER, 'of all blocks so far'),
  bounceAt: TIME,
});

export const ENTRY = record({
  id: TEXT,
  size: described(INTEGER, 'octets'),
  receivedAt: TIME,
  senderKey: orNothing(BYTES),
});

const OF_ACCOUNT = { account: ACCOUNT_NAME };
const OF_MESSAGE = { ...OF_ACCOUNT, messageId: TEXT, recipient: TEXT };
const OF_RECIPIENT = { ...OF_ACCOUNT, recipient: TEXT };

export const EVENT = anyOf(
  kindOf('connection', { ...OF_ACCOUNT, state: CONNECTION }),
  kindOf('queued', { ...OF_ACCOUNT, sent: SENT }),
  kindOf('sent', OF_MESSAGE),
  kindOf('failed', { ...OF_MESSAGE, reason: TEXT }),
  kindOf('received', { ...OF_ACCOUNT, mail: ENTRY }),
  kindOf('key-discovered', OF_RECIPIENT),
  kindOf('key-changed', OF_RECIPIENT),
  kindOf('key-answer', { ...OF_RECIPIENT, tag: TEXT, answer: FACTS }),
  kindOf('sender-differs', { ...OF_ACCOUNT, mail: TEXT, from: TEXT }),
  kindOf('clock-skew', { ...OF_ACCOUNT, skewMs: INTEGER }),
  kindOf('store-failed', { ...OF_ACCOUNT, error: FACTS }),
);

export const ENTRIES = listOf(ENTRY);
export const PROBLEMS = described(listOf(FACTS), 'files that cannot be used, and why');
