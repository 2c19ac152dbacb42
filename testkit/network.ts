/**
 * A whole mix network in one process: an authority, mixes, providers, on whatever world is given.
 *
 * On the memory world it runs on a clock turned by hand, repeatably; on Node.js over real links.
 * @module
 */
import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { selectPrimitives } from '../src/crypto/select.js';
import type { Io } from '../src/io/contracts.js';
import type { Rates } from '../src/pki/document-codec.js';
import { KATZENPOST_EPOCHS, type EpochTime } from '../src/pki/epoch.js';
import type { NetworkConfig } from '../src/pki/network.js';
import { KATZENPOST_GEOMETRY, type SphinxGeometry } from '../src/sphinx/geometry.js';
import type { OpenStore } from '../src/store/store.js';
import { LINK_PROFILE_01, type LinkProfile } from '../src/wire/profile.js';
import { startAuthority, type RunningAuthority } from '../servers/authority/authority.js';
import {
  rateOf,
  type AuthorityError,
  type AuthorityOptions,
} from '../servers/authority/options.js';
import { startMix } from '../servers/mix/mix.js';
import type { FaultStage } from '../servers/node/fault-stage.js';
import { loadIdentity } from '../servers/node/keys.js';
import type { RunningNode } from '../servers/node/node.js';
import type { NodeError, NodeOptions, NodeTuning } from '../servers/node/options.js';
import {
  startProvider,
  type ProviderOptions,
  type RunningProvider,
} from '../servers/provider/provider.js';
import { freePorts } from './free-ports.js';

/** Mean times between the events of a network's processes, ms. */
export interface MeanTimes {
  /** Delay at each hop. */
  readonly mu: number;
  readonly lambdaP: number;
  readonly lambdaL: number;
  readonly lambdaD: number;
  readonly lambdaM: number;
}

/** The rates of a document, from mean times. */
export const ratesOf = (means: MeanTimes): Rates => ({
  mu: rateOf(means.mu),
  lambdaP: rateOf(means.lambdaP),
  lambdaL: rateOf(means.lambdaL),
  lambdaD: rateOf(means.lambdaD),
  lambdaM: rateOf(means.lambdaM),
});

export interface TestNetworkOptions {
  readonly io: Io;
  readonly openStore: OpenStore;
  /** Absolute; each part gets a directory in it. */
  readonly dataDir: string;
  readonly means: MeanTimes;
  /** Names; default three mixes and `p1.test`, `p2.test`. */
  readonly mixes?: readonly string[];
  readonly providers?: readonly string[];
  readonly epochTime?: EpochTime;
  readonly geometry?: SphinxGeometry;
  readonly link?: LinkProfile;
  readonly tuning?: Partial<NodeTuning>;
  /** More of what providers are told, by their names; goes before all else. */
  readonly providerOptions?: Readonly<Record<string, Partial<ProviderOptions>>>;
  /** Stands at the first mix, which every packet passes once in each direction of a mail. */
  readonly faults?: FaultStage;
}

export type TestNetworkError = AuthorityError | NodeError;

/** One part by its name: `authority`, a mix or a provider. */
type Part =
  | { readonly kind: 'authority'; readonly running: RunningAuthority }
  | { readonly kind: 'mix'; readonly running: RunningNode }
  | { readonly kind: 'provider'; readonly running: RunningProvider };

const MIXES = ['mix1', 'mix2', 'mix3'];
const PROVIDERS = ['p1.test', 'p2.test'];
const LAYERS = 3;
const KEY_LENGTH = 32;
const RETRY_STEP_MS = 500;

export class TestNetwork {
  readonly config: NetworkConfig;
  readonly #options: Plan;
  readonly #parts = new Map<string, Part>();

  /** Only {@link startNetwork} makes one. */
  constructor(options: Plan, config: NetworkConfig) {
    this.#options = options;
    this.config = config;
  }

  /** Names of all parts, the authority first. */
  get names(): readonly string[] {
    return ['authority', ...this.#options.mixes, ...this.#options.providers];
  }

  /** @throws RangeError while it is stopped */
  get authority(): RunningAuthority {
    const part = this.#parts.get('authority');
    if (part?.kind !== 'authority') throw new RangeError('no running authority');
    return part.running;
  }

  provider(name: string): RunningProvider {
    const part = this.#parts.get(name);
    if (part?.kind !== 'provider') throw new RangeError(`no running provider ${name}`);
    return part.running;
  }

  /** Mixes and providers that run. */
  get nodes(): readonly RunningNode[] {
    return [...this.#parts.values()].flatMap(({ kind, running }) =>
      kind === 'authority' ? [] : [running],
    );
  }

  /** Whether every node stands in the current document and is connected to its next layer. */
  isReady(): boolean {
    return (
      this.#parts.size === this.names.length &&
      this.nodes.every((node) => {
        const { place, connections } = node.status();
        const { outgoingPlanned, outgoingUp } = connections;
        return place !== undefined && outgoingUp > 0 && outgoingUp === outgoingPlanned;
      })
    );
  }

  /** Whether no packet is anywhere in a node, and nothing waits for users. */
  isIdle(): boolean {
    return [...this.#parts.values()].every((part) => {
      if (part.kind === 'authority') return true;
      const isEmpty = part.kind === 'mix' || part.running.spooled().items === 0;
      return isEmpty && part.running.status().idle;
    });
  }

