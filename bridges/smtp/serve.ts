/**
 * The SMTP bridge: mail programs submit here, and 250 means that the mail is on disk.
 *
 * LMTP (RFC 2033) is the same with an answer for each recipient. On a Unix socket that only its
 * owner can open (mode 0600) nobody has to log in: whoever connects may read the passwords anyway.
 *
 * The library owns its sockets and timers; everything else comes in from outside.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { makeCounts, type Count } from '../../src/control/counts.js';
import type { LoginRules } from '../../src/control/login.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { within } from '../../src/control/within.js';
import { formatAddress, parseAddress, parseDescriptor } from '../../src/io/address.js';
import type { NodeTlsOptions } from '../../src/io/node.js';
import { bindUnix, isPrivateSocket } from '../../src/io/node/unix-socket.js';
import type { Clock, ListenError, Log } from '../../src/io/contracts.js';
import type { ForeignFrom } from '../../src/mail/own-sender.js';
import { handlersOf, type Gate } from './handlers.js';
import { SHUTTING_DOWN } from './replies.js';
import { BridgeServer, PRIVATE_SETTINGS } from './server.js';
import type { SmtpClient, Submission } from './transaction.js';

const MODULE = 'smtp';
/** The client's own default. */
const DEFAULT_MAX_MAIL_LENGTH = 32 * 1024 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_CLIENTS = 32;
/** RFC 5321 §4.5.3.2: five minutes for a command. */
const IDLE_MS = 5 * 60_000;
/** How long a close waits for mails in the client's hands, and then for peers to leave. */
const CLOSE_GRACE_MS = 1500;

export interface RunningSmtp extends RunningBridge {
  /** Shows another certificate from the next handshake on; throws where the two are no pair. */
  renewCertificate(tls: NodeTlsOptions): void;
}

