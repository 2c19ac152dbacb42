/**
 * One account: opened, used and closed as a whole. Accounts share nothing but the world.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { wipe } from '../../bytes/compare.js';
import { type AccountParts, type ClientWorld, nodeReading, openParts } from './parts.js';
import { AccountRun } from './run.js';
import type { NetworkView } from '../../pki/view.js';
import type { StoreError } from '../../store/store.js';
import type { Inbox } from '../inbox/inbox.js';
import { Discovery } from './discovery.js';
import { KEYSERVER, lookupKey } from '../recipients/keyserver.js';
import type { OutboxQueue } from '../outbox/outbox.js';
import { ping } from './ping.js';
import { openReplies, type Replies } from './replies.js';
import type { AccountPlan } from './plan.js';
import type { NormalAddress } from '../../mail/address.js';
import { SelfService } from './self-service.js';
import type { LoopWatch } from '../sender/loop-watch.js';
import { ServiceDesk, type ServiceQuestion } from '../sender/services.js';
import { Submission } from './submission.js';
import type {
  AccountStatus,
  Address,
  AskError,
  ConnectionState,
  LookupError,
  OpenError,
  PingError,
  Pong,
  Recipients,
  SendError,
  SendOptions,
  Sent,
} from '../types.js';

export interface AccountOptions {
  /** Whether it stays without a connection. */
  readonly offline: boolean;
  readonly recipients: Pick<Recipients, 'get'>;
}

/** A life on the network, from a beginning to a pause. */
interface Running {
  readonly run: AccountRun;
  readonly stop: AbortController;
  readonly tasks: readonly Promise<void>[];
}

export class Account {
  readonly #world: ClientWorld;
  readonly #plan: AccountPlan;
  readonly #options: AccountOptions;
  readonly #parts: AccountParts;
  readonly #services: ServiceDesk;
  readonly #stop = new AbortController();
  readonly #discovery: Discovery;
  readonly #submission: Submission;
  /** The account as its provider knows it. */
  readonly selfService: SelfService;
  readonly replies: Replies;
  readonly #tasks: readonly Promise<void>[];
  #malformedKeyAnswers = 0;
  #run: Running | undefined;
  #isPaused: boolean;

