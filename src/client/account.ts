/**
 * One account: opened, used and closed as a whole. Accounts share nothing but the world.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { wipe } from '../bytes/compare.js';
import { type AccountParts, type ClientWorld, openParts } from './account-parts.js';
import { AccountRun } from './account-run.js';
import type { NetworkView } from '../pki/view.js';
import type { Inbox } from './inbox.js';
import type { OutboxQueue } from './outbox.js';
import type { AccountPlan } from './plan.js';
import { ServiceDesk, type ServiceQuestion } from './services.js';
import { prepareMail } from './submit.js';
import type {
  AccountStatus,
  Address,
  AskError,
  OpenError,
  Recipients,
  SendError,
  SendOptions,
  Sent,
} from './types.js';

export interface AccountOptions {
  /** Whether it stays without a connection. */
  readonly offline: boolean;
  readonly recipients: Pick<Recipients, 'get'>;
}

export class Account {
  readonly #world: ClientWorld;
  readonly #plan: AccountPlan;
  readonly #options: AccountOptions;
  readonly #parts: AccountParts;
  readonly #services: ServiceDesk;
  readonly #run: AccountRun | undefined;
  readonly #stop = new AbortController();
  readonly #tasks: readonly Promise<void>[];

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
    this.#run = options.offline ? undefined : new AccountRun(world, plan, parts);
    this.#tasks = this.#start();
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
    return this.#run?.view();
  }

  get keys(): { readonly identityKey: Uint8Array; readonly linkKey: Uint8Array } {
    const { identity, link } = this.#parts;
    return { identityKey: identity.publicKey, linkKey: link.publicKey };
  }

  get inbox(): Inbox {
    return this.#parts.inbox;
  }

  get outbox(): OutboxQueue {
    return this.#parts.outbox;
  }

  get status(): AccountStatus {
    const { inbox, outbox, surbs } = this.#parts;
    const skewMs = this.#run?.connection.skewMs;
    return {
      account: this.address,
      connection: this.#run?.connection.state ?? { kind: 'offline' },
      outbox: outbox.count,
      replyBlocks: surbs.size,
      inbox: { count: inbox.count },
      fragments: inbox.fragments,
      ...(skewMs === undefined ? {} : { skewMs }),
    };
  }

  /** Freezes a mail for all its recipients; durable when ok. */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    if (options.signal?.aborted === true) return errAsync({ kind: 'aborted' });
    const { io, tuning, events } = this.#world;
    const prepared = prepareMail(
      {
        account: this.address,
        clock: io.clock,
        random: io.random,
        geometry: this.#plan.network.geometry,
        recipients: this.#options.recipients,
        limit: tuning.maxMailLength,
        sanitise: this.#plan.sanitise,
      },
      options,
    );
    return prepared
      .asyncAndThen((mail) => this.#parts.outbox.accept({ ...mail, lifetimeMs: tuning.bounceMs }))
      .map((all) => {
        for (const sent of all) events.emit({ kind: 'queued', account: this.address, sent });
        return all;
      });
  }

  ask(question: ServiceQuestion): ResultAsync<Uint8Array, AskError> {
    return this.#services.ask(question);
  }

  /** Ends what runs, then closes what was opened, the last first. */
  async close(): Promise<void> {
    const { inbox, store, identity, link } = this.#parts;
    this.#stop.abort();
    this.#services.close();
    await this.#run?.close();
    await Promise.all(this.#tasks);
    await inbox.close();
    await store.close();
    wipe(identity.secretKey, link.secretKey);
  }

  #start(): readonly Promise<void>[] {
    const { surbs, outbox, health } = this.#parts;
    const { signal } = this.#stop;
    const tasks = [
      outbox.runBounces(signal),
      surbs.runExpiry(signal, (error) => health.failed(error)),
      ...(this.#run?.tasks(signal) ?? []),
    ];
    return tasks.map((task) => task.catch((thrown: unknown) => this.#died(thrown)));
  }

  /** Only a mistake of ours throws in the background; it must not take the program with it. */
  #died(thrown: unknown): void {
    const problem = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    this.#world.io.log.write('error', 'account', 'a process has died', { problem });
  }
}
