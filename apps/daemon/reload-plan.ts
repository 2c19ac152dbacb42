/**
 * What a changed configuration file means for a daemon that runs: what it takes over at once, and
 * what needs a restart.
 * @module
 */
import type { Result } from 'neverthrow';
import type { AccountConfig, Address } from '../../src/index.js';
import type { KeyPath } from '../config/locate.js';
import { changesBetween, settingsOf, type Setting, type Settings } from '../config/settings.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { addressOf, readDaemonConfig, type DaemonConfig } from './config.js';
import type { AccountFolders } from './folder-config.js';
import { daemonSchema } from './schema.js';

/** A configuration, and the file that it was read from, key by key. */
export interface Configured {
  readonly config: DaemonConfig;
  readonly settings: Settings;
}

/** One account as the file has it. */
export interface AccountEntry {
  readonly address: Address;
  /** Its place in the file. */
  readonly index: number;
  readonly config: AccountConfig;
  readonly folders: AccountFolders;
  readonly settings: Settings;
}

/** What a daemon works with. */
export interface InEffect {
  /** Without those of accounts. */
  readonly settings: Settings;
  readonly accounts: ReadonlyMap<Address, AccountEntry>;
}

export interface ReloadPlan {
  /** Whether the log becomes another. */
  readonly logging: boolean;
  /** Keys of recipients that are new or others. */
  readonly recipients: readonly (readonly [address: string, key: Uint8Array])[];
  readonly added: readonly AccountEntry[];
  readonly removed: readonly Address[];
  /** Accounts that are paused or resumed. */
  readonly paused: readonly (readonly [account: Address, isPaused: boolean])[];
  readonly needsRestart: readonly KeyPath[];
  /** What the daemon works with when all of this is done. */
  readonly inEffect: InEffect;
}

/** Tables that are taken over at once; a recipient who is taken out keeps the key, as ever. */
const AT_ONCE: readonly (string | number | undefined)[] = ['Logging', 'Recipients'];

/** Reads a file so that it can be compared. @errors every problem found */
export const readConfigured = (
  source: string,
  file: string,
): Result<Configured, readonly ConfigProblem[]> =>
  readDaemonConfig(source, file).andThen((config) =>
    readToml(daemonSchema, source, file).map((read) => ({ config, settings: settingsOf(read) })),
  );

export const inEffectOf = ({ config, settings }: Configured): InEffect => ({
  settings: new Map([...settings].filter(([, { path }]) => path[0] !== 'Account')),
  accounts: new Map(
    config.client.accounts.flatMap((account, index) =>
      addressOf(config.client, account)
        .map((address): readonly [Address, AccountEntry][] => [
          [address, entryOf({ config, settings }, { address, index, account })],
        ])
        .unwrapOr([]),
    ),
  ),
});

const entryOf = (
  { config, settings }: Configured,
  of: { readonly address: Address; readonly index: number; readonly account: AccountConfig },
): AccountEntry => ({
  address: of.address,
  index: of.index,
  config: of.account,
  folders: config.folders[of.index] ?? {},
  settings: new Map(
    [...settings.values()].flatMap(({ path: [table, index, ...rest], value }) =>
      table === 'Account' && index === of.index
        ? [[JSON.stringify(rest), { path: rest, value }]]
        : [],
    ),
  ),
});

/**
 * Compares what is in effect with what the file says now.
 *
 * @param running - the accounts that the client has, since people remove them without the file too
 */
export const planReload = (
  last: InEffect,
  next: Configured,
  running: readonly Address[],
): ReloadPlan => {
  const before = { ...last, accounts: onlyThose(last.accounts, running) };
  const wanted = inEffectOf(next);
  const changes = changesBetween(before.settings, wanted.settings);
  const late = changes.filter(({ path }) => !AT_ONCE.includes(path[0]));
  const accounts = planAccounts({ before, wanted, running, late });
  return {
    logging: changes.some(({ path }) => path[0] === 'Logging'),
    recipients: changedRecipients(changes, next),
    added: accounts.added,
    removed: accounts.removed,
    paused: accounts.paused,
    needsRestart: [...late.map(({ path }) => path), ...accounts.needsRestart],
    inEffect: { settings: unchanged(before, wanted, late), accounts: accounts.inEffect },
  };
};

