/**
 * A socket of Node.js as a {@link Duplex}: pulled, with back-pressure both ways.
 * @module
 */
import type { Socket } from 'node:net';
import type { Duplex } from '../contracts.js';

/** The caller owns the bytes, so they must not be a `Buffer`, whose `slice` shares memory. */
const plainBytes = (chunk: Buffer): Uint8Array =>
  new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);

/** Resolves at the first of the events. */
const firstOf = (socket: Socket, ...events: readonly string[]): Promise<void> =>
  new Promise((resolve) => {
    const wake = (): void => {
      for (const event of events) socket.off(event, wake);
      resolve();
    };
    for (const event of events) socket.on(event, wake);
  });

const isOver = (socket: Socket): boolean => socket.readableEnded || socket.destroyed;

const pull = async (socket: Socket): Promise<Uint8Array | undefined> => {
  for (;;) {
    const chunk: unknown = isOver(socket) ? null : socket.read();
    if (Buffer.isBuffer(chunk)) return plainBytes(chunk);
    if (isOver(socket)) return undefined;
    await firstOf(socket, 'readable', 'end', 'close');
  }
};

const push = async (socket: Socket, bytes: Uint8Array): Promise<boolean> => {
  if (!socket.writable) return false;
  if (!socket.write(bytes)) await firstOf(socket, 'drain', 'close');
  return !socket.destroyed;
};

/** Takes over a connected socket made with `allowHalfOpen`. */
export const socketDuplex = (socket: Socket, remote: string): Duplex => {
  let reading = false;
  // A failure is followed by `close`, which every read and write waits for.
  socket.on('error', () => undefined);
  // Reading by `read()` needs a listener from the start, or the end would pass unseen.
  socket.on('readable', () => undefined);
  return {
    remote,
    read: async () => {
      if (reading) throw new Error('two reads at a time');
      reading = true;
      const bytes = await pull(socket);
      reading = false;
      return bytes;
    },
    write: (bytes) => push(socket, bytes),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
};
