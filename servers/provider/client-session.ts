/**
 * A client's session: fetching the spool by sequence numbers, and documents.
 *
 * Every answer to a fetch has the same size. Source: server internal/incoming.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { epochAt, type EpochTime } from '../../src/pki/epoch.js';
import type { DocumentKeeper } from '../../src/pki/keeper.js';
import type { Clock } from '../../src/io/contracts.js';
import type { Command } from '../../src/wire/commands.js';
import { CONSENSUS_CODE } from '../../src/wire/directory-commands.js';
import type { ClientAnswer, ClientSession } from '../node/role.js';
import type { UserName } from './names.js';
import type { RateLimit } from './rate-limit.js';
import type { Mailbox, MailboxError, Spool, SpoolItem } from './contracts.js';

export interface ClientSessionDeps {
  readonly clock: Clock;
  readonly epochTime: EpochTime;
  readonly documents: Pick<DocumentKeeper, 'raw' | 'isGone'>;
  readonly spool: Spool;
  readonly rateLimit: RateLimit;
}

const MOST_HINT = 255;
const SEQUENCES = 2 ** 32;
const FAILED: ClientAnswer = { kind: 'close', reason: 'failed' };
const IN_USE: ClientAnswer = { kind: 'close', reason: 'in-use' };

/**
 * Begins a session of `user`, whose sequence starts at 0. Where another session has the mailbox it
 * is this one that ends, as in the reference: its client sees the connection close and comes again.
 */
export const openClientSession = (deps: ClientSessionDeps, user: UserName): ClientSession => {
  let sequence = 0;
  let opening: ResultAsync<Mailbox, MailboxError> | undefined;

  const retrieve = async (mailbox: Mailbox, asked: number): Promise<ClientAnswer> => {
    if (asked === (sequence + 1) % SEQUENCES) {
      // Asking for the next one says that the last one is safe.
      const dropped = await mailbox.dropHead();
      if (dropped.isErr()) return FAILED;
      sequence = asked;
    } else if (asked !== sequence) return { kind: 'close', reason: 'bad-sequence' };
    const head = await mailbox.head();
    if (head.isErr()) return FAILED;
    const hint = Math.min(MOST_HINT, head.value?.behind ?? 0);
    return { kind: 'reply', command: fetched(head.value?.item, sequence, hint) };
  };

  return {
    answer: async (command) => {
      const mailbox = await (opening ??= deps.spool.open(user));
      if (mailbox.isErr()) return mailbox.error.kind === 'mailbox-in-use' ? IN_USE : FAILED;
      if (command.kind === 'retrieve-message') return retrieve(mailbox.value, command.sequence);
      if (command.kind === 'get-consensus') return consensus(deps, command.epoch);
      return { kind: 'close', reason: 'unexpected-command' };
    },
    maySend: () => deps.rateLimit.take(user),
    close: () => {
      void opening?.match(
        (mailbox) => mailbox.close(),
        () => undefined,
      );
    },
  };
};

const fetched = (item: SpoolItem | undefined, sequence: number, hint: number): Command => {
  switch (item?.kind) {
    case undefined:
      return { kind: 'message-empty', sequence };
    case 'message':
      return { kind: 'message', hint, sequence, payload: item.payload };
    case 'reply':
      return { kind: 'message-ack', hint, sequence, surbId: item.surbId, payload: item.payload };
  }
};

const consensus = (
  { clock, epochTime, documents }: ClientSessionDeps,
  epoch: number,
): ClientAnswer => {
  const document = documents.raw(epoch);
  const isOver = documents.isGone(epoch) || epoch < epochAt(epochTime, clock.now()) - 1;
  const missing = isOver ? CONSENSUS_CODE.gone : CONSENSUS_CODE.notFound;
  return {
    kind: 'reply',
    command: {
      kind: 'consensus',
      code: document ? CONSENSUS_CODE.ok : missing,
      document: document ?? new Uint8Array(0),
    },
  };
};
