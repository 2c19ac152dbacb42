/**
 * TLS on Node.js, over connections that our own networks have accepted.
 * @module
 */
import { createSecureContext, TLSSocket } from 'node:tls';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Duplex, TlsServer } from '../contracts.js';
import { socketDuplex } from './socket.js';
import { streamOf } from './stream.js';

/** PEM texts: a certificate with its chain, and its private key. */
export interface NodeTlsOptions {
  readonly cert: string;
  readonly key: string;
}

/** @throws where the two are no pair; callers have tried them */
export const nodeTls = ({ cert, key }: NodeTlsOptions): TlsServer => {
  const secureContext = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  return {
    secure: (duplex) =>
      new ResultAsync(
        new Promise<Result<Duplex, { readonly kind: 'tls' }>>((resolve) => {
          const stream = streamOf(duplex);
          const socket = new TLSSocket(stream, { isServer: true, secureContext });
          socket.once('secure', () => resolve(ok(socketDuplex(socket, duplex.remote))));
          const fail = (): void => resolve(err({ kind: 'tls' }));
          socket.once('error', fail).once('close', fail);
          // Nobody reads the socket yet, so it would not notice.
          stream.once('end', fail).once('close', fail);
        }),
      ),
  };
};
