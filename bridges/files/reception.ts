/**
 * Received mail on its way into files: one after the other, and each in the end.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import type { Address, InboxError, MixClient, ReceivedMail } from '../../src/index.js';
import type { FolderError } from './disk.js';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 5 * 60_000;

export interface Reception {
  readonly client: Pick<MixClient, 'receive'>;
  readonly account: Address;
  /** Our name among the readers of the inbox. */
  readonly reader: string;
  readonly clock: Clock;
  readonly log: Log;
  /** For the log. */
  readonly module: string;
  readonly signal: AbortSignal;
}

export type DeliveryError = FolderError | InboxError;

/**
 * Hands every mail to `deliver`, which must not be given the next before it has the last.
 *
 * @returns when `signal` is aborted and the mail at hand is finished, or the client is closed
 */
export const deliverAll = async (
  reception: Reception,
  deliver: (mail: ReceivedMail) => ResultAsync<void, DeliveryError>,
): Promise<void> => {
  const { client, account, reader, signal } = reception;
  for await (const mail of client.receive(account, { reader, signal })) {
    await inTheEnd(reception, () => deliver(mail));
  }
};

/** A full disk is no reason to lose a mail: it waits, and so does whoever calls. */
export const inTheEnd = async (
  { clock, log, module, signal }: Pick<Reception, 'clock' | 'log' | 'module' | 'signal'>,
  deliver: () => ResultAsync<void, DeliveryError>,
): Promise<void> => {
  for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LAST_RETRY_MS)) {
    const delivered = await deliver();
    if (delivered.isOk() || isOver(delivered.error)) return;
    log.write('warning', module, 'a mail could not be delivered yet', {
      reason: 'reason' in delivered.error ? delivered.error.reason : delivered.error.kind,
    });
    await clock.sleep(waitMs, signal);
  }
};

/**
 * Nobody can be told any more, and the mail is handed out again when the account comes back; or it
 * has gone.
 */
const isOver = ({ kind }: DeliveryError): boolean =>
  kind === 'unknown-account' ||
  kind === 'closed' ||
  kind === 'store-closed' ||
  kind === 'no-such-mail';
