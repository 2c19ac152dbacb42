/**
 * The daemon's configuration: its TOML file brought into the form that its parts take.
 * @module
 */
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { AccountConfig, Address, ClientTuning, MixClientConfig } from '../../src/index.js';
import { normaliseAddress, type AddressError } from '../../src/mail/address.js';
import type { ForeignFrom } from '../../src/mail/own-sender.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { agreementOf } from '../config/keys.js';
import { lineOf, spell } from '../config/locate.js';
import { loggingOf, type LoggingConfig } from '../config/logging.js';
import { storageSourcesOf, type StorageSources } from '../config/storage-key.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { ruleOf, type NotifyRule } from '../notify/rules.js';
import { labelOf } from './account-rules.js';
import { fileProblems } from './file-rules.js';
import { accountFoldersOf, fileReadersOf, type AccountFolders } from './folder-config.js';
import { daemonSchema, type DaemonFile } from './schema.js';
import { upstreamOf } from './upstream.js';

/** Absolute paths of PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface DaemonConfig extends StorageSources {
  readonly client: Omit<MixClientConfig, 'storageKey' | 'io' | 'openStore'>;
  /** Absent: no listener. */
  readonly smtp?: string;
  readonly pop3?: string;
  readonly lmtp?: string;
  readonly allowAnyPassword: boolean;
  /** What becomes of a mail whose From or Sender is not its account's. */
  readonly foreignFrom?: ForeignFrom;
  /** For listeners that others than this machine reach; absent: there may be none. */
  readonly tls?: TlsFiles;
  /** Control and management socket. */
  readonly socket: string;
  readonly documentVerbs: boolean;
  /** In the order of `client.accounts`. */
  readonly folders: readonly AccountFolders[];
  /** Who is told of new mail; absent: nobody. */
  readonly notify?: readonly NotifyRule[];
  readonly logging: LoggingConfig;
  readonly generateOnly: boolean;
}

/** The folders by the accounts' normalised addresses. */
export const foldersOf = ({
  client,
  folders,
}: DaemonConfig): ReadonlyMap<Address, AccountFolders> =>
  new Map(
    client.accounts.flatMap((account, index) =>
      addressOf(client, account)
        .map((address): [Address, AccountFolders] => [address, folders[index] ?? {}])
        .map((entry) => [entry])
        .unwrapOr([]),
    ),
  );

/** An account's address as the client names it. */
export const addressOf = (
  { tuning }: Pick<MixClientConfig, 'tuning'>,
  { user, provider }: Pick<AccountConfig, 'user' | 'provider'>,
): Result<Address, AddressError> =>
  normaliseAddress(`${user}@${provider}`, {
    caseSensitive: tuning?.caseSensitiveUserIdentifiers ?? false,
  }).map(({ address }) => address);

type Authority = DaemonFile['NonvotingAuthority'][string];
type Account = DaemonFile['Account'][number];

const networkOf = (authority: Authority): NetworkConfig => ({
  ...agreementOf(authority),
  authority: { addresses: [authority.Address], publicKey: authority.PublicKey },
});

/** Mail that nobody fetches would stay for ever, so a closed door is no reader. */
const readersOf = (file: DaemonFile, account: Account): readonly string[] => {
  const hasPop3 = !file.Proxy.NoLaunchListeners && file.Proxy.POP3Address !== '';
  const readers = [...(hasPop3 ? ['pop3'] : []), ...fileReadersOf(account)];
  return readers.length > 0 ? readers : ['inbox'];
};

const accountOf = (file: DaemonFile, account: Account): AccountConfig => ({
  user: account.User,
  provider: account.Provider,
  network: labelOf(account) ?? '',
  sanitise: account.Sanitise,
  sanitising: {
    unsanitisable: account.Unsanitisable,
    displayName: { kind: account.DisplayName },
  },
  paused: account.Paused,
  delay: account.Delay,
  keyDiscovery: account.InsecureKeyDiscovery,
  readers: readersOf(file, account),
  ...(account.ProviderKeyPin ? { providerKeyPin: account.ProviderKeyPin } : {}),
});

