/**
 * The SMTP bridge: mail programs submit here, and 250 means that the mail is on disk.
 *
 * The library owns its sockets and timers; everything else comes in from outside.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { makeCounts, type Count } from '../../src/control/counts.js';
import type { LoginRules } from '../../src/control/login.js';
import type { RunningBridge } from '../../src/control/serve.js';
import { within } from '../../src/control/within.js';
import { formatAddress, parseAddress } from '../../src/io/address.js';
import type { Clock, ListenError, Log } from '../../src/io/contracts.js';
import type { Address, MixClient } from '../../src/index.js';
import { handlersOf, type Gate } from './handlers.js';
import { SHUTTING_DOWN } from './replies.js';
import { BridgeServer, PRIVATE_SETTINGS } from './server.js';

const MODULE = 'smtp';
/** The client's own default. */
const DEFAULT_MAX_MAIL_LENGTH = 32 * 1024 * 1024;
const MAX_RECIPIENTS = 100;
const MAX_CLIENTS = 32;
/** RFC 5321 §4.5.3.2: five minutes for a command. */
const IDLE_MS = 5 * 60_000;
/** How long a close waits for mails in the client's hands, and then for peers to leave. */
const CLOSE_GRACE_MS = 1500;

export interface SmtpOptions {
  /** `host:port`; port 0 picks one. */
  readonly address: string;
  readonly client: MixClient;
  /** The accounts that may submit, with their generated passwords. */
  readonly accounts: LoginRules['passwords'];
  /** Nobody has to log in and any password will do; for loopback only. */
  readonly allowAnyPassword?: boolean;
  /** Accounts that may write to addresses whose key has still to be found. */
  readonly discovering?: ReadonlySet<Address>;
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
export const serveSmtp = (options: SmtpOptions): ResultAsync<RunningBridge, ListenError> => {
  const gate: Gate = { closing: false, busy: new Map() };
  const counts = makeCounts();
  const server = makeServer(options, gate, counts.count);
  server.on('error', (error: Error & { readonly code?: string }) =>
    options.log.write('info', MODULE, 'a connection failed', { reason: error.code }),
  );
  return listen(server, options.address).map((address) => {
    let closed: Promise<void> | undefined;
    return {
      address,
      status: () => ({ sessions: server.open, counters: counts.snapshot() }),
      close: () => (closed ??= close(server, gate, options.clock)),
    };
  });
};

const makeServer = (options: SmtpOptions, gate: Gate, count: Count): BridgeServer => {
  const { client, accounts, clock, allowAnyPassword = false } = options;
  const { maxMailLength = DEFAULT_MAX_MAIL_LENGTH, discovering = new Set() } = options;
  const login = { passwords: accounts, allowAnyPassword };
  const watch = {
    clock,
    count,
    isOpen: allowAnyPassword,
    isBusy: (id: string) => gate.busy.has(id),
  };
  const settings = {
    ...PRIVATE_SETTINGS,
    disabledCommands: [...PRIVATE_SETTINGS.disabledCommands],
    authMethods: [...PRIVATE_SETTINGS.authMethods],
    authOptional: allowAnyPassword,
    size: maxMailLength,
    maxRecipients: MAX_RECIPIENTS,
    maxClients: options.maxClients ?? MAX_CLIENTS,
    socketTimeout: IDLE_MS,
    ...handlersOf({ client, login, maxMailLength, discovering }, clock, gate),
  };
  return new BridgeServer(settings, watch);
};

const listen = (server: BridgeServer, address: string): ResultAsync<string, ListenError> => {
  const parsed = parseAddress(address);
  const bound = new Promise<Result<string, ListenError>>((resolve) => {
    if (parsed?.kind !== 'tcp') {
      resolve(err({ kind: 'listen', address, reason: 'bad-address' }));
      return;
    }
    server.once('error', (error) =>
      resolve(err({ kind: 'listen', address, reason: reasonOf(error) })),
    );
    server.listen(parsed.port, parsed.host, () => resolve(ok(boundAddress(server, parsed.host))));
  });
  return new ResultAsync(bound);
};

const reasonOf = (error: unknown): ListenError['reason'] => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'in-use';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'bad-address';
};

const boundAddress = (server: BridgeServer, host: string): string => {
  const bound = server.server.address();
  if (bound === null || typeof bound === 'string') return host;
  return formatAddress({ kind: 'tcp', host, port: bound.port });
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
