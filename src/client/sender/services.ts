/**
 * Requests to services of providers: each is one packet in each direction, and lives only as long
 * as the program that asks.
 *
 * Source: server internal/provider/kaetzchen; requests are idempotent, so a lost one is sent again.
 * @module
 */
import { err, ok, type Result, ResultAsync } from 'neverthrow';
import { toHex, utf8 } from '../../bytes/text.js';
import { onAbort } from '../../io/abort.js';
import type { Clock } from '../../io/contracts.js';
import { type NetworkNode, type NetworkView, nodeNamed } from '../../pki/view.js';
import type { SurbRecord } from '../packets/surb-record.js';
import type { AskError } from '../types.js';

export interface ServiceQuestion {
  /** Capability. */
  readonly service: string;
  /** Name of the provider in the document. */
  readonly provider: string;
  readonly body: Uint8Array;
  readonly signal?: AbortSignal;
  /** Present for a loop on purpose, which is sent once. */
  readonly probe?: Probe;
}

/** What a loop on purpose has beside other questions. */
export interface Probe {
  /** Narrows a document to the nodes that it crosses, on both ways where they are mixes. */
  readonly way: (document: NetworkView) => NetworkView | undefined;
  readonly onSent: () => void;
}

/** Where a question goes. */
export interface ServicePlace {
  readonly destination: NetworkNode;
  /** The service's recipient id. */
  readonly endpoint: Uint8Array;
}

/** A question that waits to be sent, or for its reply. */
export interface ServiceRequest {
  readonly question: ServiceQuestion;
  readonly settle: (answer: Result<Uint8Array, AskError>) => void;
}

export interface ServiceDeps {
  readonly clock: Clock;
  readonly view: () => NetworkView | undefined;
  /** Most bytes of a question. */
  readonly limit: number;
  readonly lifetimeMs: number;
}

/** The reply's type byte and a reserved one. */
const REPLY_HEADER = 2;
const SERVICE_REPLY = 1;

/** Where a service is; @errors `no-such-provider`, `no-such-service` */
export const findService = (
  view: NetworkView,
  { provider, service }: Pick<ServiceQuestion, 'provider' | 'service'>,
): Result<ServicePlace, AskError> => {
  const destination = nodeNamed(view.exits, provider);
  if (destination === undefined) return err({ kind: 'no-such-provider', provider });
  const endpoint = destination.services.get(service)?.endpoint;
  if (endpoint === undefined) return err({ kind: 'no-such-service', service });
  return ok({ destination, endpoint: utf8(endpoint) });
};

export class ServiceDesk {
  readonly #deps: ServiceDeps;
  readonly #open = new Set<ServiceRequest>();
  #queue: ServiceRequest[] = [];
  readonly #sent = new Map<string, ServiceRequest>();

  constructor(deps: ServiceDeps) {
    this.#deps = deps;
  }

  /** Asks; the answer comes without the padding behind it. */
  ask(question: ServiceQuestion): ResultAsync<Uint8Array, AskError> {
    const refused = this.#check(question);
    return new ResultAsync(
      refused === undefined ? this.#wait(question) : Promise.resolve(err(refused)),
    );
  }

  /** The next request to send and where to; it must come back by `sent` or `putBack`. */
  next(
    view: NetworkView,
  ): { readonly request: ServiceRequest; readonly place: ServicePlace } | undefined {
    for (const request of this.#queue) {
      const place = findService(view, request.question);
      if (place.isErr()) continue;
      this.#queue = this.#queue.filter((each) => each !== request);
      return { request, place: place.value };
    }
    return undefined;
  }

  sent(request: ServiceRequest, surbId: Uint8Array): void {
    if (!this.#open.has(request)) return;
    this.#sent.set(toHex(surbId), request);
    request.question.probe?.onSent();
  }

  putBack(request: ServiceRequest): void {
    if (this.#open.has(request)) this.#queue.push(request);
  }

  /** The reply to a request has come. */
  answered({ id }: SurbRecord, plaintext: Uint8Array): void {
    this.#take(id)?.settle(readReply(plaintext));
  }

  /** The reply to a request is no more expected: it is sent again, unless it was a probe. */
  expired({ id }: SurbRecord): void {
    const request = this.#take(id);
    if (request?.question.probe !== undefined) request.settle(err({ kind: 'timeout' }));
    else if (request !== undefined) this.putBack(request);
  }

  close(): void {
    for (const request of [...this.#open]) request.settle(err({ kind: 'closed' }));
  }

  #check(question: ServiceQuestion): AskError | undefined {
    const { limit, view } = this.#deps;
    const { length } = question.body;
    if (question.signal?.aborted === true) return { kind: 'aborted' };
    if (length > limit) return { kind: 'request-too-large', size: length, limit };
    const current = view();
    if (current === undefined) return { kind: 'no-document' };
    return findService(current, question).match(
      () => undefined,
      (error) => error,
    );
  }

  #wait(question: ServiceQuestion): Promise<Result<Uint8Array, AskError>> {
    const { clock, lifetimeMs } = this.#deps;
    return new Promise((resolve) => {
      const over = new AbortController();
      const settle = (answer: Result<Uint8Array, AskError>): void => {
        if (!this.#open.delete(request)) return;
        this.#queue = this.#queue.filter((each) => each !== request);
        forget();
        over.abort();
        resolve(answer);
      };
      const request: ServiceRequest = { question, settle };
      this.#open.add(request);
      this.#queue.push(request);
      const forget = onAbort(question.signal, () => settle(err({ kind: 'aborted' })));
      void clock.sleep(lifetimeMs, over.signal).then(() => settle(err({ kind: 'timeout' })));
    });
  }

  #take(surbId: Uint8Array): ServiceRequest | undefined {
    const key = toHex(surbId);
    const request = this.#sent.get(key);
    this.#sent.delete(key);
    return request;
  }
}

const readReply = (plaintext: Uint8Array): Result<Uint8Array, AskError> => {
  if (plaintext[0] !== SERVICE_REPLY || plaintext[1] !== 0) return err({ kind: 'malformed-reply' });
  let end = plaintext.length;
  while (end > REPLY_HEADER && plaintext[end - 1] === 0) end -= 1;
  return ok(plaintext.slice(REPLY_HEADER, end));
};
