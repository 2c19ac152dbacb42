/**
 * The POP3 bridge: mail programs fetch received mail here.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import type { LoginRules } from '../../src/control/login.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import type { Clock, ListenError, Log, Network, TlsServer } from '../../src/io/contracts.js';
import type { MixClient } from '../../src/index.js';
import type { LoginDeps } from './login.js';
import { holdSession } from './session.js';

const MODULE = 'pop3';
const MAX_SESSIONS = 32;
const DEFAULT_READER = 'inbox';

export interface Pop3Options {
  readonly network: Network;
  /** `host:port` or `unix:/path`; port 0 picks one. */
  readonly address: string;
  readonly client: MixClient;
  /** The accounts that have a mailbox here, with their generated passwords. */
  readonly accounts: LoginRules['passwords'];
  /** Any password will do; for loopback only. */
  readonly allowAnyPassword?: boolean;
  /** Required of every peer where it is given, from the first byte or by STLS. */
  readonly tls?: TlsServer;
  /** Our name among the readers of the inbox; default `inbox`. */
  readonly reader?: string;
  /** Most connections at once. */
  readonly maxSessions?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Listens for mail programs.
 *
 * @errors `listen` — the address is in use, denied or bad
 */
export const servePop3 = (options: Pop3Options): ResultAsync<RunningBridge, ListenError> => {
  const { network, address, clock, log, tls, maxSessions = MAX_SESSIONS } = options;
  const deps = { ...depsOf(options), tls };
  return serve({
    network,
    address,
    clock,
    log,
    module: MODULE,
    maxSessions,
    refusal: utf8('-ERR [SYS/TEMP] Too many connections\r\n'),
    session: (duplex, signal, count) => holdSession({ ...deps, count }, duplex, signal),
  });
};

const depsOf = (options: Pop3Options): LoginDeps => {
  const { client, accounts, clock, allowAnyPassword = false, reader = DEFAULT_READER } = options;
  return {
    source: { client, reader, locks: new Set() },
    login: { passwords: accounts, allowAnyPassword },
    clock,
  };
};
