/**
 * The daemon's configuration: its TOML file brought into the form that its parts take.
 * @module
 */
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { AccountConfig, ClientTuning, MixClientConfig } from '../../src/index.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { agreementOf, storageKeyFileOf } from '../config/keys.js';
import { lineOf, spell, type KeyPath } from '../config/locate.js';
import { loggingOf, type LoggingConfig } from '../config/logging.js';
import { nearest } from '../config/nearest.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { daemonSchema, type DaemonFile } from './schema.js';

/** One account's folders beside the mail protocols. */
export interface AccountFolders {
  readonly maildir?: string;
  readonly dropFolder?: string;
}

export interface DaemonConfig {
  readonly client: Omit<MixClientConfig, 'storageKey' | 'io' | 'openStore'>;
  readonly storageKeyFile: string;
  /** Absent: no listener. */
  readonly smtp?: string;
  readonly pop3?: string;
  readonly allowAnyPassword: boolean;
  /** Control and management socket. */
  readonly socket: string;
  readonly documentVerbs: boolean;
  /** In the order of `client.accounts`. */
  readonly folders: readonly AccountFolders[];
  readonly logging: LoggingConfig;
  readonly generateOnly: boolean;
}

type Authority = DaemonFile['NonvotingAuthority'][string];
type Account = DaemonFile['Account'][number];

const networkOf = (authority: Authority): NetworkConfig => ({
  ...agreementOf(authority),
  authority: { addresses: [authority.Address], publicKey: authority.PublicKey },
});

/** Mail that nobody fetches would stay for ever, so a closed door is no reader. */
const readersOf = (file: DaemonFile, account: Account): readonly string[] => {
  const hasPop3 = !file.Proxy.NoLaunchListeners && file.Proxy.POP3Address !== '';
  const readers = [...(hasPop3 ? ['pop3'] : []), ...(account.Maildir ? ['maildir'] : [])];
  return readers.length > 0 ? readers : ['inbox'];
};

const accountOf = (file: DaemonFile, account: Account, network: string): AccountConfig => ({
  user: account.User,
  provider: account.Provider,
  network,
  sanitise: account.Sanitise,
  readers: readersOf(file, account),
  ...(account.ProviderKeyPin ? { providerKeyPin: account.ProviderKeyPin } : {}),
});

const tuningOf = (debug: DaemonFile['Debug']): ClientTuning => ({
  receiveTimeoutMs: debug.ReceiveTimeout * 1000,
  bounceQueueLifetimeMs: debug.BounceQueueLifetime * 1000,
  urgentQueueLifetimeMs: debug.UrgentQueueLifetime * 1000,
  caseSensitiveUserIdentifiers: debug.CaseSensitiveUserIdentifiers,
  sendDecoyTraffic: debug.SendDecoyTraffic,
  ...(debug.PollingInterval ? { pollingIntervalMs: debug.PollingInterval * 1000 } : {}),
  ...(debug.RetransmitSlack ? { retransmitSlackMs: debug.RetransmitSlack * 1000 } : {}),
});

/** The label of an account's authority, or where and why there is none. */
const authorityOf = (
  file: DaemonFile,
  account: Account,
  index: number,
): Result<string, { readonly path: KeyPath; readonly problem: string }> => {
  const key = account.Authority === undefined ? 'NonvotingAuthority' : 'Authority';
  const label = account.Authority ?? account.NonvotingAuthority;
  const known = Object.keys(file.NonvotingAuthority);
  const path: KeyPath = ['Account', index, key];
  if (label === undefined) {
    return err({ path: ['Account', index], problem: 'names no Authority' });
  }
  if (known.includes(label)) return ok(label);
  const meant = nearest(label, known);
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  return err({ path, problem: `there is no [NonvotingAuthority.${label}]${hint}` });
};

const listenersOf = ({
  SMTPAddress: smtp,
  POP3Address: pop3,
}: Pick<DaemonFile['Proxy'], 'SMTPAddress' | 'POP3Address'>): Pick<
  DaemonConfig,
  'smtp' | 'pop3'
> => ({ ...(smtp === '' ? {} : { smtp }), ...(pop3 === '' ? {} : { pop3 }) });

const assemble = (file: DaemonFile, labels: readonly string[]): DaemonConfig => {
  const { DataDir: dataDir, ...proxy } = file.Proxy;
  return {
    client: {
      dataDir,
      networks: Object.fromEntries(
        Object.entries(file.NonvotingAuthority).map(([label, each]) => [label, networkOf(each)]),
      ),
      accounts: file.Account.map((account, i) => accountOf(file, account, labels[i] ?? '')),
      recipients: file.Recipients,
      tuning: tuningOf(file.Debug),
      ...(proxy.RecipientDir === undefined ? {} : { recipientDir: proxy.RecipientDir }),
    },
    storageKeyFile: storageKeyFileOf(file.Storage, dataDir),
    ...(proxy.NoLaunchListeners ? {} : listenersOf(proxy)),
    allowAnyPassword: proxy.AllowAnyPassword,
    socket: file.Management?.Path ?? join(dataDir, 'management_sock'),
    documentVerbs: file.Management?.Enable ?? false,
    folders: file.Account.map(({ Maildir, DropFolder }) => ({
      ...(Maildir === undefined ? {} : { maildir: Maildir }),
      ...(DropFolder === undefined ? {} : { dropFolder: DropFolder }),
    })),
    logging: loggingOf(file.Logging, dataDir),
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
    const labels: string[] = [];
    const problems: ConfigProblem[] = [];
    for (const [i, account] of read.Account.entries()) {
      authorityOf(read, account, i).match(
        (label) => labels.push(label),
        ({ path, problem }) =>
          problems.push({
            kind: 'config',
            file,
            line: lineOf(source, path),
            key: spell(path),
            problem,
          }),
      );
    }
    return problems.length > 0 ? err(problems) : ok(assemble(read, labels));
  });
