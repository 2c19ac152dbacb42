/**
 * SIGHUP: the log is opened anew, the configuration file and the recipients are read again.
 *
 * A file with problems changes nothing. Nothing of this can end the daemon.
 * @module
 */
import type { Result } from 'neverthrow';
import type { Address } from '../../src/index.js';
import type { LoggingConfig, ProgramLog } from '../config/logging.js';
import { safeKey } from '../config/settings.js';
import type { ConfigProblem } from '../config/toml.js';
import type { AddError, RunningDaemon } from './daemon.js';
import type { DaemonError } from './errors.js';
import {
  inEffectOf,
  planReload,
  type AccountEntry,
  type Configured,
  type InEffect,
  type ReloadPlan,
} from './reload-plan.js';
import { daemonSchema } from './schema.js';

/** A file that cannot be read, or says what nobody can do. */
export type ReadError =
  | { readonly kind: 'config-problems'; readonly problems: readonly ConfigProblem[] }
  | { readonly kind: 'config-file'; readonly path: string; readonly reason: string };

export interface ReloaderOptions {
  readonly daemon: Pick<
    RunningDaemon,
    | 'client'
    | 'state'
    | 'rescan'
    | 'renewPasswords'
    | 'renewCertificate'
    | 'addAccount'
    | 'removeAccount'
  >;
  readonly log: ProgramLog;
  /** What the daemon was started with. */
  readonly configured: Configured;
  /** What the command line makes of the file's `[Logging]`. */
  readonly logging: (config: LoggingConfig) => LoggingConfig;
}

const MODULE = 'daemon';

/** Takes over, one file after the other, what can be taken over. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #inEffect: InEffect;
  #last: Promise<void> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#inEffect = inEffectOf(options.configured);
  }

  /** @param read - reads the configuration file */
  reload(read: () => PromiseLike<Result<Configured, ReadError>>): Promise<void> {
    this.#last = this.#last.then(() => this.#reload(read));
    return this.#last;
  }

  async #reload(read: () => PromiseLike<Result<Configured, ReadError>>): Promise<void> {
    const { daemon, log } = this.#options;
    log.reopen();
    const configured = await read();
    if (configured.isErr()) this.#report(configured.error);
    const plan = configured.isErr() ? undefined : this.#planFor(configured.value);
    if (configured.isOk() && plan?.logging === true) {
      log.configure(this.#options.logging(configured.value.config.logging));
    }
    await this.#rescan();
    await daemon.renewPasswords().match(
      () => undefined,
      ({ reason }) => log.write('error', MODULE, 'passwords not read', { reason }),
    );
    await daemon.renewCertificate().match(
      () => undefined,
      (error) => log.write('error', MODULE, 'certificate not taken over', certificateFacts(error)),
    );
    if (plan !== undefined) await this.#takeOver(plan);
  }

  /** Of the client's accounts also those that could not be opened. */
  #planFor(configured: Configured): ReloadPlan {
    const { accounts } = this.#options.daemon.client;
    const running = accounts.status().map(({ account }) => account);
    return planReload(this.#inEffect, configured, running);
  }

  async #takeOver(plan: ReloadPlan): Promise<void> {
    const { daemon, log } = this.#options;
    for (const account of plan.removed) await this.#remove(account);
    for (const [account, isPaused] of plan.paused) await this.#pause(account, isPaused);
    const refused = new Set<string>();
    for (const entry of plan.added) if (!(await this.#add(entry))) refused.add(entry.address);
    for (const [address, key] of plan.recipients) {
      const set = await daemon.client.recipients.configure(address, key);
      if (set.isErr())
        log.write('warning', MODULE, 'unusable recipient', { problem: set.error.kind });
    }
    const accounts = [...plan.inEffect.accounts].filter(([address]) => !refused.has(address));
    this.#inEffect = { ...plan.inEffect, accounts: new Map(accounts) };
    const needsRestart = plan.needsRestart.map((path) => safeKey(daemonSchema, path));
    daemon.state.needsRestart = [...new Set(needsRestart)];
    for (const key of daemon.state.needsRestart) {
      log.write('warning', MODULE, 'a changed setting needs a restart', { key });
    }
    log.write('notice', MODULE, 'configuration read again');
  }

  async #remove(address: Address): Promise<void> {
    const { daemon, log } = this.#options;
    const account = { identifier: address };
    await daemon.removeAccount(address).match(
      () => log.write('notice', MODULE, 'account removed', { account }),
      ({ kind }) => log.write('error', MODULE, 'account not removed', { account, problem: kind }),
    );
  }

  async #pause(address: Address, isPaused: boolean): Promise<void> {
    const { daemon, log } = this.#options;
    const { accounts } = daemon.client;
    const account = { identifier: address };
    await (isPaused ? accounts.pause(address) : accounts.resume(address)).match(
      () =>
        log.write('notice', MODULE, isPaused ? 'account paused' : 'account resumed', { account }),
      ({ kind }) => log.write('error', MODULE, 'account not changed', { account, problem: kind }),
    );
  }

  async #add({ address, config, folders }: AccountEntry): Promise<boolean> {
    const { daemon, log } = this.#options;
    const account = { identifier: address };
    return daemon.addAccount(config, folders).match(
      () => {
        log.write('notice', MODULE, 'account added', { account });
        return true;
      },
      (error) => {
        log.write('error', MODULE, 'account not added', { account, ...addFacts(error) });
        return false;
      },
    );
  }

  async #rescan(): Promise<void> {
    const { daemon, log } = this.#options;
    await daemon.rescan().match(
      (problems) => {
        log.write('notice', MODULE, 'recipients read again', { unusable: problems.length });
        for (const each of problems) {
          const facts = each.kind === 'recipient-file' ? fileFacts(each) : { problem: each.kind };
          log.write('warning', MODULE, 'unusable recipient', facts);
        }
      },
      (error) => log.write('error', MODULE, 'recipients not read', { problem: error.kind }),
    );
  }

  /** Where, not what: a problem quotes what people wrote; `check-config` tells it. */
  #report(error: ReadError): void {
    const { log } = this.#options;
    const broken = 'the configuration is broken, and stays as it was';
    if (error.kind === 'config-file') log.write('error', MODULE, broken, { reason: error.reason });
    else for (const { line } of error.problems) log.write('error', MODULE, broken, { line });
  }
}

/** Which setting to look at, where it is one. */
const addFacts = (error: AddError): Readonly<Record<string, string>> =>
  error.kind === 'mail-folder'
    ? { problem: error.kind, key: error.key, reason: error.reason }
    : { problem: error.kind };

const certificateFacts = (error: DaemonError): Readonly<Record<string, string>> =>
  error.kind === 'tls-file' ? { key: error.key, problem: error.problem } : { problem: error.kind };

/** The file is named by a recipient. */
const fileFacts = ({ path, problem }: { readonly path: string; readonly problem: string }) => ({
  file: { identifier: path },
  problem,
});
