/**
 * Connections on Node.js: TCP, and Unix sockets for this machine.
 * @module
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { onAbort } from '../abort.js';
import { formatAddress, parseAddress, parseDescriptor, type NetworkAddress } from '../address.js';
import { Arrivals } from '../arrivals.js';
import type { DialError, Duplex, Listener, ListenError, Network } from '../contracts.js';
import { faultCode } from './fault.js';
import { socketDuplex } from './socket.js';
import { bindUnix } from './unix-socket.js';

/** 3 minutes, as the reference sets it. */
const KEEP_ALIVE_MS = 180_000;

const DIAL_REASONS: Readonly<Record<string, DialError['reason']>> = {
  ECONNREFUSED: 'refused',
  // Nobody has made the Unix socket.
  ENOENT: 'refused',
  ETIMEDOUT: 'timeout',
  ENAMETOOLONG: 'bad-address',
  EINVAL: 'bad-address',
};

const LISTEN_REASONS: Readonly<Record<string, ListenError['reason']>> = {
  EADDRINUSE: 'in-use',
  EEXIST: 'in-use',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

const dialReason = (thrown: unknown): DialError['reason'] =>
  DIAL_REASONS[faultCode(thrown) ?? ''] ?? 'unreachable';

const listenReason = (thrown: unknown): ListenError['reason'] =>
  LISTEN_REASONS[faultCode(thrown) ?? ''] ?? 'bad-address';

const target = (address: NetworkAddress): { path: string } | { host: string; port: number } =>
  address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };

const tuned = (socket: Socket): Socket => socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);

const dialSocket = (
  parsed: NetworkAddress,
  address: string,
  signal: AbortSignal,
): Promise<Result<Duplex, DialError['reason']>> =>
  new Promise((resolve) => {
    const socket = connect({ ...target(parsed), allowHalfOpen: true });
    const fail = (reason: DialError['reason']): void => {
      forget();
      socket.destroy();
      resolve(err(reason));
    };
    const forget = onAbort(signal, () => fail('aborted'));
    socket.on('error', (error) => fail(dialReason(error)));
    socket.once('connect', () => {
      forget();
      resolve(ok(socketDuplex(tuned(socket), address)));
    });
  });

const dial = (address: string, signal: AbortSignal): ResultAsync<Duplex, DialError> => {
  const attempt = async (): Promise<Result<Duplex, DialError['reason']>> => {
    if (signal.aborted) return err('aborted');
    const parsed = parseAddress(address);
    return parsed === undefined ? err('bad-address') : dialSocket(parsed, address, signal);
  };
  return ResultAsync.fromPromise(attempt(), dialReason)
    .andThen((duplex) => duplex)
    .mapErr((reason) => ({ kind: 'dial', address, reason }));
};

const bind = (
  server: Server,
  where: { path: string } | { host: string; port: number } | { fd: number },
): Promise<ListenError['reason'] | undefined> =>
  new Promise((resolve) => {
    server.once('error', (error) => resolve(listenReason(error)));
    server.listen(where, () => resolve(undefined));
  });

/** Where to listen: an address, or a socket that is there already. */
type Place = NetworkAddress | { readonly kind: 'descriptor'; readonly descriptor: number };

/** The address really bound, with the port that was picked. */
const boundAddress = (server: Server, asked: Place): string => {
  const bound = server.address();
  if (asked.kind === 'unix') return formatAddress(asked);
  if (typeof bound === 'string') return formatAddress({ kind: 'unix', path: bound });
  const host = asked.kind === 'tcp' ? asked.host : (bound?.address ?? '');
  return formatAddress({ kind: 'tcp', host, port: bound?.port ?? 0 });
};

const remoteOf = (socket: Socket, local: string): string =>
  socket.remoteAddress === undefined
    ? local
    : formatAddress({ kind: 'tcp', host: socket.remoteAddress, port: socket.remotePort ?? 0 });

/** Binds the server. @returns what `close` must still do */
const bindServer = async (
  server: Server,
  asked: Place,
): Promise<Result<() => Promise<void>, ListenError['reason']>> => {
  if (asked.kind === 'unix') return bindUnix(server, asked.path, (path) => bind(server, { path }));
  const where = asked.kind === 'tcp' ? target(asked) : { fd: asked.descriptor };
  const refusal = await bind(server, where);
  return refusal === undefined ? ok(() => Promise.resolve()) : err(refusal);
};

const openListener = async (asked: Place): Promise<Result<Listener, ListenError['reason']>> => {
  const connections = new Arrivals<Duplex>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const duplex = socketDuplex(tuned(socket), remoteOf(socket, boundAddress(server, asked)));
    if (!connections.push(duplex)) duplex.destroy();
  });
  // A refused accept concerns one connection; the server goes on.
  server.on('error', () => undefined);
  const bound = await bindServer(server, asked);
  return bound.map((release) => ({
    address: boundAddress(server, asked),
    connections,
    close: async () => {
      // Its callback would wait for the connections, which go on.
      server.close();
      for (const untaken of connections.end()) untaken.destroy();
      await release();
    },
  }));
};

const placeOf = (address: string): Place | undefined => {
  const descriptor = parseDescriptor(address);
  return descriptor === undefined ? parseAddress(address) : { kind: 'descriptor', descriptor };
};

const listen = (address: string): ResultAsync<Listener, ListenError> => {
  const attempt = async (): Promise<Result<Listener, ListenError['reason']>> => {
    const place = placeOf(address);
    return place === undefined ? err('bad-address') : openListener(place);
  };
  return ResultAsync.fromPromise(attempt(), listenReason)
    .andThen((listener) => listener)
    .mapErr((reason) => ({ kind: 'listen', address, reason }));
};

/** TCP with keep-alive and without delay; Unix sockets are 0600 and double as locks. */
export const nodeNetwork = (): Network => ({ dial, listen });
