/**
 * The configuration of authority, mix and provider: their TOML files brought into options.
 * @module
 */
import { join } from 'node:path';
import { err, ok, type Result } from 'neverthrow';
import type { AuthorityOptions, NetworkParameters } from '../../servers/authority/options.js';
import type { MixOptions } from '../../servers/mix/mix.js';
import type { NodeOptions } from '../../servers/node/options.js';
import { workDirOf, type Places } from '../../servers/node/places.js';
import type { ProviderOptions } from '../../servers/provider/provider.js';
import type { Rate } from '../../src/pki/document-codec.js';
import { lineOf, spell } from '../config/locate.js';
import { agreementOf } from '../config/keys.js';
import { loggingOf, type LoggingConfig } from '../config/logging.js';
import { storageSourcesOf, type StorageSources } from '../config/storage-key.js';
import { readToml, type ConfigProblem } from '../config/toml.js';
import { authoritySchema, LONGEST_QUANTILE, type AuthorityFile } from './authority-schema.js';
import { mixingOf, mixingWarnings } from './mixing.js';
import { refusalOf, type Refusal } from './file-rules.js';
import { pidFileOf, placesOf } from './places.js';
import { providerOptionsOf } from './provider-options.js';
import { serverSchema, type ServerFile } from './schema.js';
import type { StatisticsOptions } from './statistics.js';
import { tuningOf } from './tuning.js';

/** What comes from the world and not from a file. */
type Worldly = 'io' | 'openStore' | 'storageKey' | 'faults';

interface Common extends StorageSources, Places {
  readonly pidFile: string;
  readonly logging: LoggingConfig;
  /** Absolute path of the control socket, which is the instance lock. */
  readonly socket: string;
  /** Whether the documents' verbs are spoken on it. */
  readonly documentVerbs: boolean;
  /** Whether it is started in the background, where the command line says nothing. */
  readonly inBackground: boolean;
  readonly generateOnly: boolean;
  /** What the file may say, and should not. */
  readonly warnings: readonly ConfigProblem[];
  /** Nothing is counted for people where absent. */
  readonly statistics: Omit<StatisticsOptions, 'role'> | undefined;
  /** Where metrics are served, on loopback. */
  readonly metrics: string | undefined;
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
  readonly options: Omit<ProviderOptions & MixOptions, Worldly>;
  /** Threads that unwrap packets; as many as are worth it where not said. */
  readonly workers: number | undefined;
  readonly faults: FaultConfig | undefined;
}

export type NodeConfig = AuthorityConfig | ServerConfig;

const MU_CAP_MS = 21_600_000;

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

const TRIAL: Refusal = {
  path: ['Debug', 'TryNodes'],
  problem: 'takes links of mixes that no document lists: only for as long as they are tried',
};

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
    const problemAt = ({ path, problem }: Refusal): ConfigProblem => ({
      kind: 'config',
      file,
      line: lineOf(source, path),
      key: spell(path),
      problem,
    });
    const refusal = refusalOf(read);
    if (refusal !== undefined) return err([problemAt(refusal)]);
    const mixing = mixingWarnings(read.Mixing ?? { Strategy: 'poisson' }).map(({ key, problem }) =>
      problemAt({ path: ['Mixing', key], problem }),
    );
    const trials = read.Debug.TryNodes.length === 0 ? [] : [problemAt(TRIAL)];
    return ok({ ...serverOf(read), warnings: [...mixing, ...trials] });
  });

const authorityOf = (file: AuthorityFile): AuthorityConfig => {
  const { Authority: authority, Debug: debug, Management: management } = file;
  const places = placesOf(authority);
  const { dataDir } = places;
  return {
    kind: 'authority',
    ...places,
    pidFile: pidFileOf(authority),
    ...storageSourcesOf(file.Storage, dataDir),
    logging: loggingOf(file.Logging, dataDir),
    socket: socketOf(management?.Path, dataDir),
    documentVerbs: management?.Enable ?? false,
    inBackground: authority.Daemon,
    statistics: statisticsOf(file.Statistics, places),
    metrics: authority.MetricsAddress,
    generateOnly: debug.GenerateOnly,
    warnings: [],
    options: {
      ...places,
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

const statisticsOf = (
  { Enable, Interval, File }: ServerFile['Statistics'],
  places: Places,
): Common['statistics'] =>
  Enable
    ? {
        intervalMs: Interval * 1000,
        file: File ?? join(places.dataDir, 'stats'),
        currentFile: join(workDirOf(places), 'stats.current'),
      }
    : undefined;

const socketOf = (path: string | undefined, dataDir: string): string =>
  path ?? join(dataDir, 'management_sock');

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

const serverOf = (file: ServerFile): Omit<ServerConfig, 'warnings'> => {
  const { Server: server, Debug: debug, Faults: faults, Management: management } = file;
  const places = placesOf(server);
  const { dataDir } = places;
  return {
    kind: server.IsProvider ? 'provider' : 'mix',
    ...places,
    pidFile: pidFileOf(server),
    ...storageSourcesOf(file.Storage, dataDir),
    logging: loggingOf(file.Logging, dataDir),
    socket: socketOf(management?.Path, dataDir),
    documentVerbs: management?.Enable ?? false,
    inBackground: server.Daemon,
    statistics: statisticsOf(file.Statistics, places),
    metrics: server.MetricsAddress,
    generateOnly: debug.GenerateOnly,
    workers:
      debug.NumSphinxWorkers && debug.NumSphinxWorkers > 0 ? debug.NumSphinxWorkers : undefined,
    faults: faults && {
      loss: faults.Loss,
      duplicate: faults.Duplicate,
      reorderMs: faults.Reorder,
    },
    options: nodeOptionsOf(file),
  };
};

const nodeOptionsOf = (file: ServerFile): ServerConfig['options'] => {
  const { Server: server, PKI: pki, Provider: provider, Mixing: mixing } = file;
  const authority = { addresses: [pki.Nonvoting.Address], publicKey: pki.Nonvoting.PublicKey };
  const advertise = advertisedOf(server);
  return {
    ...placesOf(server),
    identifier: server.Identifier.toLowerCase(),
    network: { ...agreementOf(pki.Nonvoting), authority },
    addresses: server.Addresses,
    tuning: tuningOf(file),
    ...(advertise === undefined ? {} : { advertise }),
    ...(mixing === undefined ? {} : { mixing: mixingOf(mixing) }),
    ...(provider === undefined ? {} : providerOptionsOf(provider)),
  };
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
