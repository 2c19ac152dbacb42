/**
 * A socket of Node.js as a {@link Duplex}: pulled, with back-pressure both ways.
 * @module
 */
import type { Socket } from 'node:net';
import type { Duplex } from '../contracts.js';

/** The caller owns the bytes, so they must not be a `Buffer`, whose `slice` shares memory. */
const plainBytes = (chunk: Buffer): Uint8Array =>
  new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);

/** Waits for the next of the events: one listener for each, however many wait and however often. */
const nextOf = (socket: Socket, ...events: readonly string[]): (() => Promise<void>) => {
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resolve of woken) resolve();
  };
  for (const event of events) socket.on(event, wake);
  return () => new Promise((resolve) => waiting.push(resolve));
};

const isOver = (socket: Socket): boolean => socket.readableEnded || socket.destroyed;

const pull = async (
  socket: Socket,
  arrived: () => Promise<void>,
): Promise<Uint8Array | undefined> => {
  for (;;) {
    const chunk: unknown = isOver(socket) ? null : socket.read();
    if (Buffer.isBuffer(chunk)) return plainBytes(chunk);
    if (isOver(socket)) return undefined;
    await arrived();
  }
};

const push = async (
  socket: Socket,
  bytes: Uint8Array,
  drained: () => Promise<void>,
): Promise<boolean> => {
  if (!socket.writable) return false;
  if (!socket.write(bytes)) await drained();
  return !socket.destroyed;
};

/** Takes over a connected socket made with `allowHalfOpen`. */
export const socketDuplex = (socket: Socket, remote: string): Duplex => {
  let reading = false;
  // A failure is followed by `close`, which every read and write waits for.
  socket.on('error', () => undefined);
  // Reading by `read()` needs a listener from the start, or the end would pass unseen.
  const arrived = nextOf(socket, 'readable', 'end', 'close');
  const drained = nextOf(socket, 'drain', 'close');
  return {
    remote,
    read: async () => {
      if (reading) throw new Error('two reads at a time');
      reading = true;
      const bytes = await pull(socket, arrived);
      reading = false;
      return bytes;
    },
    write: (bytes) => push(socket, bytes, drained),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
};
