/**
 * Our connections as streams of Node.js, for its modules that take no others.
 * @module
 */
import { Duplex as NodeStream } from 'node:stream';
import { concatAll } from '../../bytes/writer.js';
import type { Duplex } from '../contracts.js';

const GONE = 'EPIPE';

/** Hands over the whole connection: it is read, ended and destroyed by the stream alone. */
export const streamOf = (duplex: Duplex): NodeStream => {
  const pull = async (): Promise<void> => {
    // An empty piece would look like nothing more to come.
    let bytes = await duplex.read();
    while (bytes?.length === 0) bytes = await duplex.read();
    stream.push(bytes ?? null);
  };
  const push = (bytes: Uint8Array, done: (error: Error | null) => void): void => {
    void duplex.write(bytes).then((isOpen) => done(isOpen ? null : new Error(GONE)));
  };
  const stream = new NodeStream({
    read: () => void pull(),
    write: (chunk: Uint8Array, _encoding, done) => push(Uint8Array.from(chunk), done),
    // In one piece: a peer that answers and leaves must not be written to once more.
    writev: (pieces: readonly { readonly chunk: Uint8Array }[], done) =>
      push(concatAll(pieces.map(({ chunk }) => chunk)), done),
    final: (done) => {
      duplex.end();
      done();
    },
    destroy: (error, done) => {
      duplex.destroy();
      done(error);
    },
  });
  // Whoever takes it may let go of it before it fails.
  stream.on('error', () => undefined);
  return stream;
};