  private constructor(
    world: ClientWorld,
    plan: AccountPlan,
    options: AccountOptions,
    parts: AccountParts & { readonly services: ServiceDesk },
  ) {
    this.#world = world;
    this.#plan = plan;
    this.#options = options;
    this.#parts = parts;
    this.#services = parts.services;
    this.#isPaused = plan.paused;
    this.#discovery = this.#makeDiscovery();
    this.#submission = new Submission({
      ...{ world, plan, parts, recipients: options.recipients },
      view: () => this.view(),
      onWaiting: () => this.#discovery.wake(),
    });
    this.replies = openReplies(world, plan, parts, {
      view: () => this.view(),
      prepare: (mail) => this.#submission.prepareReply(mail),
    });
    this.selfService = new SelfService({
      ...{ ...world, ...plan, ...parts, clock: world.io.clock },
      view: () => this.view(),
      ask: (question) => this.ask(question),
    });
    this.#tasks = this.#start();
    if (!this.#isPaused) this.#connect();
  }

  /** Opens what is on disk and, unless offline, begins to connect. */
  static open(
    world: ClientWorld,
    plan: AccountPlan,
    options: AccountOptions,
  ): ResultAsync<Account, OpenError> {
    let account: Account | undefined;
    const services = new ServiceDesk({
      clock: world.io.clock,
      view: () => account?.view(),
      limit: plan.network.geometry.userPayloadLength,
      lifetimeMs: world.tuning.requestMs,
    });
    return openParts(world, plan, (record) => services.expired(record)).map(
      (parts) => (account = new Account(world, plan, options, { ...parts, services })),
    );
  }

  get address(): Address {
    return this.#plan.address;
  }

  /** The document of the current epoch; none while offline. */
  view(): NetworkView | undefined {
    return this.#run?.run.view();
  }

  /** Whether its mail may wait for the key of somebody unknown. */
  get keyDiscovery(): boolean {
    return this.#plan.keyDiscovery;
  }

  /** Its name at the provider. */
  get user(): string {
    return this.#plan.user;
  }

  get keys(): { readonly identityKey: Uint8Array; readonly linkKey: Uint8Array } {
    const { identity, link } = this.#parts;
    return { identityKey: identity.publicKey, linkKey: link.current.publicKey };
  }

  get inbox(): Inbox {
    return this.#parts.inbox;
  }

  /** What its loops have found. */
  get loops(): LoopWatch {
    return this.#parts.loops;
  }

  get outbox(): OutboxQueue {
    return this.#parts.outbox;
  }

  get status(): AccountStatus {
    const { inbox, outbox, surbs } = this.#parts;
    const skewMs = this.#run?.run.skewMs;
    return {
      account: this.address,
      connection: this.#connection,
      document: this.#run?.run.document ?? 'missing',
      outbox: outbox.count,
      replyBlocks: surbs.size,
      inbox: { count: inbox.count },
      fragments: inbox.fragments,
      malformedKeyAnswers: this.#malformedKeyAnswers,
      ...(skewMs === undefined ? {} : { skewMs }),
    };
  }

  /** Freezes a mail for all its recipients, once by each name; durable when ok. */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    return this.#submission.send(options);
  }

  ask(question: ServiceQuestion): ResultAsync<Uint8Array, AskError> {
    return this.#services.ask(question);
  }

  /** Sends a loop through nodes of one's choice. */
  ping(nodes: readonly string[], signal?: AbortSignal): ResultAsync<Pong, PingError> {
    const { io } = this.#world;
    const ask = (question: ServiceQuestion) => this.ask(question);
    const reading = () => nodeReading(this.#world, this.#plan.network);
    return ping({ ...io, view: () => this.view(), reading, ask }, nodes, signal);
  }

  /** Asks the provider of an address for its key. */
  lookup(
    { user, domain }: NormalAddress,
    signal?: AbortSignal,
  ): ResultAsync<Uint8Array, LookupError> {
    const question = { service: KEYSERVER, provider: domain, ...(signal && { signal }) };
    return lookupKey({
      ask: (body) => this.ask({ ...question, body }),
      user,
      isKey: (key) => this.#world.book.isKey(key),
    }).mapErr((error) => {
      if (error.kind === 'malformed-reply') this.#malformedKeyAnswers += 1;
      return error;
    });
  }

  /** Ends the connection and its processes; resolves when nothing of them runs any more. */
  async pause(): Promise<void> {
    if (this.#isPaused) return;
    this.#isPaused = true;
    await this.#disconnect();
    this.#tellConnection();
  }

  /** Begins to connect again. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#tellConnection();
    this.#connect();
  }

  /** Ends what runs, then closes what was opened, the last first. */
  async close(): Promise<void> {
    const { inbox, named, store, identity, link } = this.#parts;
    this.#stop.abort();
    this.#services.close();
    this.replies.desk.close();
    await this.#disconnect();
    await Promise.all(this.#tasks);
    await inbox.close();
    await named.idle();
    await store.close();
    await link.close();
    wipe(identity.secretKey);
  }

  get #connection(): ConnectionState {
    if (this.#isPaused) return { kind: 'paused' };
    return this.#run?.run.connection.state ?? { kind: 'offline' };
  }

  #tellConnection(): void {
    const [account, state] = [this.address, this.#connection];
    this.#world.events.emit({ kind: 'connection', account, state });
  }

  /** What goes on without a connection too. */
  #start(): readonly Promise<void>[] {
    const { surbs, used, outbox, named, sentIds, health } = this.#parts;
    const { signal } = this.#stop;
    const onError = (error: StoreError): void => health.failed(error);
    return this.#guarded([
      outbox.runBounces(signal),
      outbox.departures.run(signal),
      surbs.runExpiry(signal, onError),
      used.runExpiry(signal, onError),
      named.runExpiry(signal, onError),
      sentIds.runExpiry(signal, onError),
      this.#discovery.run(signal),
    ]);
  }

  #makeDiscovery(): Discovery {
    const { io, book, tuning } = this.#world;
    return new Discovery({
      ...this.#parts,
      ...io,
      mayAsk: this.#plan.keyDiscovery,
      lifetimeMs: tuning.requestMs,
      book,
      lookup: (of, signal) => this.lookup(of, signal),
    });
  }

  #connect(): void {
    if (this.#options.offline) return;
    const parts = { ...this.#parts, services: this.#services, discovery: this.#discovery };
    const replyDesk = this.replies.desk;
    const run = new AccountRun(this.#world, this.#plan, { ...parts, replyDesk });
    const stop = new AbortController();
    this.#run = { run, stop, tasks: this.#guarded(run.tasks(stop.signal)) };
  }

  async #disconnect(): Promise<void> {
    const running = this.#run;
    this.#run = undefined;
    running?.stop.abort();
    await running?.run.close();
    await Promise.all(running?.tasks ?? []);
  }

  #guarded(tasks: readonly Promise<void>[]): readonly Promise<void>[] {
    return tasks.map((task) => task.catch((thrown: unknown) => this.#died(thrown)));
  }

  /** Only a mistake of ours throws in the background; it must not take the program with it. */
  #died(thrown: unknown): void {
    const problem = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    this.#world.io.log.write('error', 'account', 'a process has died', { problem });
  }
}
