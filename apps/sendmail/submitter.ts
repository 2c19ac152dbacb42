/**
 * Where a mail goes: to the daemon, else into the submit box, else into the outbox itself.
 *
 * Each way is durable when it is ok. A mail has one name on all of them, so that what a daemon took
 * in without our hearing of it is not sent again from the box.
 * @module
 */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { newSubmissionName, onceOf, putIntoBox, type NoBox } from '../../src/client/submit/box.js';
import { callDaemon, type CallError } from '../../src/control/call.js';
import { isObject } from '../../src/control/json.js';
import { toBase64 } from '../../src/bytes/text.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { FilesError } from '../../src/io/contracts.js';
import { nodeIo } from '../../src/io/node.js';
import type { DaemonConfig } from '../daemon/config.js';
import type { DaemonError } from '../daemon/errors.js';
import type { SendError } from '../../src/index.js';
import type { Letter } from './mail.js';

export type SubmitError = CallError | SendError | FilesError | DaemonError;

/** A daemon that says nothing for so long is taken for one that is not there. */
const PATIENCE_MS = 30_000;

/** @errors those of the daemon's answer; the others: nothing was stored */
export const submitLetter = (
  config: DaemonConfig,
  letter: Letter,
): ResultAsync<void, SubmitError> => {
  const { random } = nodeIo();
  const name = newSubmissionName({ random });
  return tellDaemon(config, letter, name).orElse((error) =>
    isAway(error) ? storeBeside(config, letter, name) : errAsync(error),
  );
};

const tellDaemon = (
  { socket }: DaemonConfig,
  { account, to, mail }: Letter,
  name: string,
): ResultAsync<void, SubmitError> => {
  const { network } = nodeIo();
  const place = { network, path: socket, signal: AbortSignal.timeout(PATIENCE_MS) };
  const params = { account, to: [...to], mail: toBase64(mail), once: onceOf(name) };
  return callDaemon(place, 'send', { ...params, badRecipients: 'report' }).map(() => undefined);
};

/** Whether nobody was there, or left before the answer. */
const isAway = (error: SubmitError): boolean => {
  if (error.kind === 'dial' || error.kind === 'connection-lost') return true;
  const data = error.kind === 'refused' && isObject(error.data) ? error.data['kind'] : undefined;
  return AWAY.some((kind) => kind === data);
};

/** What a daemon says that is about to end. */
const AWAY = ['closed', 'store-closed'] as const;

const storeBeside = (
  config: DaemonConfig,
  letter: Letter,
  name: string,
): ResultAsync<void, SubmitError> => {
  const { files, random, log } = nodeIo();
  const { dataDir } = config.client;
  return putIntoBox(
    { files, random, primitives: selectPrimitives(log), dataDir },
    name,
    letter,
  ).orElse((error: NoBox | FilesError) =>
    error.kind === 'no-box' ? sendOffline(config, letter, name) : errAsync(error),
  );
};

/** Before the daemon's first start: nobody else has the stores open. */
const sendOffline = (
  config: DaemonConfig,
  letter: Letter,
  name: string,
): ResultAsync<void, SubmitError> =>
  ResultAsync.fromSafePromise(import('../daemon/daemon.js')).andThen(({ withOfflineClient }) =>
    withOfflineClient(config, { io: nodeIo() }, (client) =>
      client
        .send({ ...letter, badRecipients: 'report', once: onceOf(name) })
        .andThen(() => okAsync(undefined)),
    ),
  );