export interface SmtpOptions {
  /** `host:port`, port 0 picks one; `unix:/path`; or `fd:3`, a socket that the process was given open. */
  readonly address: string;
  readonly client: SmtpClient;
  /** The accounts that may submit, with their generated passwords. */
  readonly accounts: LoginRules['passwords'];
  /** Nobody has to log in and any password will do; for loopback only. */
  readonly allowAnyPassword?: boolean;
  /** Default `smtp`. */
  readonly protocol?: 'smtp' | 'lmtp';
  /** STARTTLS is offered, and log-in only behind it. Absent: for this machine only. */
  readonly tls?: NodeTlsOptions;
  /** A mail whose From or Sender is not its account's; default `refuse`. */
  readonly foreignFrom?: ForeignFrom;
  /** Most bytes of a mail; default 32 MiB. */
  readonly maxMailLength?: number;
  /** Most connections at once; more hear 421. */
  readonly maxClients?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Listens for mail programs.
 *
 * @errors `listen` — the address is in use, denied or bad
 */
export const serveSmtp = (options: SmtpOptions): ResultAsync<RunningSmtp, ListenError> => {
  const gate: Gate = { closing: false, busy: new Map() };
  const counts = makeCounts();
  const trust: Trust = { isOpen: options.allowAnyPassword ?? false };
  const server = makeServer(options, { gate, trust, count: counts.count });
  server.on('error', (error: Error & { readonly code?: string }) =>
    options.log.write('info', MODULE, 'a connection failed', { reason: error.code }),
  );
  const bound = listen(server, options.address).andThen((each) =>
    ResultAsync.fromSafePromise(trustOwnSocket(server, trust, each.socket)).map(() => each),
  );
  return bound.map(({ address, release }) => {
    let closed: Promise<void> | undefined;
    return {
      address,
      status: () => ({ sessions: server.open, counters: counts.snapshot() }),
      close: () => (closed ??= close(server, gate, options.clock).then(release)),
      renewCertificate: (tls) => server.updateSecureContext(tls),
    };
  });
};

/** Whether nobody has to log in. */
interface Trust {
  isOpen: boolean;
}

interface Parts {
  readonly gate: Gate;
  readonly trust: Trust;
  readonly count: Count;
}

const makeServer = (options: SmtpOptions, { gate, trust, count }: Parts): BridgeServer => {
  const { clock, tls } = options;
  const isOpen = (): boolean => trust.isOpen;
  const isBusy = (id: string): boolean => gate.busy.has(id);
  const submission = submissionOf(options, isOpen);
  const settings = {
    ...PRIVATE_SETTINGS,
    // The library's built-in key is public: without one of ours there is no TLS.
    disabledCommands: [...PRIVATE_SETTINGS.disabledCommands, ...(tls ? [] : ['STARTTLS'])],
    authMethods: [...PRIVATE_SETTINGS.authMethods],
    authOptional: trust.isOpen,
    allowInsecureAuth: tls === undefined,
    ...tls,
    lmtp: submission.perRecipient,
    size: submission.maxMailLength,
    maxRecipients: MAX_RECIPIENTS,
    maxClients: options.maxClients ?? MAX_CLIENTS,
    socketTimeout: IDLE_MS,
    ...handlersOf({ submission, clock, gate }),
  };
  return new BridgeServer(settings, { clock, count, isOpen, isBusy, needsTls: tls !== undefined });
};

const submissionOf = (options: SmtpOptions, isOpen: () => boolean): Submission => ({
  client: options.client,
  login: { passwords: options.accounts, allowAnyPassword: options.allowAnyPassword ?? false },
  isOpen,
  maxMailLength: options.maxMailLength ?? DEFAULT_MAX_MAIL_LENGTH,
  foreignFrom: options.foreignFrom ?? 'refuse',
  perRecipient: options.protocol === 'lmtp',
});

/** Lets everybody in who can open our Unix socket, where that is its owner only. */
const trustOwnSocket = async (
  server: BridgeServer,
  trust: Trust,
  socket: string | undefined,
): Promise<void> => {
  if (socket === undefined || !(await isPrivateSocket(socket))) return;
  trust.isOpen = true;
  server.trustAll();
};

/** What is listened on, and what is left to do when it no longer is. */
interface Bound {
  readonly address: string;
  /** Path of a Unix socket. */
  readonly socket: string | undefined;
  readonly release: () => Promise<void>;
}

const listen = (server: BridgeServer, address: string): ResultAsync<Bound, ListenError> =>
  new ResultAsync(bind(server, address)).mapErr((reason) => ({ kind: 'listen', address, reason }));

/** At a port, on a socket that is there already, or at a path of our own. */
const bind = async (
  server: BridgeServer,
  address: string,
): Promise<Result<Bound, ListenError['reason']>> => {
  const fd = parseDescriptor(address);
  const parsed = parseAddress(address);
  if (parsed?.kind === 'unix') {
    const bound = await bindUnix(server.server, parsed.path, (path) => start(server, { path }));
    return bound.map((release) => ({ address, socket: parsed.path, release }));
  }
  const place = fd === undefined ? parsed && { host: parsed.host, port: parsed.port } : { fd };
  const refusal = place === undefined ? 'bad-address' : await start(server, place);
  if (refusal !== undefined) return err(refusal);
  const bound = server.server.address();
  const socket = typeof bound === 'string' ? bound : undefined;
  return ok({ address: boundAddress(server), socket, release: () => Promise.resolve() });
};

type Place = { readonly path: string } | { readonly fd: number } | { host: string; port: number };

const start = (server: BridgeServer, place: Place): Promise<ListenError['reason'] | undefined> =>
  new Promise((resolve) => {
    server.once('error', (error) => resolve(reasonOf(error)));
    server.listen(place, () => resolve(undefined));
  });

const reasonOf = (error: unknown): ListenError['reason'] => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'in-use';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'bad-address';
};

const boundAddress = (server: BridgeServer): string => {
  const bound = server.server.address();
  if (typeof bound === 'string') return formatAddress({ kind: 'unix', path: bound });
  return formatAddress({ kind: 'tcp', host: bound?.address ?? '', port: bound?.port ?? 0 });
};

/** Mails in the client's hands get their reply; everybody else hears 421 at once. */
const close = async (server: BridgeServer, gate: Gate, clock: Clock): Promise<void> => {
  gate.closing = true;
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.dismiss(SHUTTING_DOWN, gate.busy);
  await within(clock, CLOSE_GRACE_MS, Promise.all(gate.busy.values()));
  server.dismiss(SHUTTING_DOWN, NOBODY);
  await within(clock, CLOSE_GRACE_MS, ended);
  server.cut();
};

const NOBODY: ReadonlyMap<string, unknown> = new Map();
