/**
 * The provider: a node with users, whose mail it keeps, and with services.
 * @module
 */
import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { VerbTable } from '../../src/control/dialogue.js';
import type { ServiceParameters } from '../../src/pki/descriptor.js';
import { startNode, type RunningNode } from '../node/node.js';
import type { NodeError, NodeOptions } from '../node/options.js';
import type { NodeRole, NodeServices } from '../node/role.js';
import { AccountService } from './account-service.js';
import { openClientSession } from './client-session.js';
import { Delivery } from './deliver.js';
import { userNameOf, type UserName } from './names.js';
import { RateLimit } from './rate-limit.js';
import { openPlugins } from './plugins/open.js';
import type { PluginLimits, PluginOptions } from './plugins/options.js';
import { keyService, loopService, type Service } from './services.js';
import { openRegistration, type RegistrationOptions } from './registration.js';
import { Spool, SPOOL_QUOTA } from './spool.js';
import { Users, type UserError } from './users.js';
import { providerVerbs } from './verbs.js';

export interface ProviderOptions extends NodeOptions {
  /** Items that may wait for one user; default 100,000. */
  readonly spoolQuota?: number;
  /** Newcomers may register themselves; not when absent. */
  readonly registration?: RegistrationOptions;
  /** Programs that answer requests, beside the services that are built in. */
  readonly plugins?: readonly PluginOptions[];
  /** Changes to {@link DEFAULT_PLUGIN_LIMITS}. */
  readonly pluginLimits?: Partial<PluginLimits>;
}

export interface RunningProvider extends RunningNode {
  readonly users: Users;
  /** Items waiting for all users. */
  spooled(): number;
  /** Those of them that are mail blocks. */
  spooledMessages(): number;
  /** Lets other many items wait for one user, from now on; none that waits is taken away. */
  setSpoolQuota(quota: number): void;
  /** The operator's verbs. */
  readonly verbs: VerbTable;
}

/** What a provider has beside the stages. */
interface House {
  readonly users: Users;
  readonly spool: Spool;
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
  return startNode(options, {
    kind: 'provider',
    open: (services) =>
      openHouse(services, options).andThen((opened) => {
        house = opened;
        return openDoor(services, opened, options).map((close) =>
          makeRole(services, opened, { close, registration: options.registration }),
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
}: House): Pick<
  RunningProvider,
  'users' | 'spooled' | 'spooledMessages' | 'setSpoolQuota' | 'verbs'
> => ({
  users,
  spooled: () => spool.size,
  spooledMessages: () => spool.messages,
  setSpoolQuota: (quota) => {
    spool.quota = quota;
  },
  verbs: providerVerbs({ users, rateLimit, removeUser }),
});

const openHouse = (
  node: NodeServices,
  { spoolQuota = SPOOL_QUOTA, plugins = [], pluginLimits }: ProviderOptions,
): ResultAsync<House, NodeError> =>
  safeTry(async function* () {
    const { store, io, documents } = node;
    const users = new Users(store);
    yield* users.load();
    const spool = new Spool({ store, random: io.random, quota: spoolQuota });
    yield* spool.load();
    const rateLimit = new RateLimit(io.clock, () => documents.latest()?.sendRatePerMinute ?? 0);
    const removeUser = (name: UserName): ResultAsync<void, UserError> =>
      users.remove(name).andThen(() => {
        rateLimit.forget(name);
        return spool.remove(name).andThen(() => account.stay(name));
      });
    const account = new AccountService({
      ...{ ...node, clock: io.clock, primitives: node.suite.primitives, users, removeUser },
      waiting: (name) => spool.waiting(name),
    });
    yield* account.load();
    const builtIn: readonly Service[] = [loopService, keyService(users), account];
    const opened = yield* openPlugins(node, plugins, { builtIn, limits: pluginLimits });
    const sweeping = account.run(node.signal);
    const closeServices = () => Promise.all([sweeping, opened.close()]);
    const services = [...builtIn, ...opened.services];
    return ok({ users, spool, rateLimit, services, removeUser, closeServices });
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
  readonly registration: RegistrationOptions | undefined;
  readonly close: () => Promise<void>;
}

const makeRole = (node: NodeServices, house: House, door: Door): NodeRole => {
  const { users, services } = house;
  const { suite, tuning, hold, drop, count, io, network, documents } = node;
  const delivery = new Delivery({ ...house, suite, clock: io.clock, tuning, hold, drop, count });
  const session = { ...house, clock: io.clock, epochTime: network.epochTime, documents };
  return {
    kind: 'provider',
    advertise: async () => ({
      services: await advertised(services),
      registrationAddresses: door.registration?.advertise,
    }),
    isClient: ({ ad, publicKey }) => {
      const name = userNameOf(ad);
      return Promise.resolve(name !== undefined && users.isValid(name, publicKey));
    },
    openClient: ({ ad }) => openClientSession(session, userNameOf(ad) ?? ''),
    take: (hops) => {
      for (const hop of hops) delivery.take(hop);
    },
    pending: () => delivery.pending,
    close: async () => {
      await door.close();
      await house.closeServices();
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