const onlyThose = (
  accounts: InEffect['accounts'],
  running: readonly Address[],
): InEffect['accounts'] => new Map([...accounts].filter(([address]) => running.includes(address)));

const changedRecipients = (
  changes: readonly Setting[],
  { config }: Configured,
): ReloadPlan['recipients'] => {
  const changed = changes.flatMap(({ path: [table, name] }) =>
    table === 'Recipients' ? [name] : [],
  );
  return Object.entries(config.client.recipients ?? {}).filter(([name]) => changed.includes(name));
};

/** The new settings, but for those that stay as they were. */
const unchanged = (before: InEffect, wanted: InEffect, late: readonly Setting[]): Settings => {
  const isLate = (setting: Setting): boolean =>
    late.some(({ path }) => JSON.stringify(path) === JSON.stringify(setting.path));
  return new Map([
    ...[...wanted.settings].filter(([, setting]) => !isLate(setting)),
    ...[...before.settings].filter(([, setting]) => isLate(setting)),
  ]);
};

interface AccountPlan extends Pick<ReloadPlan, 'added' | 'removed' | 'paused' | 'needsRestart'> {
  readonly inEffect: InEffect['accounts'];
}

interface Comparable {
  readonly before: InEffect;
  readonly wanted: InEffect;
  readonly running: readonly Address[];
  readonly late: readonly Setting[];
}

const planAccounts = ({ before, wanted, running, late }: Comparable): AccountPlan => {
  const entries = [...wanted.accounts.values()];
  const isNew = ({ address }: AccountEntry): boolean => !before.accounts.has(address);
  const isPossible = (entry: AccountEntry): boolean => !isNew(entry) || !needsNetwork(entry, late);
  const kept = entries.flatMap((entry) => {
    const held = before.accounts.get(entry.address);
    return held === undefined ? [] : [compare(held, entry)];
  });
  const added = entries.filter((entry) => isNew(entry) && isPossible(entry));
  const impossible = entries.filter((entry) => !isPossible(entry));
  return {
    added,
    removed: running.filter((address) => !wanted.accounts.has(address)),
    paused: kept.flatMap(({ paused }) => paused),
    needsRestart: [
      ...kept.flatMap(({ needsRestart }) => needsRestart),
      ...impossible.map(({ index }) => ['Account', index]),
    ],
    inEffect: new Map([...kept.map(({ entry }) => entry), ...added].map((e) => [e.address, e])),
  };
};

/** Whether an account wants a network that the running client does not have as the file has it. */
const needsNetwork = ({ config }: AccountEntry, late: readonly Setting[]): boolean =>
  late.some(({ path }) => path[0] === 'NonvotingAuthority' && path[1] === config.network);

interface Comparison extends Pick<ReloadPlan, 'paused' | 'needsRestart'> {
  /** With what is in effect. */
  readonly entry: AccountEntry;
}

/** An account that runs, and what the file says of it now. */
const compare = (held: AccountEntry, wanted: AccountEntry): Comparison => {
  const changes = changesBetween(held.settings, wanted.settings);
  const isPause = ({ path }: Setting): boolean => path[0] === 'Paused';
  const pause = [...wanted.settings].filter(([, setting]) => isPause(setting));
  return {
    paused: changes.some(isPause) ? [[held.address, wanted.config.paused === true]] : [],
    needsRestart: changes
      .filter((change) => !isPause(change))
      .map(({ path }) => ['Account', wanted.index, ...path]),
    entry: { ...held, settings: new Map([...held.settings, ...pause]) },
  };
};
