/**
 * What a command can ask of a daemon beside the client's own methods.
 * @module
 */
import { err, ok, ResultAsync } from 'neverthrow';
import { clientMethods } from '../../bridges/management/index.js';
import { accountJson } from '../../bridges/management/shapes.js';
import { toBase64 } from '../../src/bytes/text.js';
import type { Json, JsonObject } from '../../src/control/json.js';
import {
  gives,
  rpcMethod,
  streams,
  text,
  value,
  type RpcMethods,
} from '../../src/control/method.js';
import { NOTHING } from '../../src/control/schema.js';
import type { RunningBridge } from '../../src/control/serve.js';
import type { Clock, FilesError } from '../../src/io/contracts.js';
import type { AccountStatus, Address, MixClient, UnknownAccount } from '../../src/index.js';
import { VERSION } from '../version.js';
import type { MailListeners } from './bridges.js';
import type { BadPassword } from './passwords.js';
import { noticeJson, noticesOf } from '../notify/notices.js';
import { NOTICE, SHOWN_ACCOUNT, STATUS } from './schemas.js';
import type { DaemonState, Listeners } from './state.js';

export interface MethodDeps {
  readonly clock: Clock;
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
  readonly setPassword: (
    account: Address,
    password: string,
  ) => ResultAsync<void, FilesError | BadPassword | UnknownAccount>;
  readonly removeAccount: (account: string) => ResultAsync<void, UnknownAccount>;
  readonly bridges: MailListeners;
  readonly state: DaemonState;
  readonly shutdown: () => void;
  /** Reads the configuration again; absent: there is none to be read. */
  readonly reload?: () => Promise<void>;
}

const ACCOUNT_PARAM = { account: text('an account’s address') };

/** All methods of a daemon, by name. */
export const daemonMethods = (deps: MethodDeps): RpcMethods => ({
  ...clientMethods(deps.client),
  status: rpcMethod({ summary: 'how the daemon does', params: {}, answer: gives(STATUS) }, () =>
    ok(value(daemonStatus(deps))),
  ),
  ...noticeMethods(deps),
  ...ownAccountMethods(deps),
  shutdown: rpcMethod(
    { summary: 'ends the daemon in good order', params: {}, answer: gives(NOTHING) },
    () => {
      deps.shutdown();
      return ok(value(null));
    },
  ),
  ...reloadMethods(deps),
});

/** What the daemon has of accounts beside the client. */
const ownAccountMethods = (deps: MethodDeps): RpcMethods => ({
  // Its folders and its log-in go with it.
  'accounts.remove': rpcMethod(
    {
      summary: 'closes an account and all that serves it; what it has on disk stays',
      params: ACCOUNT_PARAM,
      answer: gives(NOTHING),
    },
    ({ account }) => deps.removeAccount(account).map(() => value(null)),
  ),
  'account.show': rpcMethod(
    {
      summary: 'an account’s public keys, and what a mail program needs to use it',
      params: ACCOUNT_PARAM,
      answer: gives(SHOWN_ACCOUNT),
    },
    ({ account }) => {
      const shown = showAccount({ ...deps, listeners: listenersOf(deps.bridges) }, account);
      return shown === undefined ? err({ kind: 'unknown-account', account }) : ok(value(shown));
    },
  ),
  'account.setPassword': rpcMethod(
    {
      summary: 'gives mail programs another password, at once',
      params: { ...ACCOUNT_PARAM, password: text('8 to 128 visible characters of ASCII') },
      answer: gives(NOTHING),
    },
    ({ account, password }) => deps.setPassword(account, password).map(() => value(null)),
  ),
});

const reloadMethods = ({ reload }: MethodDeps): RpcMethods =>
  reload === undefined
    ? {}
    : {
        reload: rpcMethod(
          {
            summary: 'reads configuration, recipients and passwords again, as SIGHUP does',
            params: {},
            answer: gives(NOTHING),
          },
          () => ResultAsync.fromSafePromise(reload()).map(() => value(null)),
        ),
      };

const noticeMethods = (deps: MethodDeps): RpcMethods => ({
  notices: rpcMethod(
    {
      summary:
        'that mail has come, and nothing of it; the first at once, then at most one a second',
      params: {},
      answer: streams(NOTICE),
    },
    (_, signal) => ok({ kind: 'stream', items: noticeLines(deps, signal) }),
  ),
});

async function* noticeLines(
  { client, clock }: MethodDeps,
  signal: AbortSignal,
): AsyncGenerator<Json, void> {
  for await (const notice of noticesOf({ client, clock, content: false, signal })) {
    yield noticeJson(notice);
  }
}

const daemonStatus = ({ client, bridges, clock, state }: MethodDeps): JsonObject => ({
  version: VERSION,
  pid: process.pid,
  upMs: Math.round(clock.monotonic() - state.startedMs),
  ...listenersJson(listenersOf(bridges)),
  sessions: { smtp: bridgeJson(bridges.smtp), pop3: bridgeJson(bridges.pop3) },
  recipients: client.recipients.list().length,
  needsRestart: state.needsRestart,
  ...statusJson(client.accounts.status()),
});

const bridgeJson = (bridge: RunningBridge | undefined): Json =>
  bridge === undefined ? null : { ...bridge.status() };

const listenersOf = ({ smtp, pop3 }: MailListeners): Listeners => ({
  smtp: smtp?.address,
  pop3: pop3?.address,
});

const listenersJson = ({ smtp, pop3 }: Listeners): JsonObject => ({
  smtp: smtp ?? null,
  pop3: pop3 ?? null,
});

/** How an account is where nothing keeps it from its provider. */
const WELL: readonly AccountStatus['connection']['kind'][] = ['connected', 'paused'];

/** All accounts, and the sums over them. */
export const statusJson = (accounts: readonly AccountStatus[]): JsonObject => {
  const sum = (count: (account: AccountStatus) => number): number =>
    accounts.reduce((total, account) => total + count(account), 0);
  return {
    connected: accounts.every(({ connection }) => WELL.includes(connection.kind)),
    inbox: { count: sum(({ inbox }) => inbox.count) },
    outbox: {
      mails: sum(({ outbox }) => outbox.mails),
      blocks: sum(({ outbox }) => outbox.blocks),
    },
    fragments: sum(({ fragments }) => fragments),
    replyBlocks: sum(({ replyBlocks }) => replyBlocks),
    accounts: accounts.map((account): Json => accountJson(account)),
  };
};

/** What a person puts into a mail program, and tells those who write. */
export const showAccount = (
  deps: Pick<MethodDeps, 'client' | 'passwords'> & { readonly listeners: Listeners },
  account: string,
): JsonObject | undefined =>
  deps.client.accounts.keys(account).match(
    ({ identityKey, linkKey }) => ({
      account,
      identityKey: toBase64(identityKey),
      linkKey: toBase64(linkKey),
      ...departureJson(deps.client, account),
      password: deps.passwords.get(account) ?? null,
      ...listenersJson(deps.listeners),
    }),
    () => undefined,
  );

const departureJson = ({ accounts }: MixClient, account: string): JsonObject =>
  accounts.departure(account).match(
    ({ delay, nextBatchAtMs }) => ({ delay, nextBatchAtMs: nextBatchAtMs ?? null }),
    () => ({}),
  );
