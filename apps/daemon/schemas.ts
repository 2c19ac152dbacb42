/**
 * The daemon's own answers as schemas.
 * @module
 */
import { ACCOUNT, DEPARTURE } from '../../bridges/management/schemas.js';
import {
  described,
  FLAG,
  INTEGER,
  listOf,
  mapOf,
  orNothing,
  record,
  TEXT,
} from '../../src/control/schema.js';

const LISTENERS = { smtp: orNothing(TEXT), pop3: orNothing(TEXT) };

/** Sums over all accounts, and each of them. */
const TOTALS = {
  connected: described(FLAG, 'whether all accounts are, but those that are paused'),
  inbox: record({ count: INTEGER }),
  outbox: record({ mails: INTEGER, blocks: INTEGER }),
  fragments: INTEGER,
  replyBlocks: INTEGER,
  accounts: listOf(ACCOUNT),
};

const BRIDGE = record({ sessions: INTEGER, counters: mapOf(INTEGER) });

export const STATUS = record({
  version: TEXT,
  pid: INTEGER,
  upMs: described(INTEGER, 'since the start, ms'),
  ...LISTENERS,
  sessions: record({ smtp: orNothing(BRIDGE), pop3: orNothing(BRIDGE) }),
  recipients: INTEGER,
  needsRestart: described(listOf(TEXT), 'keys of settings that only a restart takes over'),
  ...TOTALS,
});

export const NOTICE = record({
  account: TEXT,
  count: described(INTEGER, 'mails that have come since the line before'),
});

export const SHOWN_ACCOUNT = record({
  account: TEXT,
  identityKey: TEXT,
  linkKey: TEXT,
  ...DEPARTURE,
  password: orNothing(TEXT),
  ...LISTENERS,
});
