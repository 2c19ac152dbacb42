/**
 * Delivery into an mbox: received mail is appended, each once, and done with when it is on disk.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Clock, Log } from '../../src/io/contracts.js';
import type { Address, MixClient, ReceivedMail } from '../../src/index.js';
import type { FolderError } from '../files/disk.js';
import { openHook } from '../files/hook.js';
import { toFile } from '../files/line-ends.js';
import { deliverAll, type DeliveryError } from '../files/reception.js';
import { appendOnce, repairMbox } from './append.js';
import { encodeRecord } from './format.js';

const MODULE = 'mbox';
const DEFAULT_READER = 'mbox';

export interface MboxDeliveryOptions {
  readonly client: Pick<MixClient, 'receive'>;
  readonly account: Address;
  /** Absolute path of the mbox, in a directory that is there; made with the first mail. */
  readonly path: string;
  /** Our name among the readers of the inbox; default `mbox`. */
  readonly reader?: string;
  /** A program with its arguments, run when mails have been delivered. */
  readonly postDeliver?: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningMbox {
  /** Finishes the mail at hand and stops. */
  close(): Promise<void>;
}

/**
 * Appends what the account has received and receives, in order.
 *
 * @errors `folder` — what a crash has left cannot be repaired, or the directory is not there
 */
export const deliverToMbox = (
  options: MboxDeliveryOptions,
): ResultAsync<RunningMbox, FolderError> =>
  repairMbox(options.path, options).map(() => {
    const { path, clock, log, postDeliver: command = [], reader = DEFAULT_READER } = options;
    const stop = new AbortController();
    const hook = command.length === 0 ? undefined : openHook({ command, clock, log });
    const deliver = (mail: ReceivedMail): ResultAsync<void, DeliveryError> =>
      appendOnce(
        path,
        { clock, signal: stop.signal },
        {
          id: mail.id,
          record: encodeRecord(toFile(mail.bytes), mail.receivedAt),
          settled: () => mail.done(),
        },
      ).map(() => hook?.fire());
    const reception = { ...options, reader, module: MODULE, signal: stop.signal };
    const running = deliverAll(reception, deliver);
    return {
      close: async () => {
        stop.abort();
        await running;
        await hook?.close();
      },
    };
  });
