/**
 * One request over one connection, and what is made of the response.
 * @module
 */
import { request as openRequest, type IncomingMessage } from 'node:http';
import type { Duplex as NodeStream } from 'node:stream';
import { err, type Result } from 'neverthrow';
import { onAbort } from '../abort.js';
import { faultCode } from './fault.js';

export interface Posted {
  readonly host: string;
  readonly path: string;
  readonly type: string;
  readonly body: string | Uint8Array;
}

export interface PostOptions<T, E> {
  readonly signal: AbortSignal;
  /** Makes something of the response; must not reject. */
  readonly read: (response: IncomingMessage) => Promise<Result<T, E>>;
  readonly explain: (error: Error) => E;
}

export const MAX_HEADER_BYTES = 8192;

/** Posts over a connection, which is gone afterwards. */
export const post = <T, E>(
  stream: NodeStream,
  { host, path, type, body }: Posted,
  { signal, read, explain }: PostOptions<T, E>,
): Promise<Result<T, E | 'aborted'>> =>
  new Promise((resolve) => {
    const finish = (result: Result<T, E | 'aborted'>): void => {
      forget();
      resolve(result);
      stream.destroy();
    };
    const asked = openRequest({
      method: 'POST',
      path,
      headers: { host, 'content-type': type, connection: 'close' },
      maxHeaderSize: MAX_HEADER_BYTES,
      createConnection: () => stream,
    });
    const forget = onAbort(signal, () => finish(err('aborted')));
    asked.on('response', (response) => void read(response).then(finish));
    asked.on('error', (error) => finish(err(explain(error))));
    asked.end(body);
  });

/** What failed, where it was not the connection: what came was no HTTP. */
export const reasonOf = (error: Error): 'malformed' | 'ended' =>
  faultCode(error)?.startsWith('HPE_') === true ? 'malformed' : 'ended';

/** `undefined` when the connection ended first. */
export const readBody = (
  message: IncomingMessage,
  maxBody: number,
): Promise<Uint8Array | 'too-large' | undefined> =>
  new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    message.on('data', (piece: Uint8Array) => {
      length += piece.length;
      if (length <= maxBody) pieces.push(piece);
      else resolve('too-large');
    });
    message.once('end', () => resolve(new Uint8Array(Buffer.concat(pieces))));
    // A response that breaks off says so by an error, then closes.
    message.once('error', () => undefined);
    message.once('close', () => resolve(undefined));
  });
