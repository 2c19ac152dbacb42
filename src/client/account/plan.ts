/**
 * The plan: a configuration checked and completed, before anything is opened.
 * @module
 */
import { err, ok, Result } from 'neverthrow';
import { normaliseAddress } from '../../mail/address.js';
import type { NetworkConfig } from '../../pki/network.js';
import { checkUpstream } from '../link/upstream.js';
import type {
  AccountConfig,
  Address,
  ClientTuning,
  ConfigError,
  MailDelay,
  MixClientConfig,
  SanitiseMode,
  SanitiseOptions,
} from '../types.js';

/** One account, checked. */
export interface AccountPlan {
  readonly address: Address;
  /** As it is on the wire. */
  readonly user: string;
  /** As documents name it. */
  readonly provider: string;
  readonly pin: Uint8Array | undefined;
  /** Which of its addresses to use, in order. */
  readonly transports: readonly string[];
  readonly network: NetworkConfig;
  /** Absolute. */
  readonly directory: string;
  readonly readers: readonly string[];
  readonly sanitise: SanitiseMode;
  readonly sanitising: SanitiseOptions;
  readonly paused: boolean;
  readonly delay: MailDelay;
  /** Whether providers may be asked for keys. */
  readonly keyDiscovery: boolean;
  readonly linkKey: Uint8Array | undefined;
  readonly identityKey: Uint8Array | undefined;
}

/** Tunables with their defaults; what has none depends on the document. */
export interface Tuning {
  readonly bounceMs: number;
  readonly requestMs: number;
  readonly pollingMs: number | undefined;
  readonly slackMs: number | undefined;
  readonly decoys: boolean;
  readonly maxMailLength: number;
  readonly pathsByHand: boolean;
}

const HOUR_MS = 3_600_000;
const KEY_LENGTH = 32;
const DEFAULT_READERS = ['inbox'];
const DEFAULT_TRANSPORTS = ['tcp', 'tcp4', 'tcp6'];

export const tuningOf = (tuning: ClientTuning = {}): Tuning => ({
  bounceMs: tuning.bounceQueueLifetimeMs ?? 5 * 24 * HOUR_MS,
  requestMs: tuning.urgentQueueLifetimeMs ?? HOUR_MS,
  pollingMs: tuning.pollingIntervalMs,
  slackMs: tuning.retransmitSlackMs,
  decoys: tuning.sendDecoyTraffic ?? true,
  maxMailLength: tuning.maxMailLength ?? 32 * 1024 * 1024,
  pathsByHand: tuning.pathsByHand ?? false,
});

/** All accounts of a configuration. @errors `config`: the first thing that is wrong */
export const planAccounts = (
  config: MixClientConfig,
): Result<readonly AccountPlan[], ConfigError> =>
  checkStorageKey(config)
    .andThen(() => checkUpstream(config.upstreamProxy))
    .andThen(() => checkTransports(config))
    .andThen(() =>
      Result.combine(config.accounts.map((each, i) => planAccount(config, each, `accounts[${i}]`))),
    )
    .andThrough(checkUnique);

/** One more account, beside those that are `open`. @errors `config`, about `account` */
export const planAdded = (
  config: MixClientConfig,
  account: AccountConfig,
  open: readonly Address[],
): Result<AccountPlan, ConfigError> =>
  planAccount(config, account, 'account').andThen((plan) =>
    open.includes(plan.address) ? refuse('account.user', 'a second account') : ok(plan),
  );

const checkStorageKey = ({ storageKey }: MixClientConfig): Result<void, ConfigError> =>
  storageKey.length === KEY_LENGTH ? ok(undefined) : refuse('storageKey', '32 bytes are needed');

const checkTransports = ({ preferredTransports }: MixClientConfig): Result<void, ConfigError> =>
  preferredTransports?.length === 0
    ? refuse('preferredTransports', 'one is needed')
    : ok(undefined);

const planAccount = (
  config: MixClientConfig,
  account: AccountConfig,
  where: string,
): Result<AccountPlan, ConfigError> => {
  const at = (key: keyof AccountConfig): string => `${where}.${key}`;
  const isKnown = Object.hasOwn(config.networks, account.network);
  const network = isKnown ? config.networks[account.network] : undefined;
  if (network === undefined) return refuse(at('network'), `no network ${account.network}`);
  const badKey = KEYS.find((key) => (account[key]?.length ?? KEY_LENGTH) !== KEY_LENGTH);
  if (badKey !== undefined) return refuse(at(badKey), '32 bytes are needed');
  const readers = account.readers ?? DEFAULT_READERS;
  if (readers.length === 0) return refuse(at('readers'), 'one is needed');
  const caseSensitive = config.tuning?.caseSensitiveUserIdentifiers ?? false;
  return normaliseAddress(`${account.user}@${account.provider}`, { caseSensitive })
    .mapErr(({ problem }): ConfigError => {
      const key = problem === 'domain' ? 'provider' : 'user';
      return { kind: 'config', key: at(key), problem };
    })
    .map(({ address, user, domain }) => ({
      address,
      user,
      provider: domain,
      pin: account.providerKeyPin,
      transports: config.preferredTransports ?? DEFAULT_TRANSPORTS,
      network,
      directory: `${config.dataDir}/${fileNameOf(address)}`,
      readers,
      sanitise: account.sanitise ?? 'headers',
      sanitising: account.sanitising ?? {},
      paused: account.paused ?? false,
      delay: account.delay ?? 'usual',
      keyDiscovery: account.keyDiscovery ?? false,
      linkKey: account.linkKey,
      identityKey: account.identityKey,
    }));
};

const KEYS = ['providerKeyPin', 'linkKey', 'identityKey'] as const;

const checkUnique = (plans: readonly AccountPlan[]): Result<void, ConfigError> => {
  const names = plans.map(({ address }) => address);
  const twice = names.findIndex((address, index) => names.indexOf(address) !== index);
  return twice < 0 ? ok(undefined) : refuse(`accounts[${twice}].user`, 'a second account');
};

/** A quoted user name may hold a slash, which must not become a directory. */
export const fileNameOf = (address: Address): string =>
  address.replace(/[^A-Za-z0-9@._+-]/gu, (char) => encodeURIComponent(char));

const refuse = (key: string, problem: string): Result<never, ConfigError> =>
  err({ kind: 'config', key, problem });
