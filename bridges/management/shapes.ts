/**
 * The client's values as JSON.
 * @module
 */
import { toBase64 } from '../../src/bytes/text.js';
import type { Json, JsonObject } from '../../src/control/json.js';
import {
  fingerprintOf,
  type AccountStatus,
  type ClientEvent,
  type FoundKey,
  type InboxEntry,
  type LookupAnswer,
  type QueuedMail,
  type Recipient,
  type RemoteAccount,
  type Sent,
} from '../../src/index.js';

export const accountJson = ({ skewMs, ...status }: AccountStatus): Json => ({
  ...status,
  connection: status.connection.kind,
  problem: status.connection.kind === 'unusable' ? { ...status.connection.error } : null,
  outbox: { ...status.outbox },
  inbox: { ...status.inbox },
  skewMs: skewMs ?? null,
});

export const remoteAccountJson = (remote: RemoteAccount): JsonObject => ({
  linkKey: toBase64(remote.linkKey),
  identityKey: remote.identityKey === undefined ? null : toBase64(remote.identityKey),
  waiting: remote.waiting,
  limit: remote.limit ?? null,
  leavesAtMs: remote.leavesAtMs ?? null,
});

export const recipientJson = ({ address, key, trust }: Recipient): JsonObject => ({
  ...keyJson({ address, key }),
  trust: trust.kind,
  seen: trust.kind === 'changed' ? toBase64(trust.seen) : null,
});

/** A key with its fingerprint. */
export const keyJson = ({ address, key }: FoundKey): JsonObject => {
  const { words, digits } = fingerprintOf(key);
  return { address, key: toBase64(key), words, digits };
};

const answerJson = (answer: LookupAnswer): JsonObject =>
  answer.kind === 'found' ? { ...answer, key: toBase64(answer.key) } : { ...answer };

export const sentJson = (sent: Sent): JsonObject => ({ ...sent });

export const queuedJson = (mail: QueuedMail): Json => ({ ...mail });

export const entryJson = ({ id, size, receivedAt, senderKey }: InboxEntry): Json => ({
  ...{ id, size, receivedAt },
  senderKey: senderKey === undefined ? null : toBase64(senderKey),
});

export const eventJson = (event: ClientEvent): Json => {
  switch (event.kind) {
    case 'connection':
      return { ...event, state: event.state.kind };
    case 'queued':
      return { ...event, sent: sentJson(event.sent) };
    case 'received':
      return { ...event, mail: entryJson(event.mail) };
    case 'store-failed':
      return { ...event, error: { ...event.error } };
    case 'key-answer':
      return { ...event, answer: answerJson(event.answer) };
    case 'sent':
    case 'failed':
    case 'key-discovered':
    case 'key-changed':
    case 'sender-differs':
    case 'clock-skew':
      return { ...event };
  }
};
