/**
 * The provider: a node with users, whose mail it keeps, and with services.
 * @module
 */
import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import type { VerbTable } from '../../src/control/dialogue.js';
import type { ServiceParameters } from '../../src/pki/descriptor.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';
import { startNode, type RunningNode } from '../node/node.js';
import type { NodeError, NodeOptions } from '../node/options.js';
import type { NodeRole, NodeServices } from '../node/role.js';
import { AccountService } from './account-service.js';
import { openClientSession } from './client-session.js';
import { Delivery } from './deliver.js';
import { userNameOf, type UserName } from './names.js';
import type { DataSource } from './postgres/data-source.js';
import { openSharedData, type SharedData } from './postgres/open.js';
import { RateLimit } from './rate-limit.js';
import { openPlugins } from './plugins/open.js';
import type { PluginLimits, PluginOptions } from './plugins/options.js';
import { keyService, loopService, type Service } from './services.js';
import { openRegistration, type RegistrationOptions } from './registration.js';
import type { ProviderData, SpoolCounts, UserError, Users } from './contracts.js';
import { openStoredData } from './embedded.js';
import { spoolLimitOf, type SpoolOptions } from './limits.js';
import { sweepSpool } from './sweep.js';
import { providerVerbs } from './verbs.js';

export interface ProviderOptions extends NodeOptions, SpoolOptions {
  /**
   * PostgreSQL, where users, spool and mix keys are, so that several processes are this provider; in
   * the node's own store when absent.
   */
  readonly database?: DataSource;
  /** Newcomers may register themselves; not when absent. */
  readonly registration?: RegistrationOptions;
  /** Programs that answer requests, beside the services that are built in. */
  readonly plugins?: readonly PluginOptions[];
  /** Changes to {@link DEFAULT_PLUGIN_LIMITS}. */
  readonly pluginLimits?: Partial<PluginLimits>;
}

export interface RunningProvider extends RunningNode {
  readonly users: Users;
  /** What waits for all users. */
  spooled(): SpoolCounts;
  /** Lets other many items wait for one user, from now on; none that waits is taken away. */
  limitSpool(options: SpoolOptions): void;
  /** The operator's verbs. */
  readonly verbs: VerbTable;
}

/** What a provider has beside the stages. */
interface House extends ProviderData {
  readonly geometry: SphinxGeometry;
  readonly rateLimit: RateLimit;
  readonly services: readonly Service[];
  readonly removeUser: (name: UserName) => ResultAsync<void, UserError>;
  /** Resolves when nothing of the services runs any more. */
  readonly closeServices: () => Promise<unknown>;
}

/**
 * Starts a provider; its users can connect as soon as a document names it.
 *
 * @errors any {@link NodeError}; whatever was opened is closed again
 */
export const startProvider = (
  options: ProviderOptions,
): ResultAsync<RunningProvider, NodeError> => {
  let house: House | undefined;
  let shared: SharedData | undefined;
  const { database } = options;
  const share = (source: DataSource): ResultAsync<SharedData, NodeError> =>
    openShared(source, options).map((opened) => (shared = opened));
  return startNode(options, {
    kind: 'provider',
    ...(database === undefined ? {} : { share: () => share(database) }),
    open: (services) =>
      openHouse(services, options, shared).andThen((opened) => {
        house = opened;
        return openDoor(services, opened, options).map((close) =>
          makeRole(services, opened, { close, options }),
        );
      }),
  }).map((node) => {
    if (!house) throw new Error('a node started without its role');
    return { ...node, ...fixtures(house) };
  });
};

const fixtures = ({
  users,
  spool,
  rateLimit,
  removeUser,
  geometry,
}: House): Pick<RunningProvider, 'users' | 'spooled' | 'limitSpool' | 'verbs'> => ({
  users,
  spooled: () => spool.counts,
  limitSpool: (options) => {
    spool.limit = spoolLimitOf(geometry, options);
  },
  verbs: providerVerbs({ users, rateLimit, removeUser }),
});

