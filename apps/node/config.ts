/**
 * The configuration of authority, mix and provider: their TOML files brought into options.
 * @module
 */
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { AuthorityOptions, NetworkParameters } from '../../servers/authority/options.js';
import type { NodeOptions, NodeTuning } from '../../servers/node/options.js';
import { parseDataSource } from '../../servers/provider/postgres/data-source.js';
import type { SpoolOptions } from '../../servers/provider/limits.js';
import type { ProviderOptions } from '../../servers/provider/provider.js';
import type { Rate } from '../../src/pki/document-codec.js';
import { lineOf, spell, type KeyPath } from '../config/locate.js';
import { agreementOf } from '../config/keys.js';
import { loggingOf, type LoggingConfig } from '../config/logging.js';
import { storageSourcesOf, type StorageSources } from '../config/storage-key.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { authoritySchema, LONGEST_QUANTILE, type AuthorityFile } from './authority-schema.js';
import { serverSchema, type ServerFile } from './schema.js';

/** What comes from the world and not from a file. */
type Worldly = 'io' | 'openStore' | 'storageKey' | 'faults';

interface Common extends StorageSources {
  readonly dataDir: string;
  readonly logging: LoggingConfig;
  readonly generateOnly: boolean;
}

export interface AuthorityConfig extends Common {
  readonly kind: 'authority';
  readonly options: Omit<AuthorityOptions, Worldly>;
}

export interface FaultConfig {
  readonly loss: number;
  readonly duplicate: number;
  readonly reorderMs: number;
}

export interface ServerConfig extends Common {
  readonly kind: 'mix' | 'provider';
  readonly options: Omit<ProviderOptions, Worldly>;
  /** Absolute path of the management socket, where there is one. */
  readonly socket: string | undefined;
  /** Threads that unwrap packets; as many as are worth it where not said. */
  readonly workers: number | undefined;
  readonly faults: FaultConfig | undefined;
}

export type NodeConfig = AuthorityConfig | ServerConfig;

const MU_CAP_MS = 21_600_000;
const DAY_MS = 86_400_000;

/**
 * Reads an authority's TOML text.
 *
 * @errors every problem found, in the order of the lines
 */
export const readAuthorityConfig = (
  source: string,
  file: string,
): Result<AuthorityConfig, readonly ConfigProblem[]> =>
  readToml(authoritySchema, source, file).map(authorityOf);

/**
 * Reads a mix's or provider's TOML text.
 *
 * @errors every problem found, in the order of the lines
 */
export const readServerConfig = (
  source: string,
  file: string,
): Result<ServerConfig, readonly ConfigProblem[]> =>
  readToml(serverSchema, source, file).andThen((read) => {
    const { Server: server, Provider: provider } = read;
    const refuse = (path: KeyPath, problem: string) =>
      err([
        { kind: 'config' as const, file, line: lineOf(source, path), key: spell(path), problem },
      ]);
    if (provider !== undefined && !server.IsProvider) {
      return refuse(['Provider'], 'a mix has none: Server.IsProvider is false');
    }
    if (server.OnlyAdvertiseAltAddresses && !server.AltAddresses['tcp4']) {
      return refuse(['Server', 'OnlyAdvertiseAltAddresses'], 'needs Server.AltAddresses.tcp4');
    }
    if (
      provider?.EnableUserRegistrationHTTP === true &&
      provider.UserRegistrationHTTPAddresses.length === 0
    ) {
      return refuse(
        ['Provider', 'EnableUserRegistrationHTTP'],
        'needs Provider.UserRegistrationHTTPAddresses',
      );
    }
    const { UserDB: users, SpoolDB: spool } = provider ?? {};
    if ((users?.Backend ?? 'bolt') !== (spool?.Backend ?? 'bolt')) {
      return refuse(['Provider', 'SpoolDB'], 'users and mail must have the same Backend');
    }
    if (users?.Backend === 'sql' && provider?.SQLDB === undefined) {
      return refuse(['Provider', 'UserDB', 'Backend'], 'sql needs [Provider.SQLDB]');
    }
    return serverOf(read);
  });

const authorityOf = (file: AuthorityFile): AuthorityConfig => {
  const { Authority: authority, Debug: debug } = file;
  const { DataDir: dataDir } = authority;
  return {
    kind: 'authority',
    dataDir,
    ...storageSourcesOf(file.Storage, dataDir),
    logging: loggingOf(file.Logging, dataDir),
    generateOnly: debug.GenerateOnly,
    options: {
      dataDir,
      addresses: authority.Addresses,
      network: agreementOf(authority),
      parameters: parametersOf(file.Parameters),
      layers: debug.Layers,
      minNodesPerLayer: debug.MinNodesPerLayer,
      mixes: file.Mixes.map(({ IdentityKey }) => IdentityKey),
      providers: file.Providers.map(({ Identifier, IdentityKey }) => ({
        identifier: Identifier,
        identityKey: IdentityKey,
      })),
    },
  };
};

