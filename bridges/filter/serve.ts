/**
 * The filter in front of an SMTP server: a mail program sends through it, and what it sends arrives
 * sanitised.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import {
  SMTPServer,
  type SMTPServerAddress,
  type SMTPServerDataStream,
  type SMTPServerError,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server';
import { utf8 } from '../../src/bytes/text.js';
import { concatAll } from '../../src/bytes/writer.js';
import { makeCounts, type Count } from '../../src/control/counts.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { within } from '../../src/control/within.js';
import { formatAddress, parseAddress } from '../../src/io/address.js';
import type { Clock, ListenError, Log, Random } from '../../src/io/contracts.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { withCrlf } from '../../src/mail/line-ends.js';
import type { SanitisePolicy, Threads } from '../../src/sanitise/policy.js';
import { normalForm } from '../../src/sanitise/sanitise.js';
import { stuffed } from '../mta/data.js';
import { isRefusal, type Reply } from '../mta/replies.js';
import { replyFor, type FilterError } from './replies.js';
import { openUpstream, type Upstream, type UpstreamOptions } from './upstream.js';

const MODULE = 'filter';
const MAX_CLIENTS = 32;
const MAX_RECIPIENTS = 1000;
const DEFAULT_MAX_MAIL_LENGTH = 32 * 1024 * 1024;
const IDLE_MS = 5 * 60_000;
/** How long a close waits for mails that are on their way. */
const CLOSE_GRACE_MS = 3000;

