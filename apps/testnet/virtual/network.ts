/**
 * A test network in one process on virtual time: the mix network in memory, its users' daemons with
 * their listeners on this machine.
 * @module
 */
import { dirname } from 'node:path';
import { err, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import type { NodeTuning } from '../../../servers/node/options.js';
import type { UserError } from '../../../servers/provider/contracts.js';
import { agreementOf } from '../../config/keys.js';
import { readDaemonConfig } from '../../daemon/config.js';
import { startDaemon, type RunningDaemon } from '../../daemon/daemon.js';
import { faultStage } from '../../../testkit/faults.js';
import { startNetwork, type TestNetwork } from '../../../testkit/network.js';
import { fromUtf8 } from '../../../src/bytes/text.js';
import type { Io, Log } from '../../../src/io/contracts.js';
import { findPlace } from '../background.js';
import type { TestnetError } from '../errors.js';
import { configFileOf, type TestnetPlan, type UserPlan } from '../plan.js';
import { publicKeyOf } from '../ready.js';
import { described, quietMs } from '../settle.js';
import { Capture } from './capture.js';
import { makeWorld, type VirtualWorld } from './world.js';

const READY_LIMIT_MS = 6 * 3_600_000;
const SETTLE_LIMIT_MS = 3 * 86_400_000;
/** How often all parts are looked at while time passes, ms of the clock. */
const LOOK_MS = 1000;
/** The keys that the parts of a network in one process seal their stores with. */
const PART_KEY = new Uint8Array(32);

/** Looks at the clock that cost days of it dear, and that a few minutes more do no harm. */
const UNHURRIED: Partial<NodeTuning> = { publishPollMs: 60_000, reauthenticateMs: 600_000 };

export class VirtualNetwork {
  readonly #plan: TestnetPlan;
  readonly #io: Io;
  readonly #capture = new Capture();
  readonly #world: VirtualWorld;
  readonly #daemons = new Map<string, RunningDaemon>();
  #network: TestNetwork | undefined;

  /** @param io - this machine, for the listeners of mail programs */
  constructor(plan: TestnetPlan, io: Io, log: Log) {
    this.#plan = plan;
    this.#io = io;
    this.#world = makeWorld(log, this.#capture.watch);
  }

  get nowMs(): number {
    return this.#world.io.clock.now();
  }

  /** Starts everything and lets time pass until mail can flow. */
  start(): ResultAsync<void, TestnetError> {
    const plan = this.#plan;
    const startUser = (user: UserPlan) => this.#startUser(user);
    const openNetwork = () => this.#openNetwork();
    const ready = () => this.#awaitReady();
    return safeTry(async function* () {
      yield* openNetwork();
      for (const user of plan.users) yield* startUser(user);
      yield* ready();
      return ok(undefined);
    });
  }

  async advance(ms: number): Promise<void> {
    await this.#world.io.clock.advance(ms);
  }

  /** Lets time pass until no mail is underway. @errors `not-in-time` */
  settle(): ResultAsync<void, TestnetError> {
    const wait = async (): Promise<Result<void, TestnetError>> => {
      const { clock } = this.#world.io;
      const isQuiet = sometimes(
        () => clock.now(),
        () => this.#left().length === 0,
      );
      const untilMs = clock.now() + SETTLE_LIMIT_MS;
      while (await clock.runUntil(isQuiet, untilMs - clock.now())) {
        await clock.advance(quietMs(this.#plan.pace));
        if (this.#left().length === 0) return ok(undefined);
      }
      return err({ kind: 'not-in-time', what: 'settle', left: this.#left() });
    };
    return new ResultAsync(wait());
  }

  /** Ends a part as a crash does: nothing of it reaches the disk any more. */
  crash(name: string): ResultAsync<void, TestnetError> {
    return findPlace(this.#plan, name).asyncAndThen(({ kind, place }) => {
      this.#world.cutOff(place.dataDir);
      const ended = kind === 'user' ? this.#stopUser(place) : this.#running.stop(place.identifier);
      return ResultAsync.fromSafePromise(ended);
    });
  }

  /** Starts a part that is not running. */
  restart(name: string): ResultAsync<void, TestnetError> {
    return findPlace(this.#plan, name).asyncAndThen(({ kind, place }) =>
      kind === 'user'
        ? this.#startUser(place)
        : this.#running.start(place.identifier).mapErr((error): TestnetError => error),
    );
  }

  /** Delivers every mail block of the past to its provider's spool again. @returns how many */
  inject(): ResultAsync<number, TestnetError> {
    const network = this.#running;
    const capture = this.#capture;
    const { openNodeStore: open, io } = this.#world;
    return safeTry(async function* () {
      for (const path of capture.paths) {
        const identifier = dirname(path).split('/').at(-1) ?? '';
        await network.stop(identifier);
        yield* capture.deliverAgain(path, { open, key: PART_KEY, random: io.random });
        yield* network.start(identifier);
      }
      return ok(capture.count);
    });
  }

  async close(): Promise<void> {
    for (const daemon of this.#daemons.values()) await daemon.close();
    await this.#network?.close();
  }

  get #running(): TestNetwork {
    if (!this.#network) throw new Error('the network is not open');
    return this.#network;
  }

  #openNetwork(): ResultAsync<void, TestnetError> {
    const { plan, world } = { plan: this.#plan, world: this.#world };
    const { mu, lambdaP, lambdaL, lambdaD } = plan.pace;
    const { geometry, epochTime } = agreementOf({
      EpochPeriod: plan.pace.epoch / 1000,
      LinkProfile: '01',
      UserPayload: plan.payload,
    });
    return startNetwork({
      io: world.io,
      openStore: world.openNodeStore,
      dataDir: plan.directory,
      means: { mu, lambdaP, lambdaL, lambdaD, lambdaM: lambdaD },
      geometry,
      epochTime,
      tuning: UNHURRIED,
      faults: faultStage({ random: world.io.random, ...plan.faults }),
    })
      .mapErr((error): TestnetError => error)
      .andThen((network) => {
        this.#network = network;
        return ResultAsync.combine(plan.users.map((user) => this.#register(user)));
      })
      .map(() => undefined);
  }

  #register(user: UserPlan): ResultAsync<void, TestnetError> {
    const { users } = this.#running.provider(user.provider);
    return ResultAsync.combine([
      publicKeyOf(this.#io, user, 'link'),
      publicKeyOf(this.#io, user, 'identity'),
    ]).andThen(([linkKey, identityKey]) => {
      return users
        .find(user.user)
        .andThen((known) =>
          known ? okAsync(undefined) : users.add(user.user, { linkKey, identityKey }),
        )
        .mapErr(notAdded);
    });
  }

  #startUser(user: UserPlan): ResultAsync<void, TestnetError> {
    if (this.#daemons.has(user.name)) return okAsync(undefined);
    const path = configFileOf(user);
    return this.#io.files
      .read(path)
      .mapErr((error): TestnetError => error)
      .andThen((source) =>
        readDaemonConfig(fromUtf8(source), path).mapErr((problems): TestnetError => ({
          kind: 'config-problems',
          problems,
        })),
      )
      .andThen((config) => {
        const networks = { testnet: this.#running.config };
        return startDaemon(
          { ...config, client: { ...config.client, networks } },
          {
            io: this.#io,
            clientIo: this.#world.io,
            openStore: this.#world.openStore,
            shutdown: () => void this.#stopUser(user),
          },
        );
      })
      .map((daemon) => void this.#daemons.set(user.name, daemon));
  }

  async #stopUser({ name }: UserPlan): Promise<void> {
    const daemon = this.#daemons.get(name);
    this.#daemons.delete(name);
    await daemon?.close();
  }

  #awaitReady(): ResultAsync<void, TestnetError> {
    const { clock } = this.#world.io;
    const isReady = sometimes(
      () => clock.now(),
      () => this.#unconnected().length === 0,
    );
    const wait = async (): Promise<Result<void, TestnetError>> =>
      (await clock.runUntil(isReady, READY_LIMIT_MS))
        ? ok(undefined)
        : err({ kind: 'not-in-time', what: 'connections', left: this.#unconnected() });
    return new ResultAsync(wait());
  }

  #unconnected(): readonly string[] {
    const users = this.#plan.users.filter(({ name }) => {
      const accounts = this.#daemons.get(name)?.client.accounts.status() ?? [];
      return accounts.some(({ connection }) => connection.kind !== 'connected');
    });
    return [...(this.#running.isReady() ? [] : ['nodes']), ...users.map(({ name }) => name)];
  }

  /** One line for each part with something left, or that does not run. */
  #left(): readonly string[] {
    const users = this.#plan.users.map(({ name }) => [name, this.#leftAtUser(name)] as const);
    const nodes = this.#running.names.map((name) => [name, this.#leftAtPart(name)] as const);
    return [...users, ...nodes].flatMap(([name, text]) =>
      text === '' ? [] : [`${name}: ${text}`],
    );
  }

  #leftAtUser(name: string): string {
    const daemon = this.#daemons.get(name);
    if (!daemon) return 'does not run';
    const [status] = daemon.client.accounts.status();
    return described([
      [status?.outbox.mails ?? 0, 'mails in the outbox'],
      [status?.fragments ?? 0, 'blocks of mails that are not whole'],
    ]);
  }

  #leftAtPart(name: string): string {
    const part = this.#plan.parts.find(({ identifier }) => identifier === name);
    if (part?.role !== 'provider') return '';
    const spooled = this.#running.provider(name).spooled().messages ?? 0;
    return described([[spooled, 'mail blocks in the spool']]);
  }
}

/** Whoever is not there yet is added, and no other command of ours changes users. */
const notAdded = (error: UserError): TestnetError => {
  if (error.kind === 'user-exists' || error.kind === 'no-such-user') {
    throw new Error('users were changed meanwhile');
  }
  return error;
};

/** A look that costs something, taken only now and then; the last answer stands meanwhile. */
const sometimes = (nowMs: () => number, look: () => boolean): (() => boolean) => {
  let nextMs = 0;
  let seen = false;
  return () => {
    if (nowMs() >= nextMs) {
      seen = look();
      nextMs = nowMs() + LOOK_MS;
    }
    return seen;
  };
};