export const parametersOf = (file: AuthorityFile['Parameters']): NetworkParameters => {
  const mu = rateOf(file.Mu, file.MuMaxDelay);
  return {
    sendRatePerMinute: file.SendRatePerMinute,
    rates: {
      mu: { ...mu, maxMs: Math.min(mu.maxMs, MU_CAP_MS) },
      lambdaP: rateOf(file.LambdaP, file.LambdaPMaxDelay),
      lambdaL: rateOf(file.LambdaL, file.LambdaLMaxDelay),
      lambdaD: rateOf(file.LambdaD, file.LambdaDMaxDelay),
      lambdaM: rateOf(file.LambdaM, file.LambdaMMaxDelay),
    },
  };
};

/** As in the reference a longest sample of 0 follows from the rate. */
const rateOf = (perMs: number, longestMs: number | undefined): Rate => ({
  perMs,
  maxMs: longestMs || Math.floor(-Math.log(1 - LONGEST_QUANTILE) / perMs),
});

const serverOf = (file: ServerFile): Result<ServerConfig, never> => {
  const { Server: server, Debug: debug, Faults: faults, Management: management } = file;
  const { DataDir: dataDir } = server;
  return ok({
    kind: server.IsProvider ? 'provider' : 'mix',
    dataDir,
    ...storageSourcesOf(file.Storage, dataDir),
    logging: loggingOf(file.Logging, dataDir),
    generateOnly: debug.GenerateOnly,
    socket: management?.Enable ? (management.Path ?? join(dataDir, 'management_sock')) : undefined,
    workers:
      debug.NumSphinxWorkers && debug.NumSphinxWorkers > 0 ? debug.NumSphinxWorkers : undefined,
    faults: faults && {
      loss: faults.Loss,
      duplicate: faults.Duplicate,
      reorderMs: faults.Reorder,
    },
    options: nodeOptionsOf(file),
  });
};

const nodeOptionsOf = (file: ServerFile): ServerConfig['options'] => {
  const { Server: server, PKI: pki, Provider: provider, Debug: debug } = file;
  const authority = { addresses: [pki.Nonvoting.Address], publicKey: pki.Nonvoting.PublicKey };
  const advertise = advertisedOf(server);
  return {
    dataDir: server.DataDir,
    identifier: server.Identifier.toLowerCase(),
    network: { ...agreementOf(pki.Nonvoting), authority },
    addresses: server.Addresses,
    tuning: tuningOf(debug),
    ...(advertise === undefined ? {} : { advertise }),
    ...spoolOf(provider),
    ...databaseOf(provider),
    ...registrationOf(provider),
  };
};

const spoolOf = (provider: ServerFile['Provider']): SpoolOptions =>
  provider === undefined
    ? {}
    : {
        spoolQuota: provider.SpoolQuota,
        spoolQuotaBytes: provider.SpoolQuotaBytes,
        spoolMaxAgeMs: provider.SpoolMaxAge * DAY_MS,
      };

const databaseOf = (
  provider: ServerFile['Provider'],
): Pick<ServerConfig['options'], 'database'> => {
  if (provider?.UserDB?.Backend !== 'sql' || provider.SQLDB === undefined) return {};
  return parseDataSource(provider.SQLDB.DataSourceName).match(
    (database) => ({ database }),
    () => ({}),
  );
};

const registrationOf = (
  provider: ServerFile['Provider'],
): Pick<ServerConfig['options'], 'registration'> => {
  if (provider?.EnableUserRegistrationHTTP !== true) return {};
  const advertise = provider.AdvertiseUserRegistrationHTTPAddresses;
  const addresses = provider.UserRegistrationHTTPAddresses;
  return { registration: { addresses, ...(advertise === undefined ? {} : { advertise }) } };
};

/** What else than the bound addresses the descriptor says. */
const advertisedOf = (server: ServerFile['Server']): NodeOptions['advertise'] => {
  const others = Object.entries(server.AltAddresses);
  if (others.length === 0) return undefined;
  const bound = server.OnlyAdvertiseAltAddresses ? [] : server.Addresses;
  const isV6 = (address: string): boolean => address.startsWith('[');
  const all = new Map<string, readonly string[]>();
  const add = (transport: string, addresses: readonly string[]): void => {
    if (addresses.length > 0) all.set(transport, [...(all.get(transport) ?? []), ...addresses]);
  };
  add(
    'tcp4',
    bound.filter((address) => !isV6(address)),
  );
  add('tcp6', bound.filter(isV6));
  for (const [transport, addresses] of others) add(transport, addresses);
  return all;
};

const tuningOf = (debug: ServerFile['Debug']): Partial<NodeTuning> => ({
  holdQueue: debug.SchedulerQueueSize,
  sendBurst: debug.SchedulerMaxBurst,
  unwrapBudgetMs: debug.UnwrapDelay,
  deliveryBudgetMs: debug.ProviderDelay,
  serviceBudgetMs: debug.KaetzchenDelay,
  holdBudgetMs: debug.SchedulerSlack,
  sendBudgetMs: debug.SendSlack,
  decoySlackMs: debug.DecoySlack,
  connectTimeoutMs: debug.ConnectTimeout,
  handshakeTimeoutMs: debug.HandshakeTimeout,
  reauthenticateMs: debug.ReauthInterval,
  retryStepMs: debug.RetryStep,
  sendDecoyTraffic: debug.SendDecoyTraffic,
});
