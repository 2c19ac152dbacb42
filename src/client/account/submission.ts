/**
 * Submission: an account takes mails, each once by the name that its sender gives it.
 * @module
 */
import { errAsync, type Result, type ResultAsync } from 'neverthrow';
import type { NetworkView } from '../../pki/view.js';
import { idsOfSend, prepareReply, sentBefore, type SubmitDeps } from '../outbox/submit.js';
import type { Recipients, SanitiseOptions, SendError, SendOptions, Sent } from '../types.js';
import { acceptMail, type Named } from './accept.js';
import { type AccountParts, type ClientWorld, nodeReading } from './parts.js';
import type { AccountPlan } from './plan.js';

const DAY_MS = 86_400_000;

export interface SubmissionDeps {
  readonly world: ClientWorld;
  readonly plan: AccountPlan;
  readonly parts: AccountParts;
  readonly recipients: Pick<Recipients, 'get'>;
  readonly view: () => NetworkView | undefined;
  /** Mail waits for somebody's key. */
  readonly onWaiting: () => void;
}

export class Submission {
  readonly #deps: SubmissionDeps;

  constructor(deps: SubmissionDeps) {
    this.#deps = deps;
  }

  /** Freezes a mail for all its recipients, once by each name; durable when ok. */
  send(options: SendOptions): ResultAsync<readonly Sent[], SendError> {
    if (options.signal?.aborted === true) return errAsync({ kind: 'aborted' });
    const { once: name, to } = options;
    if (name === undefined || name === '') return this.#accept(options);
    const { world, parts } = this.#deps;
    const idOf = idsOfSend(world.primitives, parts.identity.secretKey, name);
    return parts.named.once(name, {
      first: (step) => this.#accept(options, { idOf, step }),
      again: () => sentBefore(this.#deps, to, idOf),
    });
  }

  /** A mail as it leaves through a reply block. */
  prepareReply(mail: Uint8Array): Result<Uint8Array, SendError> {
    return prepareReply(this.#submitDeps, mail);
  }

  #accept(options: SendOptions, named?: Named): ResultAsync<readonly Sent[], SendError> {
    const { world, plan, parts, view, onWaiting } = this.#deps;
    const { bounceMs: lifetimeMs, pathsByHand } = world.tuning;
    const paths = { pathsByHand, view, reading: () => nodeReading(world, plan.network) };
    const deps = { ...parts, submit: this.#submitDeps, paths, lifetimeMs };
    return acceptMail(deps, options, named).map((all) => {
      for (const sent of all) world.events.emit({ kind: 'queued', account: plan.address, sent });
      if (parts.outbox.waiting.addresses.length > 0) onWaiting();
      return all;
    });
  }

  /** The hour in Date would tell what a batch hides. */
  get #sanitising(): SanitiseOptions {
    const { plan, parts } = this.#deps;
    const { dateStepMs = 0 } = plan.sanitising;
    return parts.outbox.departures.state.delay === 'batch'
      ? { ...plan.sanitising, dateStepMs: Math.max(dateStepMs, DAY_MS) }
      : plan.sanitising;
  }

  get #submitDeps(): SubmitDeps {
    const { world, plan, parts, recipients, view } = this.#deps;
    return {
      account: plan.address,
      clock: world.io.clock,
      random: world.io.random,
      geometry: plan.network.geometry,
      recipients,
      limit: world.tuning.maxMailLength,
      sanitise: plan.sanitise,
      sanitising: this.#sanitising,
      threads: parts.threads,
      keyDiscovery: plan.keyDiscovery,
      isProvider: (name) => parts.providers.has(name, view()),
    };
  }
}
