/**
 * The connection to the provider: kept up as long as there is a document that names it.
 *
 * It owns the only `receive()` of the session and hands each command to whom it concerns; documents
 * asked for through it are a source like any other.
 *
 * Source: minclient's connection worker.
 * @module
 */
import { err, errAsync, type Result, ResultAsync } from 'neverthrow';
import { wipe } from '../../bytes/compare.js';
import { onAbort } from '../../io/abort.js';
import type { Clock, DialError, Log, Network, Random } from '../../io/contracts.js';
import { type DocumentSource, type FetchError, readDocument } from '../../pki/directory.js';
import type { Epoch } from '../../pki/epoch.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import type { Command } from '../../wire/commands.js';
import type { LinkDeps, LinkError, Session } from '../../wire/contracts.js';
import { openLink } from '../../wire/link.js';
import type { MessageForm } from '../../wire/packet-commands.js';
import type { KeyPair } from '../keys.js';
import { Backoff } from './backoff.js';
import type { LinkKeys } from './link-keys.js';
import { addressesOf, findProvider, isNode, peerOf, type ProviderRef } from './provider-node.js';
import type { Pulse } from '../pulse.js';
import type { ConnectionState } from '../types.js';

export interface ConnectionDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly link: LinkDeps;
  readonly log: Log;
  /** Our name on the wire. */
  readonly user: Uint8Array;
  readonly keys: Pick<LinkKeys, 'next' | 'refused' | 'settle'>;
  readonly provider: ProviderRef;
  /** The document of the current epoch. */
  readonly view: () => NetworkView | undefined;
  /** Fires at new documents; fired here when the connection comes or goes. */
  readonly changed: Pulse;
  readonly onState: (state: ConnectionState) => void;
  /** Our clock minus the provider's, ms, after each handshake. */
  readonly onSkew: (skewMs: number) => void;
  /** A session begins; retrieval starts over. */
  readonly onConnected: () => void;
  /** An answer to a retrieval; `false` when it breaks the protocol. */
  readonly onMessage: (message: MessageForm) => Promise<boolean>;
}

export type SendFailure = { readonly kind: 'not-connected' } | LinkError;

/** A document that was asked for and has not come. */
interface Question {
  readonly epoch: Epoch;
  readonly answer: (answer: Result<Uint8Array, FetchError>) => void;
}

/** Whom to connect to, and where. */
interface Goal {
  readonly node: NetworkNode;
  readonly addresses: readonly string[];
}

/** One try at one of its addresses. */
interface Attempt {
  readonly node: NetworkNode;
  readonly address: string;
  readonly key: KeyPair;
}

const DIAL_MS = 60_000;
const HANDSHAKE_MS = 60_000;
/** A document or an address is looked for again after this, should no news come. */
const RECHECK_MS = 180_000;

export class Connection {
  readonly #deps: ConnectionDeps;
  readonly #backoff: Backoff;
  #session: Session | undefined;
  #state: ConnectionState = { kind: 'offline' };
  #question: Question | undefined;

  constructor(deps: ConnectionDeps) {
    this.#deps = deps;
    this.#backoff = new Backoff(deps.random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** Documents of the provider, one question at a time. */
  get source(): DocumentSource {
    return { name: 'provider', fetch: (epoch, signal) => this.#fetch(epoch, signal) };
  }

  /** Ok when the command was taken over by the link. */
  send(command: Command): ResultAsync<void, SendFailure> {
    this.documentChanged();
    return this.#session?.send(command) ?? errAsync({ kind: 'not-connected' });
  }

  /** Ends a link to whom the current document does not name any more. */
  documentChanged(): void {
    if (this.#session === undefined || this.#isStillProvider(this.#session)) return;
    this.#session.close();
    this.#session = undefined;
  }

  /** Connects, and connects again, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, changed } = this.#deps;
    while (!signal.aborted) {
      const goal = this.#goal();
      if (goal.isErr()) {
        this.#setState(goal.error);
        await changed.waitFor(clock, RECHECK_MS, signal);
      } else {
        await this.#tryAll(goal.value, signal);
      }
    }
    this.#setState({ kind: 'offline' });
  }

  /** Whom to connect to by the current document. @errors the state that says why to nobody */
  #goal(): Result<Goal, ConnectionState> {
    const { view, provider } = this.#deps;
    return findProvider(view(), provider).andThen((node) =>
      addressesOf(node, provider).map((addresses) => ({ node, addresses })),
    );
  }

  /** Whether the current document still says so; it may have changed during a long wait. */
  #isGoal({ node }: Goal, address: string): boolean {
    return this.#goal().match(
      (now) => isNode(now.node, peerOf(node)) && now.addresses.includes(address),
      () => false,
    );
  }

  /** One address after another, until a session has come and gone. */
  async #tryAll(goal: Goal, signal: AbortSignal): Promise<void> {
    for (const address of goal.addresses) {
      this.#setState({ kind: 'connecting' });
      await this.#deps.clock.sleep(this.#backoff.next(), signal);
      if (signal.aborted || !this.#isGoal(goal, address)) return;
      const key = this.#deps.keys.next;
      const session = await this.#open({ node: goal.node, address, key }, signal);
      this.#noteKey(key, session);
      if (session.isOk()) return this.#serve(session.value, signal);
      this.#deps.log.write('info', 'connection', 'no link', { reason: reasonOf(session.error) });
    }
  }