export interface FilterOptions {
  /** `host:port`; nobody has to log in, so it is to be one that only its user can reach. */
  readonly address: string;
  readonly upstream: UpstreamOptions;
  readonly policy: SanitisePolicy;
  readonly threads?: Threads;
  /** Most bytes of a mail; default 32 MiB. */
  readonly maxMailLength?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The upstream of each session that has begun a transaction. */
type Sessions = Map<string, Upstream>;

interface Running {
  readonly options: FilterOptions;
  readonly sessions: Sessions;
  readonly count: Count;
}

/**
 * Listens for mail programs.
 *
 * @errors `listen` — the address is in use, denied or bad
 */
export const serveFilter = (options: FilterOptions): ResultAsync<RunningBridge, ListenError> => {
  const counts = makeCounts();
  const running: Running = { options, sessions: new Map(), count: counts.count };
  const server = new SMTPServer(settingsOf(running));
  server.on('error', (error: Error & { readonly code?: string }) =>
    options.log.write('info', MODULE, 'a connection failed', { reason: error.code }),
  );
  return listen(server, options.address).map((address) => {
    let closed: Promise<void> | undefined;
    return {
      address,
      status: () => ({ sessions: server.connections.size, counters: counts.snapshot() }),
      close: () => (closed ??= close(server, running)),
    };
  });
};

const settingsOf = (running: Running): SMTPServerOptions => ({
  name: 'localhost',
  heloResponse: '%s',
  disableReverseLookup: true,
  logger: false,
  disabledCommands: ['STARTTLS', 'AUTH', 'XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'],
  authOptional: true,
  // The upstream's replies bring their own.
  hideENHANCEDSTATUSCODES: true,
  size: running.options.maxMailLength ?? DEFAULT_MAX_MAIL_LENGTH,
  maxClients: MAX_CLIENTS,
  maxRecipients: MAX_RECIPIENTS,
  socketTimeout: IDLE_MS,
  onMailFrom: (address, session, callback) =>
    void begin(running, session, address).then((reply) => callback(errorOf(running, reply))),
  onRcptTo: ({ address }, session, callback) =>
    void ask(running, session, `RCPT TO:<${address}>`).then((reply) =>
      callback(errorOf(running, reply)),
    ),
  onData: (stream, session, callback) =>
    void pass(running, session, stream).then((reply) => {
      const refused = errorOf(running, reply);
      if (refused === null) running.count('passed');
      callback(refused, reply.text);
    }),
  onClose: ({ id }) => {
    running.sessions.get(id)?.close();
    running.sessions.delete(id);
  },
});

/** The library takes a reply as an error with a code. */
const errorOf = ({ count }: Running, { code, text }: Reply): SMTPServerError | null => {
  if (code < 400) return null;
  count(`reply.${code}`);
  return Object.assign(new Error(text), { responseCode: code });
};

const GONE: FilterError = { kind: 'unreachable' };

/** A transaction upstream, on the connection that the session has or on a new one. */
const begin = async (
  running: Running,
  session: SMTPServerSession,
  sender: SMTPServerAddress,
): Promise<Reply> => {
  const { sessions, options } = running;
  const before = sessions.get(session.id);
  const reset = await before?.ask('RSET');
  if (reset === undefined || isRefusal(reset)) {
    before?.close();
    const opened = await openUpstream(options.upstream);
    if (opened.isErr()) return replyFor(opened.error);
    sessions.set(session.id, opened.value);
  }
  const from = senderOf(options.policy, sender.address);
  return ask(running, session, `MAIL FROM:<${from}>${parametersFor(running, session, sender)}`);
};

/** What a mail of ours may need, said wherever the upstream knows it, so that it tells nothing. */
const parametersFor = (
  { sessions }: Running,
  { id }: SMTPServerSession,
  { args }: SMTPServerAddress,
): string => {
  const body = sessions.get(id)?.offers.includes('8BITMIME') === true ? ' BODY=8BITMIME' : '';
  return args !== false && 'SMTPUTF8' in args ? `${body} SMTPUTF8` : body;
};

/** The envelope's sender as From has it: an own address, else the main one; empty stays empty. */
const senderOf = ({ addresses = [] }: SanitisePolicy, address: string): string => {
  const plain = (text: string): string =>
    normaliseAddress(text).match(
      (normal) => normal.address,
      () => text,
    );
  const own = addresses.map(plain);
  const [main] = own;
  return address === '' || main === undefined || own.includes(plain(address)) ? address : main;
};

const ask = async (
  { sessions }: Running,
  { id }: SMTPServerSession,
  line: string,
): Promise<Reply> => (await sessions.get(id)?.ask(line)) ?? replyFor(GONE);

/** Takes a mail, sanitises it and hands it on; the reply is the upstream's, or why it has none. */
const pass = async (
  running: Running,
  session: SMTPServerSession,
  stream: SMTPServerDataStream,
): Promise<Reply> => {
  const { options, sessions } = running;
  const limit = options.maxMailLength ?? DEFAULT_MAX_MAIL_LENGTH;
  const read = await collect(stream, limit);
  const clean = read.andThen((mail) =>
    normalForm(mail, options.policy, {
      nowMs: options.clock.now(),
      random: options.random,
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    }).mapErr((error): FilterError => error),
  );
  if (clean.isErr()) return replyFor(clean.error);
  const upstream = sessions.get(session.id);
  const ready = (await upstream?.ask('DATA')) ?? replyFor(GONE);
  if (ready.code !== 354) return isRefusal(ready) ? ready : replyFor(GONE);
  return (await upstream?.send(stuffed(withCrlf(clean.value.mail)))) ?? replyFor(GONE);
};

const collect = async (
  stream: SMTPServerDataStream,
  limit: number,
): Promise<Result<Uint8Array, FilterError>> => {
  const pieces: Uint8Array[] = [];
  const read = async (): Promise<void> => {
    for await (const piece of stream) {
      if (stream.byteLength > limit) pieces.length = 0;
      else if (piece instanceof Uint8Array) pieces.push(piece);
      else if (typeof piece === 'string') pieces.push(utf8(piece));
    }
  };
  const done = await ResultAsync.fromPromise(read(), () => GONE);
  if (done.isErr()) return err(done.error);
  return stream.byteLength > limit ? err({ kind: 'mail-too-large', limit }) : ok(concatAll(pieces));
};

const listen = (server: SMTPServer, address: string): ResultAsync<string, ListenError> =>
  new ResultAsync(bind(server, address)).mapErr((reason) => ({ kind: 'listen', address, reason }));

const bind = (
  server: SMTPServer,
  address: string,
): Promise<Result<string, ListenError['reason']>> =>
  new Promise((resolve) => {
    const parsed = parseAddress(address);
    if (parsed?.kind !== 'tcp') {
      resolve(err('bad-address'));
      return;
    }
    server.once('error', (error: Error) => resolve(err(reasonOf(error))));
    server.listen({ host: parsed.host, port: parsed.port }, () => {
      const bound = server.server.address();
      const { address: host, port } =
        typeof bound === 'object' && bound !== null ? bound : { address: '', port: 0 };
      resolve(ok(formatAddress({ kind: 'tcp', host, port })));
    });
  });

const reasonOf = (error: Error): ListenError['reason'] => {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'in-use';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'bad-address';
};

const close = async (server: SMTPServer, { sessions, options }: Running): Promise<void> => {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  await within(options.clock, CLOSE_GRACE_MS, ended);
  for (const upstream of sessions.values()) upstream.close();
};
