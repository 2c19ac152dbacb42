/**
 * What a command can ask of a daemon beside the client's own methods.
 * @module
 */
import { err, ok } from 'neverthrow';
import { clientMethods } from '../../bridges/management/index.js';
import { toBase64 } from '../../src/bytes/text.js';
import type { Json, JsonObject } from '../../src/control/json.js';
import { rpcMethod, value, type RpcMethods } from '../../src/control/json-rpc.js';
import { accountJson } from '../../bridges/management/shapes.js';
import type { AccountStatus, Address, MixClient } from '../../src/index.js';
import type { Listeners } from './bridges.js';

export interface MethodDeps {
  readonly client: MixClient;
  readonly passwords: ReadonlyMap<Address, string>;
  readonly listeners: Listeners;
  readonly shutdown: () => void;
}

/** All methods of a daemon, by name. */
export const daemonMethods = (deps: MethodDeps): RpcMethods => ({
  ...clientMethods(deps.client),
  status: rpcMethod(nothing, () => ok(value(daemonStatus(deps)))),
  'account.show': rpcMethod(
    (params) => params.text('account'),
    (account) => {
      const shown = showAccount(deps, account);
      return shown === undefined ? err({ kind: 'unknown-account', account }) : ok(value(shown));
    },
  ),
  shutdown: rpcMethod(nothing, () => {
    deps.shutdown();
    return ok(value(null));
  }),
});

const nothing = (): undefined => undefined;

const daemonStatus = ({ client, listeners }: MethodDeps): JsonObject => ({
  pid: process.pid,
  ...listenersJson(listeners),
  ...statusJson(client.accounts.status()),
});

const listenersJson = ({ smtp, pop3 }: Listeners): JsonObject => ({
  smtp: smtp ?? null,
  pop3: pop3 ?? null,
});

/** All accounts, and the sums over them. */
export const statusJson = (accounts: readonly AccountStatus[]): JsonObject => {
  const sum = (count: (account: AccountStatus) => number): number =>
    accounts.reduce((total, account) => total + count(account), 0);
  return {
    connected: accounts.every(({ connection }) => connection.kind === 'connected'),
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
  deps: Omit<MethodDeps, 'shutdown'>,
  account: string,
): JsonObject | undefined =>
  deps.client.accounts.keys(account).match(
    ({ identityKey, linkKey }) => ({
      account,
      identityKey: toBase64(identityKey),
      linkKey: toBase64(linkKey),
      password: deps.passwords.get(account) ?? null,
      ...listenersJson(deps.listeners),
    }),
    () => undefined,
  );
