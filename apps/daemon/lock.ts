/**
 * The control socket as the instance lock: it is bound before anything is opened, served when
 * everything is, and given back when everything is closed.
 * @module
 */
import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { Arrivals } from '../../src/io/arrivals.js';
import type { Duplex, Listener, Network } from '../../src/io/contracts.js';
import type { DaemonError } from './errors.js';

/** Why there is no lock. */
export type LockError = Extract<DaemonError, { readonly kind: 'already-running' | 'listener' }>;

/** @errors `already-running`: somebody answers there; `listener`: the path cannot be used */
export const bindControlSocket = (
  network: Network,
  socket: string,
): ResultAsync<Listener, LockError> =>
  network
    .listen(`unix:${socket}`)
    .mapErr(({ reason }): LockError =>
      reason === 'in-use'
        ? { kind: 'already-running', socket }
        : { kind: 'listener', key: 'Management.Path', address: socket, reason },
    );

/** The network for the one who serves that socket. */
export const handingOver = (network: Network, listener: Listener): Network => ({
  dial: (address, signal) => network.dial(address, signal),
  listen: (address) =>
    address === listener.address
      ? okAsync(lent(listener))
      : errAsync({ kind: 'listen', address, reason: 'bad-address' }),
});

/** Closing it ends the service and not the lock: who still comes is turned away. */
const lent = (listener: Listener): Listener => {
  const connections = new Arrivals<Duplex>();
  void (async () => {
    for await (const duplex of listener.connections) {
      if (!connections.push(duplex)) duplex.destroy();
    }
  })();
  return {
    address: listener.address,
    connections,
    close: () => {
      for (const untaken of connections.end()) untaken.destroy();
      return Promise.resolve();
    },
  };
};
