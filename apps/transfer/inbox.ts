/**
 * An account's received mail, of a daemon that runs or of a client without a connection.
 * @module
 */
import { okAsync, type Result, ResultAsync, err, ok } from 'neverthrow';
import { fromBase64, toBase64 } from '../../src/bytes/text.js';
import { callDaemon, type CallError } from '../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';
import type { Network } from '../../src/io/contracts.js';
import type { InboxError, MailId, MixClient } from '../../src/index.js';

/** One received mail, without its bytes. */
export interface HeldEntry {
  readonly id: MailId;
  /** Ms since the Unix epoch. */
  readonly receivedAt: number;
}

export type AccountInboxError =
  CallError | InboxError | { readonly kind: 'bad-mail'; readonly problem: string };

/** What moving mail from machine to machine needs. */
export interface AccountInbox {
  /** What a reader is not done with. */
  list(reader: string): ResultAsync<readonly HeldEntry[], AccountInboxError>;
  /** `undefined`: everybody is done with it meanwhile. */
  read(id: MailId): ResultAsync<Uint8Array | undefined, AccountInboxError>;
  /** Puts a mail there; see `restore` of the client. */
  restore(mail: Uint8Array, copy: number): ResultAsync<void, AccountInboxError>;
}

export const inboxOfDaemon = (
  daemon: { readonly network: Network; readonly path: string },
  account: string,
): AccountInbox => {
  const call = (method: string, params: JsonObject): ResultAsync<Json, CallError> =>
    callDaemon(daemon, method, { account, ...params });
  return {
    list: (reader) =>
      call('inbox.list', { reader }).map((answer) =>
        Array.isArray(answer) ? answer.flatMap((each: Json) => entryOf(each)) : [],
      ),
    read: (id) =>
      call('inbox.read', { id })
        .map((answer) => (typeof answer === 'string' ? fromBase64(answer) : undefined))
        .orElse((error) => (isGone(error) ? ok(undefined) : err(error))),
    restore: (mail, copy) =>
      call('inbox.restore', { mail: toBase64(mail), copy }).map(() => undefined),
  };
};

export const inboxOfClient = ({ inbox }: MixClient, account: string): AccountInbox => ({
  list: (reader) => new ResultAsync(Promise.resolve(inbox.list(account, reader))),
  read: (id) =>
    inbox
      .read(account, id)
      .orElse((error): Result<Uint8Array | undefined, InboxError> =>
        error.kind === 'no-such-mail' ? ok(undefined) : err(error),
      ),
  restore: (mail, copy) => inbox.restore(account, mail, copy).map(() => undefined),
});

const entryOf = (value: Json): readonly HeldEntry[] =>
  isObject(value) && typeof value['id'] === 'string'
    ? [{ id: value['id'], receivedAt: Number(value['receivedAt']) }]
    : [];

const isGone = (error: CallError): boolean =>
  error.kind === 'refused' && isObject(error.data) && error.data['kind'] === 'no-such-mail';

/** All that some reader is not done with, in order of arrival. */
export const heldBy = (
  inbox: AccountInbox,
  readers: readonly string[],
): ResultAsync<readonly HeldEntry[], AccountInboxError> =>
  readers
    .reduce<ResultAsync<ReadonlyMap<MailId, HeldEntry>, AccountInboxError>>(
      (before, reader) =>
        before.andThen((found) =>
          inbox
            .list(reader)
            .map((more) => new Map([...found, ...more.map((each) => [each.id, each] as const)])),
        ),
      okAsync(new Map()),
    )
    .map((found) => [...found.values()].sort((a, b) => a.receivedAt - b.receivedAt));
