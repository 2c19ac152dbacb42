/**
 * The village: a mix network over real loopback links, and two people with a daemon each.
 * @module
 */
import { join } from 'node:path';
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { AccountConfig } from '../../src/index.js';
import type { Clock, Io } from '../../src/io/contracts.js';
import { openSqliteStore } from '../../src/store/sqlite.js';
import { startNetwork, type MeanTimes, type TestNetwork } from '../../testkit/network.js';
import type { UserError } from '../../servers/provider/contracts.js';
import type { TestNetworkError } from '../../testkit/network.js';
import type { DaemonConfig } from '../daemon/config.js';
import { startDaemon, type RunningDaemon } from '../daemon/daemon.js';
import type { DaemonError } from '../daemon/errors.js';

export interface Person {
  readonly address: string;
  readonly daemon: RunningDaemon;
  readonly maildir: string;
}

export interface Village {
  readonly network: TestNetwork;
  readonly alice: Person;
  readonly bob: Person;
  close(): Promise<void>;
}

export type VillageError =
  | TestNetworkError
  | UserError
  | DaemonError
  | { readonly kind: 'not-in-time'; readonly what: string; readonly left: readonly string[] };

/** Quick enough to watch, slow enough for a small machine. */
const MEANS: MeanTimes = {
  mu: 50,
  lambdaP: 100,
  lambdaL: 1_000,
  lambdaD: 2_000,
  lambdaM: 60_000,
};
const READY_MS = 60_000;
const POLL_MS = 20;

/** Looks again and again until `isSo`; false when time ran out. */
export const eventually = async (
  clock: Clock,
  isSo: () => boolean,
  limitMs: number,
): Promise<boolean> => {
  const untilMs = clock.monotonic() + limitMs;
  while (!isSo()) {
    if (clock.monotonic() > untilMs) return false;
    await clock.sleep(POLL_MS);
  }
  return true;
};

interface Newcomer {
  readonly user: string;
  readonly provider: string;
  readonly linkKey: Uint8Array;
  readonly identityKey: Uint8Array;
}

const newcomer = ({ random }: Io, user: string, provider: string): Newcomer => ({
  user,
  provider,
  linkKey: random(32),
  identityKey: random(32),
});

const addressOf = ({ user, provider }: Newcomer): string => `${user}@${provider}`;

const publicOf = (secret: Uint8Array): Uint8Array => {
  const { x25519 } = selectPrimitives();
  return x25519.publicKey(x25519.scalar(secret));
};

const configOf = (
  directory: string,
  network: TestNetwork,
  { me, friend }: { readonly me: Newcomer; readonly friend: Newcomer },
): DaemonConfig => {
  const dataDir = join(directory, me.user);
  const account: AccountConfig = { ...me, network: 'village', readers: ['pop3', 'maildir'] };
  return {
    client: {
      dataDir,
      networks: { village: network.config },
      accounts: [account],
      recipients: { [addressOf(friend)]: publicOf(friend.identityKey) },
    },
    storageKeyFile: join(directory, `${me.user}.key`),
    smtp: '127.0.0.1:0',
    pop3: '127.0.0.1:0',
    allowAnyPassword: false,
    socket: join(dataDir, 'management_sock'),
    documentVerbs: true,
    folders: [{ maildir: join(dataDir, 'Maildir'), dropFolder: join(dataDir, 'Drop') }],
    logging: { disabled: true, level: 'notice', unsafeDebug: false },
    generateOnly: false,
  };
};

const moveIn = (
  io: Io,
  directory: string,
  {
    network,
    me,
    friend,
  }: {
    readonly network: TestNetwork;
    readonly me: Newcomer;
    readonly friend: Newcomer;
  },
): ResultAsync<Person, VillageError> => {
  const config = configOf(directory, network, { me, friend });
  const maildir = config.folders[0]?.maildir ?? '';
  const keys = { linkKey: publicOf(me.linkKey), identityKey: publicOf(me.identityKey) };
  return network
    .provider(me.provider)
    .users.add(me.user, keys)
    .mapErr((error): VillageError => error)
    .andThen(() =>
      startDaemon(config, { io, openStore: openSqliteStore, shutdown: () => undefined }),
    )
    .map((daemon) => ({ address: addressOf(me), daemon, maildir }));
};

const isConnected = ({ daemon }: Person): boolean =>
  daemon.client.accounts.status().every(({ connection }) => connection.kind === 'connected');

const settle = async (
  { clock }: Io,
  network: TestNetwork,
  people: readonly Person[],
): Promise<Result<void, VillageError>> => {
  const isReady = (): boolean => network.isReady() && people.every(isConnected);
  if (await eventually(clock, isReady, READY_MS)) return ok(undefined);
  const left = people.filter((person) => !isConnected(person)).map(({ address }) => address);
  return err({ kind: 'not-in-time', what: 'the network did not come up', left });
};

/**
 * Builds the village under `directory`; mail can flow when ok.
 *
 * @errors why something did not start; what had started is closed again
 */
export const openVillage = (io: Io, directory: string): ResultAsync<Village, VillageError> =>
  safeTry(async function* () {
    const network = yield* startNetwork({
      io,
      openStore: openSqliteStore,
      dataDir: join(directory, 'network'),
      means: MEANS,
    });
    const people: Person[] = [];
    const close = async (): Promise<void> => {
      await Promise.all(people.map(({ daemon }) => daemon.close()));
      await network.close();
    };
    const [a, b] = [newcomer(io, 'alice', 'p1.test'), newcomer(io, 'bob', 'p2.test')];
    const built = await safeTry<readonly [Person, Person], VillageError>(async function* () {
      const alice = yield* moveIn(io, directory, { network, me: a, friend: b });
      people.push(alice);
      const bob = yield* moveIn(io, directory, { network, me: b, friend: a });
      people.push(bob);
      yield* await settle(io, network, people);
      return ok([alice, bob] as const);
    });
    if (built.isErr()) {
      await close();
      return err(built.error);
    }
    const [alice, bob] = built.value;
    return ok({ network, alice, bob, close });
  });
