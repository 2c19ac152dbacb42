/**
 * What a provider knows of our account, asked over the network and authenticated by the link key.
 *
 * Source: our own service, `account`; providers of the reference have none.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { fromBase64, fromUtf8 } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock } from '../../io/contracts.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import {
  ACCOUNT_SERVICE,
  type AccountVerb,
  sealAccountRequest,
} from '../../wire/account-request.js';
import type { KeyPair } from '../keys.js';
import type { LinkKeys } from '../link/link-keys.js';
import { findService, type ServiceQuestion } from '../sender/services.js';
import { Turns } from '../../io/turns.js';
import type { AskError, RemoteAccount, RemoteAccountError, RotateError } from '../types.js';

export interface SelfServiceDeps {
  readonly clock: Clock;
  readonly primitives: Primitives;
  readonly user: string;
  /** The provider's name in documents. */
  readonly provider: string;
  readonly link: Pick<LinkKeys, 'current' | 'propose' | 'settle'>;
  readonly view: () => NetworkView | undefined;
  readonly ask: (question: ServiceQuestion) => ResultAsync<Uint8Array, AskError>;
}

const KEY_LENGTH = 32;

/** Our account at its provider. */
export class SelfService {
  readonly #deps: SelfServiceDeps;
  readonly #turns = new Turns();
  /** The time in our last request: each is later than the one before. */
  #askedMs = 0;

  constructor(deps: SelfServiceDeps) {
    this.#deps = deps;
  }

  ask(
    kind: 'show' | 'delete',
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    return this.#ask({ kind }, this.#deps.link.current, signal);
  }

  /** One rotation after the other; see `Accounts.rotateLinkKey`. */
  rotate(signal?: AbortSignal): ResultAsync<RemoteAccount, RotateError> {
    return this.#turns.take(() =>
      // Nothing is made for a provider that cannot take it.
      this.#provider()
        .mapErr((error): RotateError => error)
        .asyncAndThen(() => this.#deps.link.propose())
        .andThen((next) => this.#replaceBy(next, signal)),
    );
  }

  #replaceBy(next: KeyPair, signal?: AbortSignal): ResultAsync<RemoteAccount, RotateError> {
    const { link } = this.#deps;
    return this.#ask({ kind: 'rotate', linkKey: next.publicKey }, link.current, signal)
      .orElse((error) =>
        // An earlier request for it may have been obeyed, and its answer lost.
        isRefused(error)
          ? this.#ask({ kind: 'show' }, next, signal).mapErr(() => error)
          : errAsync(error),
      )
      .mapErr((error): RotateError => error)
      .andThen((remote) =>
        equal(remote.linkKey, next.publicKey)
          ? link.settle(next).map(() => remote)
          : errAsync<RemoteAccount, RotateError>({ kind: 'malformed-reply' }),
      );
  }

  /** Asks with one of our keys, which the tag is made with at once. */
  #ask(
    verb: AccountVerb,
    key: KeyPair,
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    const { provider, ask } = this.#deps;
    return this.#provider()
      .andThen((node) => this.#request(verb, key, node))
      .asyncAndThen((body) =>
        ask({ service: ACCOUNT_SERVICE, provider, body, ...(signal && { signal }) }).mapErr(
          (error): RemoteAccountError => error,
        ),
      )
      .andThen(readAccountAnswer);
  }

  #provider(): Result<NetworkNode, RemoteAccountError> {
    const { view: viewNow, provider } = this.#deps;
    const view = viewNow();
    if (view === undefined) return err({ kind: 'no-document' });
    return findService(view, { provider, service: ACCOUNT_SERVICE }).map(
      ({ destination }) => destination,
    );
  }

  /** @errors `no-such-provider`: its key is none */
  #request(
    verb: AccountVerb,
    { secretKey, publicKey }: KeyPair,
    node: NetworkNode,
  ): Result<Uint8Array, RemoteAccountError> {
    const { clock, primitives, user, provider } = this.#deps;
    this.#askedMs = Math.max(Math.floor(clock.now()), this.#askedMs + 1);
    const request = sealAccountRequest(
      primitives,
      { verb, timeMs: this.#askedMs, user },
      {
        secretKey,
        theirKey: node.linkKey,
        userKey: publicKey,
        providerIdentity: node.identityKey,
      },
    );
    return request === undefined ? err({ kind: 'no-such-provider', provider }) : ok(request);
  }
}

const isRefused = (error: RemoteAccountError): boolean =>
  error.kind === 'account-refused' && error.reason === 'refused';

/**
 * Reads what a provider says.
 *
 * @errors `account-refused` with the provider's word for it; `malformed-reply`
 */
export const readAccountAnswer = (bytes: Uint8Array): Result<RemoteAccount, RemoteAccountError> => {
  const said = parseAnswer(bytes);
  if (said === undefined) return err({ kind: 'malformed-reply' });
  if (said.Status !== 'done')
    return err({ kind: 'account-refused', reason: reasonOf(said.Status) });
  const linkKey = keyIn(said.LinkKey);
  const identityKey = keyIn(said.IdentityKey);
  const { Waiting: waiting, LeavesAt: leavesAtMs, Limit: limit } = said;
  if (linkKey === undefined || !isCount(waiting) || !isCount(leavesAtMs) || !isLimit(limit)) {
    return err({ kind: 'malformed-reply' });
  }
  const leaves = { leavesAtMs: leavesAtMs > 0 ? leavesAtMs : undefined };
  return ok({ linkKey, identityKey, waiting, limit, ...leaves });
};

interface Said {
  readonly Status?: unknown;
  readonly LinkKey?: unknown;
  readonly IdentityKey?: unknown;
  readonly Waiting?: unknown;
  readonly Limit?: unknown;
  readonly LeavesAt?: unknown;
}

const REASONS = ['malformed', 'refused', 'stale', 'replayed', 'bad-key', 'failed'] as const;

/** Words that we do not know are none of ours to repeat. */
const reasonOf = (status: unknown): (typeof REASONS)[number] | 'unknown' =>
  REASONS.find((reason) => reason === status) ?? 'unknown';

const parseAnswer = (bytes: Uint8Array): Said | undefined => {
  try {
    const said: unknown = JSON.parse(fromUtf8(bytes));
    return typeof said === 'object' && said !== null ? said : undefined;
  } catch {
    return undefined;
  }
};

const keyIn = (text: unknown): Uint8Array | undefined => {
  const key = typeof text === 'string' ? fromBase64(text) : undefined;
  return key?.length === KEY_LENGTH ? key : undefined;
};

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** Older providers say nothing of it. */
const isLimit = (value: unknown): value is number | undefined =>
  value === undefined || isCount(value);
