/**
 * The client's values as JSON.
 * @module
 */
import { toBase64 } from '../../src/bytes/text.js';
import type { Json, JsonObject } from '../../src/control/json.js';
import type {
  AccountStatus,
  ClientEvent,
  InboxEntry,
  QueuedMail,
  Recipient,
  Sent,
} from '../../src/index.js';

export const accountJson = ({ skewMs, ...status }: AccountStatus): Json => ({
  ...status,
  connection: status.connection.kind,
  outbox: { ...status.outbox },
  inbox: { ...status.inbox },
  skewMs: skewMs ?? null,
});

export const recipientJson = ({ address, key }: Recipient): Json => ({
  address,
  key: toBase64(key),
});

export const sentJson = (sent: Sent): JsonObject => ({ ...sent });

export const queuedJson = (mail: QueuedMail): Json => ({ ...mail });

export const entryJson = ({ senderKey, ...entry }: InboxEntry): Json => ({
  ...entry,
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
    case 'sent':
    case 'failed':
    case 'clock-skew':
      return { ...event };
  }
};