  /** A link that is there shows that the provider knows its key. */
  #noteKey(key: KeyPair, session: Result<Session, DialError | LinkError>): void {
    const { keys, log } = this.#deps;
    if (session.isErr()) {
      if (isRefusal(session.error)) keys.refused(key);
      return;
    }
    void keys.settle(key).match(NOTHING, ({ problem }) => {
      log.write('error', 'connection', 'the new link key cannot be kept', { problem });
    });
  }

  #open(
    { node, address, key }: Attempt,
    signal: AbortSignal,
  ): ResultAsync<Session, DialError | LinkError> {
    const { clock, network, link, user } = this.#deps;
    // A copy: when the handshake comes to it, the key may have been forgotten.
    const secretKey = key.secretKey.slice();
    const attempt = new AbortController();
    const forget = onAbort(signal, () => attempt.abort());
    void clock.sleep(DIAL_MS, attempt.signal).then(() => attempt.abort());
    const dialled = network.dial(address, attempt.signal).andThen((duplex) => {
      const stop = onAbort(signal, () => duplex.destroy());
      const authenticate = isNode.bind(undefined, node);
      const identity = { ad: user, secretKey };
      const options = { identity, authenticate, deadlineMs: HANDSHAKE_MS };
      return always(openLink(link, duplex, options), stop);
    });
    return always(dialled, () => {
      wipe(secretKey);
      forget();
      attempt.abort();
    });
  }

  async #serve(session: Session, signal: AbortSignal): Promise<void> {
    const { changed, onConnected, onSkew } = this.#deps;
    const forget = onAbort(signal, () => session.close());
    this.#session = session;
    onConnected();
    this.#setState({ kind: 'connected' });
    if (session.skewMs !== undefined) onSkew(session.skewMs);
    changed.fire();
    const reason = await this.#receiveAll(session);
    this.#session = undefined;
    forget();
    session.close();
    this.#answer(err({ kind: 'not-connected' }));
    this.#deps.log.write('info', 'connection', 'link over', { reason });
    changed.fire();
  }

  /** @returns why it has ended, for the log */
  async #receiveAll(session: Session): Promise<string> {
    for (;;) {
      const command = await session.receive();
      if (command.isErr()) return command.error.kind;
      if (!this.#isStillProvider(session)) return 'not-in-document';
      if (!(await this.#dispatch(command.value))) return `unexpected-${command.value.kind}`;
      // Only this shows that the provider serves us: the handshake alone proves nothing.
      this.#backoff.reset();
    }
  }

  /** Without a current document the link stays: the missing one may come through it. */
  #isStillProvider(session: Session): boolean {
    const view = this.#deps.view();
    return (
      view === undefined ||
      findProvider(view, this.#deps.provider).match(
        (node) => isNode(node, session.peer),
        () => false,
      )
    );
  }

  /** @returns whether a provider may send us this */
  async #dispatch(command: Command): Promise<boolean> {
    if (command.kind === 'no-op') return true;
    if (isMessage(command)) return this.#deps.onMessage(command);
    if (command.kind !== 'consensus' || this.#question === undefined) return false;
    this.#answer(readDocument(command, this.#question.epoch));
    return true;
  }

  #fetch(epoch: Epoch, signal: AbortSignal): ResultAsync<Uint8Array, FetchError> {
    // An answer that nobody waits for any more is still under way: it must be told from the next.
    if (this.#question !== undefined) return errAsync({ kind: 'no-answer' });
    if (this.#session === undefined) return errAsync({ kind: 'not-connected' });
    const answered = new Promise<Result<Uint8Array, FetchError>>((resolve) => {
      this.#question = { epoch, answer: resolve };
      onAbort(signal, () => resolve(err({ kind: 'aborted' })));
    });
    return this.send({ kind: 'get-consensus', epoch })
      .mapErr((error): FetchError => {
        this.#answer(err({ kind: 'not-connected' }));
        return error;
      })
      .andThen(() => new ResultAsync(answered));
  }

  #answer(answer: Result<Uint8Array, FetchError>): void {
    this.#question?.answer(answer);
    this.#question = undefined;
  }

  #setState(state: ConnectionState): void {
    if (state.kind === this.#state.kind) return;
    // A wrong key is said once: that a document is missing is no news then.
    if (this.#state.kind === 'pin-mismatch' && state.kind === 'no-document') return;
    this.#state = state;
    this.#deps.onState(state);
  }
}

const NOTHING = (): void => undefined;

const reasonOf = (error: DialError | LinkError): string =>
  error.kind === 'dial' ? error.reason : error.kind;

const isRefusal = (error: DialError | LinkError): boolean =>
  error.kind === 'handshake' && error.reason === 'refused';

const isMessage = (command: Command): command is MessageForm =>
  command.kind === 'message' || command.kind === 'message-ack' || command.kind === 'message-empty';

/** Runs `then` whatever the result is. */
const always = <T, E>(result: ResultAsync<T, E>, then: () => void): ResultAsync<T, E> => {
  const settle = async (): Promise<Result<T, E>> => {
    const settled = await result;
    then();
    return settled;
  };
  return new ResultAsync(settle());
};