  /** Starts a part that is not running. */
  start(name: string): ResultAsync<void, TestNetworkError> {
    if (this.#parts.has(name)) return okAsync(undefined);
    return startPart(this.#options, this.config, name).map(
      (part) => void this.#parts.set(name, part),
    );
  }

  /** Ends a part; what it has stored stays. */
  async stop(name: string): Promise<void> {
    const part = this.#parts.get(name);
    this.#parts.delete(name);
    await part?.running.close();
  }

  async close(): Promise<void> {
    for (const name of this.names.toReversed()) await this.stop(name);
  }
}

/** The options with everything filled in, and where each part listens. */
interface Plan extends TestNetworkOptions {
  readonly mixes: readonly string[];
  readonly providers: readonly string[];
  readonly addresses: ReadonlyMap<string, string>;
  /** Where providers take registrations, by their names; none in a world without HTTP. */
  readonly registrations: ReadonlyMap<string, string>;
  readonly identities: ReadonlyMap<string, Uint8Array>;
  readonly network: Omit<NetworkConfig, 'authority'>;
}

/**
 * Starts a network. Mail can flow when {@link TestNetwork.isReady}.
 *
 * @errors why a part did not start; those before it are closed again
 */
export const startNetwork = (
  options: TestNetworkOptions,
): ResultAsync<TestNetwork, TestNetworkError> =>
  safeTry(async function* () {
    const plan = yield* makePlan(options);
    const publicKey = plan.identities.get('authority') ?? new Uint8Array(KEY_LENGTH);
    const addresses = [plan.addresses.get('authority') ?? ''];
    const network = new TestNetwork(plan, {
      ...plan.network,
      authority: { addresses, publicKey },
    });
    for (const name of network.names) {
      const started = await network.start(name);
      if (started.isOk()) continue;
      await network.close();
      return err(started.error);
    }
    return ok(network);
  });

const makePlan = (options: TestNetworkOptions): ResultAsync<Plan, TestNetworkError> =>
  safeTry(async function* () {
    const { io, dataDir, mixes = MIXES, providers = PROVIDERS } = options;
    const primitives = selectPrimitives(io.log);
    const identities = new Map<string, Uint8Array>();
    const names = ['authority', ...mixes, ...providers];
    for (const name of names) {
      const identity = yield* loadIdentity({ ...io, primitives }, `${dataDir}/${name}`);
      identities.set(name, identity.identityKey);
    }
    const registering = io.http === undefined ? [] : providers;
    const ports = yield* freePorts(io, names.length + registering.length);
    const free = ports.map((port) => `127.0.0.1:${port}`);
    const addresses = new Map(names.map((name, at) => [name, free[at] ?? '']));
    const registrations = new Map(
      registering.map((name, at) => [name, free[names.length + at] ?? '']),
    );
    const network = {
      epochTime: options.epochTime ?? KATZENPOST_EPOCHS,
      geometry: options.geometry ?? KATZENPOST_GEOMETRY,
      link: options.link ?? LINK_PROFILE_01,
    };
    return ok({ ...options, mixes, providers, addresses, registrations, identities, network });
  });

const startPart = (
  plan: Plan,
  network: NetworkConfig,
  name: string,
): ResultAsync<Part, TestNetworkError> => {
  if (name === 'authority') {
    return startAuthority(authorityOptions(plan)).map((running) => ({
      kind: 'authority',
      running,
    }));
  }
  const options = nodeOptions(plan, network, name);
  return plan.mixes.includes(name)
    ? startMix(options).map((running): Part => ({ kind: 'mix', running }))
    : startProvider({
        ...options,
        ...registrationOf(plan, name),
        ...plan.providerOptions?.[name],
      }).map((running): Part => ({ kind: 'provider', running }));
};

const registrationOf = (
  { registrations }: Plan,
  name: string,
): Pick<ProviderOptions, 'registration'> => {
  const address = registrations.get(name);
  if (address === undefined) return {};
  return { registration: { addresses: [address], advertise: [`http://${address}`] } };
};

const nodeOptions = (plan: Plan, network: NetworkConfig, name: string): NodeOptions => ({
  io: plan.io,
  dataDir: `${plan.dataDir}/${name}`,
  identifier: name,
  network,
  addresses: [plan.addresses.get(name) ?? ''],
  openStore: plan.openStore,
  storageKey: new Uint8Array(KEY_LENGTH),
  // A young network on one machine has no reason to be patient.
  tuning: { retryStepMs: RETRY_STEP_MS, ...plan.tuning },
  ...(plan.faults && name === plan.mixes[0] ? { faults: plan.faults } : {}),
});

const authorityOptions = (plan: Plan): AuthorityOptions => {
  const keyOf = (name: string): Uint8Array => plan.identities.get(name) ?? new Uint8Array(0);
  return {
    io: plan.io,
    dataDir: `${plan.dataDir}/authority`,
    addresses: [plan.addresses.get('authority') ?? ''],
    network: plan.network,
    parameters: { rates: ratesOf(plan.means), sendRatePerMinute: 0 },
    layers: Math.min(LAYERS, plan.mixes.length),
    minNodesPerLayer: 1,
    mixes: plan.mixes.map(keyOf),
    providers: plan.providers.map((identifier) => ({
      identifier,
      identityKey: keyOf(identifier),
    })),
    openStore: plan.openStore,
    storageKey: new Uint8Array(KEY_LENGTH),
  };
};
