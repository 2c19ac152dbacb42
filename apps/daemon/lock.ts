/**
 * The control socket as the instance lock: it is bound before anything is opened, and served when
 * everything is.
 * @module
 */
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import type { Listener, Network } from '../../src/io/contracts.js';
import type { DaemonError } from './errors.js';

/** @errors `already-running`: somebody answers there; `listener`: the path cannot be used */
export const bindControlSocket = (
  network: Network,
  socket: string,
): ResultAsync<Listener, DaemonError> =>
  network
    .listen(`unix:${socket}`)
    .mapErr(({ reason }): DaemonError =>
      reason === 'in-use'
        ? { kind: 'already-running', socket }
        : { kind: 'listener', key: 'Management.Path', address: socket, reason },
    );

/** The network for the one who serves that socket. */
export const handingOver = (network: Network, listener: Listener): Network => ({
  dial: (address, signal) => network.dial(address, signal),
  listen: (address) =>
    address === listener.address
      ? okAsync(listener)
      : errAsync({ kind: 'listen', address, reason: 'bad-address' }),
});
