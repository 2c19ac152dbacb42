/**
 * The events of statistics, by the counters that they are made of.
 *
 * Source: mixminiond(8) and its event log; a relay is a packet handed to another node, a delivery
 * one for a user.
 * @module
 */
import type { Role } from './role.js';

/** By the name of the event. */
export type EventCounts = Readonly<Record<string, number>>;

type Events = Readonly<Record<string, readonly string[]>>;

const RELAYED = ['packets.sent'];
/** Another try could have gone well. */
const RELAY_FAILED = [
  'drop.send-failed',
  'drop.send-late',
  'drop.send-queue-full',
  'drop.hold-late',
  'drop.hold-full',
  'drop.may-not-send',
];
/** Nobody could have carried them on. */
const RELAY_REFUSED = ['drop.unknown-next-node', 'drop.delay-too-long', 'drop.delay-used-up'];

const DELIVERED = ['spooled.message', 'spooled.reply'];
const DELIVERY_FAILED = ['drop.delivery-late', 'drop.spool-failed', 'drop.spool-full'];
const DELIVERY_REFUSED = ['drop.unknown-recipient', 'drop.bad-plaintext'];

const CONNECTIONS: Events = { 'received connections': ['link.accepted'] };

const NODE: Events = {
  'received packets': ['packets.received'],
  ...CONNECTIONS,
  'attempted connects': ['connect.attempts'],
  'successful connects': ['connect.opened'],
  'failed connects': ['connect.failed'],
  'attempted relays': [...RELAYED, ...RELAY_FAILED, ...RELAY_REFUSED],
  'successful relays': RELAYED,
  'failed relays': RELAY_FAILED,
  'unretriable relays': RELAY_REFUSED,
};

const EVENTS: Readonly<Record<Role, Events>> = {
  authority: {
    ...CONNECTIONS,
    'descriptors taken or refused': ['answered.post-descriptor'],
    'documents asked for': ['answered.get-consensus'],
  },
  mix: NODE,
  provider: {
    ...NODE,
    'attempted deliveries': [...DELIVERED, ...DELIVERY_FAILED, ...DELIVERY_REFUSED],
    'successful deliveries': DELIVERED,
    'failed deliveries': DELIVERY_FAILED,
    'unretriable deliveries': DELIVERY_REFUSED,
  },
};

/** What a part's counters say of the events of its role; all are there, in their order. */
export const countsOf = (role: Role, counters: Readonly<Record<string, number>>): EventCounts =>
  Object.fromEntries(
    Object.entries(EVENTS[role]).map(([event, names]) => [
      event,
      names.reduce((sum, name) => sum + (counters[name] ?? 0), 0),
    ]),
  );
