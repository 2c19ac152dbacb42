/**
 * Our connections as streams of Node.js, for its modules that take no others.
 * @module
 */
import { Duplex as NodeStream } from 'node:stream';
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
  const stream = new NodeStream({
    read: () => void pull(),
    write: (chunk: Uint8Array, _encoding, done) => {
      void duplex.write(Uint8Array.from(chunk)).then((isOpen) => {
        done(isOpen ? null : new Error(GONE));
      });
    },
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