const openShared = (
  source: DataSource,
  options: ProviderOptions,
): ResultAsync<SharedData, NodeError> => {
  const { io, storageKey, network } = options;
  const limit = spoolLimitOf(network.geometry, options);
  return openSharedData({ io, primitives: selectPrimitives(io.log), storageKey, source, limit });
};

const openHouse = (
  node: NodeServices,
  options: ProviderOptions,
  shared: ProviderData | undefined,
): ResultAsync<House, NodeError> =>
  safeTry(async function* () {
    const { store, io, documents, suite } = node;
    const { plugins = [], pluginLimits } = options;
    const { geometry } = suite;
    const own = { store, random: io.random, limit: spoolLimitOf(geometry, options) };
    const data = yield* shared === undefined ? openStoredData(own) : okAsync(shared);
    const { users, spool, accounts } = data;
    const rateLimit = new RateLimit(io.clock, () => documents.latest()?.sendRatePerMinute ?? 0);
    const account = new AccountService({
      ...{ ...node, clock: io.clock, primitives: suite.primitives, accounts },
      onGone: (name) => rateLimit.forget(name),
      waiting: (name) => spool.waiting(name),
      limit: () => spool.limit,
    });
    const removeUser = (name: UserName): ResultAsync<void, UserError> =>
      users.remove(name).andThen(() => {
        rateLimit.forget(name);
        return account.stay(name);
      });
    const builtIn = [loopService, keyService(users), account];
    const opened = yield* openPlugins(node, plugins, { builtIn, limits: pluginLimits });
    const sweeping = account.run(node.signal);
    const closeServices = () => Promise.all([sweeping, opened.close()]);
    const services = [...builtIn, ...opened.services];
    return ok({ ...data, geometry, rateLimit, services, removeUser, closeServices });
  });

/** Where newcomers register themselves, if they may. @returns closes it */
const openDoor = (
  { io, suite, count }: NodeServices,
  { users }: House,
  { registration }: ProviderOptions,
): ResultAsync<() => Promise<void>, NodeError> =>
  registration === undefined
    ? okAsync(() => Promise.resolve())
    : openRegistration({ io, primitives: suite.primitives, users, count }, registration);

interface Door {
  readonly options: ProviderOptions;
  readonly close: () => Promise<void>;
}

const makeRole = (node: NodeServices, house: House, door: Door): NodeRole => {
  const { users, services } = house;
  const { suite, tuning, hold, drop, count, io, network, documents } = node;
  const delivery = new Delivery({ ...house, ...io, suite, tuning, hold, drop, count });
  const sweeping = sweepSpool({ ...node, spool: house.spool }, door.options);
  const session = { ...house, clock: io.clock, epochTime: network.epochTime, documents };
  return {
    kind: 'provider',
    advertise: async () => ({
      services: await advertised(services),
      registrationAddresses: door.options.registration?.advertise,
    }),
    isClient: ({ ad, publicKey }) => isClient(users, userNameOf(ad), publicKey),
    openClient: ({ ad }) => openClientSession(session, userNameOf(ad) ?? ''),
    take: (hops) => {
      for (const hop of hops) delivery.take(hop);
    },
    pending: () => delivery.pending,
    close: async () => {
      await door.close();
      await Promise.all([house.closeServices(), sweeping]);
    },
  };
};

/** What the descriptor says of the services, by capability. */
const advertised = async (
  services: readonly Service[],
): Promise<ReadonlyMap<string, ServiceParameters>> => {
  const said = new Map<string, ServiceParameters>();
  for (const service of services) {
    const { capability, endpoint } = service;
    const parameters = service.advertise ? await service.advertise() : { endpoint };
    if (parameters !== undefined) said.set(capability, parameters);
  }
  return said;
};

/** Where the users cannot be asked, nobody is one. */
const isClient = async (
  users: Users,
  name: UserName | undefined,
  publicKey: Uint8Array,
): Promise<boolean> => {
  if (name === undefined) return false;
  const user = (await users.find(name)).unwrapOr(undefined);
  return user !== undefined && equal(user.linkKey, publicKey);
};
