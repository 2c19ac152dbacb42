/** A TCP proxy before several processes, which have the connections in turn. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

export interface Front {
  close(): Promise<void>;
}

/** Addresses are `host:port`; a backend that takes no connection leaves it to the next. */
export const openFront = async (address: string, backends: readonly string[]): Promise<Front> => {
  const open = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    open.add(socket);
    // Either end may go at any moment: the other one then goes too.
    return socket.on('error', () => undefined).on('close', () => open.delete(socket));
  };
  let turn = 0;
  const server = createServer((client) => {
    track(client);
    const first = turn++ % backends.length;
    void firstOf([...backends.slice(first), ...backends.slice(0, first)]).then((backend) => {
      if (backend === undefined) return client.destroy();
      track(backend);
      client.on('close', () => backend.destroy());
      backend.on('close', () => client.destroy());
      client.pipe(backend).pipe(client);
      return undefined;
    });
  });
  await listen(server, address);
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

const placeOf = (address: string): { readonly host: string; readonly port: number } => {
  const [host = '', port] = address.split(':');
  return { host, port: Number(port) };
};

const listen = async (server: Server, address: string): Promise<void> => {
  server.listen(placeOf(address));
  await once(server, 'listening');
};

const firstOf = async (addresses: readonly string[]): Promise<Socket | undefined> => {
  for (const address of addresses) {
    const socket = connect(placeOf(address));
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    if (isThere) return socket;
  }
  return undefined;
};