const tuningOf = (debug: DaemonFile['Debug']): ClientTuning => ({
  receiveTimeoutMs: debug.ReceiveTimeout * 1000,
  bounceQueueLifetimeMs: debug.BounceQueueLifetime * 1000,
  urgentQueueLifetimeMs: debug.UrgentQueueLifetime * 1000,
  caseSensitiveUserIdentifiers: debug.CaseSensitiveUserIdentifiers,
  sendDecoyTraffic: debug.SendDecoyTraffic,
  pathsByHand: debug.PathsByHand,
  ...(debug.PollingInterval ? { pollingIntervalMs: debug.PollingInterval * 1000 } : {}),
  ...(debug.RetransmitSlack ? { retransmitSlackMs: debug.RetransmitSlack * 1000 } : {}),
});

/** Where the PEM files of recipients are. */
export const recipientDirOf = ({ Proxy: proxy }: DaemonFile): string =>
  proxy.RecipientDir ?? join(proxy.DataDir, 'recipients');

/** Control and management socket. */
export const socketOf = ({ Proxy: proxy, Management: management }: DaemonFile): string =>
  management?.Path ?? join(proxy.DataDir, 'management_sock');

const listenersOf = ({
  SMTPAddress: smtp,
  POP3Address: pop3,
  LMTPAddress: lmtp,
}: Omit<DaemonFile['Proxy'], 'DataDir'>): Pick<DaemonConfig, 'smtp' | 'pop3' | 'lmtp'> => ({
  ...(smtp === '' ? {} : { smtp }),
  ...(pop3 === '' ? {} : { pop3 }),
  ...(lmtp === '' ? {} : { lmtp }),
});

const tlsOf = ({
  AllowRemote: allowRemote,
  TLSCertFile: certFile,
  TLSKeyFile: keyFile,
}: Omit<DaemonFile['Proxy'], 'DataDir'>): Pick<DaemonConfig, 'tls'> =>
  allowRemote && certFile !== undefined && keyFile !== undefined
    ? { tls: { certFile, keyFile } }
    : {};

const assemble = (file: DaemonFile): DaemonConfig => {
  const { DataDir: dataDir, ...proxy } = file.Proxy;
  return {
    client: {
      dataDir,
      networks: Object.fromEntries(
        Object.entries(file.NonvotingAuthority).map(([label, each]) => [label, networkOf(each)]),
      ),
      accounts: file.Account.map((account) => accountOf(file, account)),
      recipients: file.Recipients,
      tuning: tuningOf(file.Debug),
      ...upstreamOf(file.UpstreamProxy),
      recipientDir: recipientDirOf(file),
    },
    ...storageSourcesOf(file.Storage, dataDir),
    ...(proxy.NoLaunchListeners ? {} : listenersOf(proxy)),
    ...tlsOf(proxy),
    allowAnyPassword: proxy.AllowAnyPassword,
    foreignFrom: proxy.ForeignFrom,
    socket: socketOf(file),
    documentVerbs: file.Management?.Enable ?? false,
    folders: file.Account.map((account) =>
      accountFoldersOf(account, { caseSensitive: file.Debug.CaseSensitiveUserIdentifiers }),
    ),
    logging: loggingOf(file.Logging, dataDir),
    notify: file.Notify.map(ruleOf),
    generateOnly: file.Debug.GenerateOnly,
  };
};

/**
 * Reads the daemon's TOML text.
 *
 * @param file - its name, for the problems
 * @errors every problem found, in the order of the lines
 */
export const readDaemonConfig = (
  source: string,
  file: string,
): Result<DaemonConfig, readonly ConfigProblem[]> =>
  readToml(daemonSchema, source, file).andThen((read) => {
    const problems = fileProblems(read, socketOf(read)).map(({ path, problem }): ConfigProblem => ({
      kind: 'config',
      file,
      line: lineOf(source, path),
      key: spell(path),
      problem,
    }));
    if (problems.length === 0) return ok(assemble(read));
    return err(problems.toSorted((a, b) => a.line - b.line));
  });
