/**
 * What a provider knows of our account, asked over the network and authenticated by the link key.
 *
 * Source: our own service, `account`; providers of the reference have none.
 * @module
 */
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { fromBase64, fromUtf8 } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock } from '../../io/contracts.js';
import { nodeNamed, type NetworkNode, type NetworkView } from '../../pki/view.js';
import { ACCOUNT_SERVICE, sealAccountRequest } from '../../wire/account-request.js';
import type { KeyPair } from '../keys.js';
import type { ServiceQuestion } from '../sender/services.js';
import type { AskError, RemoteAccount, RemoteAccountError } from '../types.js';

export interface SelfServiceDeps {
  readonly clock: Clock;
  readonly primitives: Primitives;
  readonly user: string;
  /** The provider's name in documents. */
  readonly provider: string;
  readonly link: KeyPair;
  readonly view: () => NetworkView | undefined;
  readonly ask: (question: ServiceQuestion) => ResultAsync<Uint8Array, AskError>;
}

const KEY_LENGTH = 32;

/** Our account at its provider. */
export class SelfService {
  readonly #deps: SelfServiceDeps;
  /** The time in our last request: each is later than the one before. */
  #askedMs = 0;

  constructor(deps: SelfServiceDeps) {
    this.#deps = deps;
  }

  ask(
    kind: 'show' | 'delete',
    signal?: AbortSignal,
  ): ResultAsync<RemoteAccount, RemoteAccountError> {
    const { view: viewNow, provider: name, ask } = this.#deps;
    const view = viewNow();
    if (view === undefined) return errAsync({ kind: 'no-document' });
    const provider = nodeNamed(view.exits, name);
    const body = provider && this.#request(kind, provider);
    if (body === undefined) return errAsync({ kind: 'no-such-provider', provider: name });
    return ask({ service: ACCOUNT_SERVICE, provider: name, body, ...(signal && { signal }) })
      .mapErr((error): RemoteAccountError => error)
      .andThen(readAccountAnswer);
  }

  /** `undefined` when the provider's key is none. */
  #request(kind: 'show' | 'delete', provider: NetworkNode): Uint8Array | undefined {
    const { clock, primitives, user, link } = this.#deps;
    this.#askedMs = Math.max(Math.floor(clock.now()), this.#askedMs + 1);
    return sealAccountRequest(
      primitives,
      { verb: { kind }, timeMs: this.#askedMs, user },
      {
        secretKey: link.secretKey,
        theirKey: provider.linkKey,
        userKey: link.publicKey,
        providerIdentity: provider.identityKey,
      },
    );
  }
}

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
  const { Waiting: waiting, LeavesAt: leavesAtMs } = said;
  if (linkKey === undefined || !isCount(waiting) || !isCount(leavesAtMs)) {
    return err({ kind: 'malformed-reply' });
  }
  return ok({ linkKey, identityKey, waiting, leavesAtMs: leavesAtMs > 0 ? leavesAtMs : undefined });
};

interface Said {
  readonly Status?: unknown;
  readonly LinkKey?: unknown;
  readonly IdentityKey?: unknown;
  readonly Waiting?: unknown;
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
