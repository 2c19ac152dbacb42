/**
 * The provider: a node with users, whose mail it keeps, and with services.
 * @module
 */
import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import type { VerbTable } from '../../src/control/dialogue.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import { startNode, type RunningNode } from '../node/node.js';
import type { NodeError, NodeOptions } from '../node/options.js';
import type { NodeRole, NodeServices } from '../node/role.js';
import { openClientSession } from './client-session.js';
import { Delivery } from './deliver.js';
import { userNameOf, type UserName } from './names.js';
import type { DataSource } from './postgres/data-source.js';
import { openSharedData, type SharedData } from './postgres/open.js';
import { RateLimit } from './rate-limit.js';
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
}

export interface RunningProvider extends RunningNode {
  readonly users: Users;
  /** What waits for all users. */
  spooled(): SpoolCounts;
  /** The operator's verbs. */
  readonly verbs: VerbTable;
}

/** What a provider has beside the stages. */
interface House extends ProviderData {
  readonly spoolLimit: number;
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
}: House): Pick<RunningProvider, 'users' | 'spooled' | 'verbs'> => {
  const removeUser = (name: UserName): ResultAsync<void, UserError> =>
    users.remove(name).map(() => rateLimit.forget(name));
  return {
    users,
    spooled: () => spool.counts,
    verbs: providerVerbs({ users, rateLimit, removeUser }),
  };
};

const openShared = (
  source: DataSource,
  options: ProviderOptions,
): ResultAsync<SharedData, NodeError> => {
  const { io, storageKey, network } = options;
  const limit = spoolLimitOf(network.geometry, options);
  return openSharedData({ io, primitives: selectPrimitives(io.log), storageKey, source, limit });
};

const openHouse = (
  { store, io, documents, suite }: NodeServices,
  options: ProviderOptions,
  shared: ProviderData | undefined,
): ResultAsync<House, NodeError> =>
  safeTry(async function* () {
    const spoolLimit = spoolLimitOf(suite.geometry, options);
    const own = { store, random: io.random, limit: spoolLimit };
    const data = shared ?? (yield* openStoredData(own));
    const rateLimit = new RateLimit(io.clock, () => documents.view()?.sendRatePerMinute ?? 0);
    const services = [loopService, keyService(data.users)];
    const { users, spool } = data;
    return ok({ users, spool, spoolLimit, rateLimit, services });
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
  readonly options: ProviderOptions;
  readonly close: () => Promise<void>;
}

const makeRole = (node: NodeServices, house: House, door: Door): NodeRole => {
  const { users, services } = house;
  const { suite, tuning, hold, drop, count, io, network, documents } = node;
  const delivery = new Delivery({ ...house, ...io, suite, tuning, hold, drop, count });
  const sweeping = sweepSpool({ ...node, spool: house.spool }, door.options);
  const session = { ...house, clock: io.clock, epochTime: network.epochTime, documents };
  const advertised = new Map(
    services.map(({ capability, endpoint }) => [capability, { endpoint }]),
  );
  return {
    kind: 'provider',
    advertise: () =>
      Promise.resolve({
        services: advertised,
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
      await sweeping;
    },
  };
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
