/** A bare socket that does whatever a port must survive. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const CLOSE_LIMIT_MS = 60_000;

export interface Raw {
  readonly socket: Socket;
  /** Bytes that have come. */
  heard(): number;
  /** Writes when there is room; false when the other side has closed. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Whether the other side closes before the limit. */
  closes(limitMs?: number): Promise<boolean>;
}

const where = (address: string): { path: string } | { host: string; port: number } => {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) };
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
};

const RETRY_MS = 20;

/** A connected socket; a full backlog is waited for. */
const dial = async (address: string): Promise<Socket> => {
  for (;;) {
    const socket = connect(where(address));
    try {
      await once(socket, 'connect');
      return socket;
    } catch (thrown) {
      const isFull = thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN';
      if (!isFull) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

/** Connects to `host:port` or `unix:/path`; `deaf` never reads. */
export const raw = async (address: string, ears: 'open' | 'deaf' = 'open'): Promise<Raw> => {
  const socket = await dial(address);
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
  socket.on('error', () => undefined);
  let heard = 0;
  if (ears === 'open') socket.on('data', (bytes) => (heard += bytes.length));
  return {
    socket,
    heard: () => heard,
    write: async (bytes) => {
      if (socket.destroyed) return false;
      if (!socket.write(bytes)) {
        await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
      }
      return !socket.destroyed;
    },
    closes: (limitMs = CLOSE_LIMIT_MS) => {
      const late = new Promise<boolean>((resolve) => {
        setTimeout(() => resolve(false), limitMs).unref();
      });
      return Promise.race([closed, late]);
    },
  };
};

/** Sockets of this process that are open or listen. */
export const openSockets = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => /^(?:TCP|Pipe)(?:Socket|Server)?Wrap$/.test(kind)).length;
