/**
 * The provider: a node with users, whose mail it keeps, and with services.
 * @module
 */
import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { VerbTable } from '../../src/control/dialogue.js';
import { startNode, type RunningNode } from '../node/node.js';
import type { NodeError, NodeOptions } from '../node/options.js';
import type { NodeRole, NodeServices } from '../node/role.js';
import { openClientSession } from './client-session.js';
import { Delivery } from './deliver.js';
import { userNameOf, type UserName } from './names.js';
import { RateLimit } from './rate-limit.js';
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
}: House): Pick<
  RunningProvider,
  'users' | 'spooled' | 'spooledMessages' | 'setSpoolQuota' | 'verbs'
> => {
  const removeUser = (name: UserName): ResultAsync<void, UserError> =>
    users.remove(name).andThen(() => {
      rateLimit.forget(name);
      return spool.remove(name);
    });
  return {
    users,
    spooled: () => spool.size,
    spooledMessages: () => spool.messages,
    setSpoolQuota: (quota) => {
      spool.quota = quota;
    },
    verbs: providerVerbs({ users, rateLimit, removeUser }),
  };
};

const openHouse = (
  { store, io, documents }: NodeServices,
  { spoolQuota = SPOOL_QUOTA }: ProviderOptions,
): ResultAsync<House, NodeError> =>
  safeTry(async function* () {
    const users = new Users(store);
    yield* users.load();
    const spool = new Spool({ store, random: io.random, quota: spoolQuota });
    yield* spool.load();
    const rateLimit = new RateLimit(io.clock, () => documents.view()?.sendRatePerMinute ?? 0);
    return ok({ users, spool, rateLimit, services: [loopService, keyService(users)] });
  });

/** Where newcomers register themselves, if they may. @returns closes it */
const openDoor = (
  { io, suite, count }: NodeServices,
  { users }: House,
  { registration }: ProviderOptions,
): ResultAsync<() => Promise<void>, NodeError> =>
  registration === undefined
    ? okAsync(() => Promise.resolve())
    : openRegistration({ io, x25519: suite.primitives.x25519, users, count }, registration);

interface Door {
  readonly registration: RegistrationOptions | undefined;
  readonly close: () => Promise<void>;
}

const makeRole = (node: NodeServices, house: House, door: Door): NodeRole => {
  const { users, services } = house;
  const { suite, tuning, hold, drop, count, io, network, documents } = node;
  const delivery = new Delivery({ ...house, suite, clock: io.clock, tuning, hold, drop, count });
  const session = { ...house, clock: io.clock, epochTime: network.epochTime, documents };
  const advertised = new Map(
    services.map(({ capability, endpoint }) => [capability, { endpoint }]),
  );
  return {
    kind: 'provider',
    advertise: () =>
      Promise.resolve({
        services: advertised,
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
    close: door.close,
  };
};
