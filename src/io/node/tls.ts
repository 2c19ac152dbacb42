/**
 * TLS on Node.js, over connections that our own networks have accepted.
 * @module
 */
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Duplex, TlsServer } from '../contracts.js';
import { socketDuplex } from './socket.js';
import { streamOf } from './stream.js';

/** PEM texts: a certificate with its chain, and its private key. */
export interface NodeTlsOptions {
  readonly cert: string;
  readonly key: string;
}

/** TLS whose certificate can become another one. */
export interface NodeTls extends TlsServer {
  /** From the next handshake on. */
  renew(options: NodeTlsOptions): void;
}

const contextOf = ({ cert, key }: NodeTlsOptions): SecureContext =>
  createSecureContext({ cert, key, minVersion: 'TLSv1.2' });

/** @throws where the two are no pair, as `renew` does; callers have tried them */
export const nodeTls = (options: NodeTlsOptions): NodeTls => {
  let secureContext = contextOf(options);
  return {
    renew: (next) => {
      secureContext = contextOf(next);
    },
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
