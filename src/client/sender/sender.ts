/**
 * The sender: what leaves at each moment of the three sending processes.
 *
 * λP: a waiting request, else a block, else a loop decoy; something leaves at every tick. λL: a loop
 * decoy. λD: a drop decoy. Reply blocks are on disk before their packet leaves. What could not be
 * sent is put back, and a decoy takes its place.
 *
 * Source: mailproxy internal/account; the decoys are ours, see `decoy.ts`.
 * @module
 */
import { errAsync, okAsync, type Result, type ResultAsync } from 'neverthrow';
import type { Clock } from '../../io/contracts.js';
import { viewAlong } from '../../pki/along.js';
import { type NetworkNode, type NetworkView, nodeNamed } from '../../pki/view.js';
import type { StoreError } from '../../store/store.js';
import type { Command } from '../../wire/commands.js';
import {
  type ComposeDeps,
  type ComposeError,
  composeWithoutReply,
  composeWithReply,
  type Parcel,
} from '../packets/compose.js';
import type { SendFailure } from '../link/connection.js';
import { type DecoyDeps, loopParcel, selfParcel } from './decoy.js';
import { wireUserOf } from '../outbox/entry.js';
import type { OutboxQueue } from '../outbox/outbox.js';
import type { BlockRef } from '../outbox/schedule.js';
import { sealBlock } from '../blocks/seal.js';
import type { LoopWatch } from './loop-watch.js';
import type { ReplyDesk } from './reply-desk.js';
import type { ServiceDesk, ServicePlace, ServiceRequest } from './services.js';
import type { StoreHealth } from '../store-health.js';
import type { SurbRecord, SurbUse } from '../packets/surb-record.js';
import type { SurbTable } from '../packets/surbs.js';

export interface SenderDeps {
  readonly clock: Clock;
  readonly compose: ComposeDeps;
  readonly decoy: DecoyDeps;
  /** Whether decoys are sent at all. */
  readonly decoys: boolean;
  /** The document of the current epoch. */
  readonly view: () => NetworkView | undefined;
  /** Name of our own provider. */
  readonly provider: string;
  readonly send: (command: Command) => ResultAsync<void, SendFailure>;
  readonly outbox: OutboxQueue;
  readonly services: ServiceDesk;
  readonly replies: Pick<ReplyDesk, 'sendNext'>;
  readonly surbs: SurbTable;
  readonly loops: LoopWatch;
  readonly health: StoreHealth;
  /** How long after its computed delays a reply may come, ms. */
  readonly slackMs: () => number;
  /** Whether what is overdue is lost, and not waiting at the provider. */
  readonly mayRetransmit: () => boolean;
}

/** Why a packet did not leave. */
type Failure = ComposeError | StoreError | SendFailure | { readonly kind: 'nothing-to-send' };

/** A packet with a reply block that has left. */
interface Flown {
  readonly record: SurbRecord;
  /** Computed delays and slack. */
  readonly baseMs: number;
}

/** The document of this moment, and our own place in it. */
interface Here {
  readonly document: NetworkView;
  /** The document without the mixes that are avoided, or along the path of what is sent. */
  readonly view: NetworkView;
  readonly source: NetworkNode;
}

const STORE_ERRORS: ReadonlySet<string> = new Set<StoreError['kind']>([
  'store-full',
  'store-io',
  'store-corrupt',
  'store-key',
  'store-format',
  'store-closed',
]);

const isStoreError = (failure: Failure): failure is StoreError => STORE_ERRORS.has(failure.kind);

export class Sender {
  readonly #deps: SenderDeps;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** One moment of the λP process. */
  async sendNext(): Promise<void> {
    const here = this.#here();
    if (here === undefined) return;
    const isSent =
      (await this.#sendRequest(here)) || (await this.#sendReply()) || (await this.#sendBlock(here));
    if (!isSent) await this.sendLoop();
  }

  /** One moment of the λL process. */
  async sendLoop(): Promise<void> {
    const here = this.#here();
    if (here === undefined || !this.#deps.decoys) return;
    const { compose, decoy } = this.#deps;
    const parcel =
      loopParcel(here.view, here.source, { random: compose.random, geometry: decoy.geometry }) ??
      selfParcel(decoy, here.source);
    const use: SurbUse = { kind: 'decoy', provider: parcel.destination.name };
    this.#note(await this.#sendWithReply(here, parcel, use));
  }

  /** One moment of the λD process. */
  async sendDrop(): Promise<void> {
    const here = this.#here();
    if (here === undefined || !this.#deps.decoys) return;
    const { compose, decoy } = this.#deps;
    const parcel = loopParcel(here.view, here.source, {
      random: compose.random,
      geometry: decoy.geometry,
    });
    if (parcel === undefined) return this.sendLoop();
    this.#note(await this.#sendWithoutReply(here, parcel));
  }

  #here(): Here | undefined {
    const { view: current, loops, provider } = this.#deps;
    const document = current();
    const source = document && nodeNamed(document.entries, provider);
    return source && { document, view: loops.avoiding(document), source };
  }

  async #sendRequest(here: Here): Promise<boolean> {
    const { services, health } = this.#deps;
    const next = health.isPaused ? undefined : services.next(here.view);
    if (next === undefined) return false;
    const sent = await this.#ask(here, next.request, next.place);
    if (sent.isErr()) services.putBack(next.request);
    return this.#note(sent);
  }

  #ask(
    here: Here,
    request: ServiceRequest,
    { destination, endpoint }: ServicePlace,
  ): ResultAsync<void, Failure> {
    const { body, probe } = request.question;
    const parcel = { source: here.source, destination, recipient: endpoint, body };
    // Through avoided mixes too, if that is asked for.
    const view = probe === undefined ? here.view : probe.way(here.document);
    if (view === undefined) return nothingToSend();
    return this.#sendWithReply({ ...here, view }, parcel, { kind: 'service' }).map(({ record }) =>
      this.#deps.services.sent(request, record.id),
    );
  }

  async #sendReply(): Promise<boolean> {
    const { replies, health, send } = this.#deps;
    const leaving = health.isPaused
      ? undefined
      : replies.sendNext((packet) => send({ kind: 'send-packet', packet }));
    return leaving === undefined ? false : this.#note(await leaving);
  }

  async #sendBlock(here: Here): Promise<boolean> {
    const { outbox, health, mayRetransmit } = this.#deps;
    if (health.isPaused) return false;
    const ref = outbox.next({
      reachable: (mail) => this.#wayOf(here, mail) !== undefined,
      retransmit: mayRetransmit(),
    });
    if (ref === undefined) return false;
    const sent = await this.#transmit(this.#wayOf(here, ref.mail), ref);
    if (sent.isErr()) outbox.putBack(ref);
    return this.#note(sent);
  }

  /**
   * The document as a mail goes through it: along the path that was written for it if one was, even
   * through avoided mixes that it names. None where the document has not got its nodes.
   */
  #wayOf(here: Here, { provider, path }: BlockRef['mail']): Here | undefined {
    if (nodeNamed(here.view.exits, provider) === undefined) return undefined;
    if (path === undefined) return here;
    const { compose, clock } = this.#deps;
    return viewAlong(
      here.document,
      { path, exit: provider },
      { ...compose.suite, nowMs: clock.now() },
    )
      .map((view) => ({ ...here, view: this.#deps.loops.avoiding(view) }))
      .unwrapOr(undefined);
  }

  /** Seals a block anew, whether it was sent before or not: no two transmissions look alike. */
  #transmit(here: Here | undefined, ref: BlockRef): ResultAsync<void, Failure> {
    if (here === undefined) return nothingToSend();
    return this.#parcelOf(here, ref).andThen((parcel) =>
      ref.mail.reliable
        ? this.#sendWithReply(here, parcel, {
            kind: 'acknowledgement',
            messageId: ref.mail.id,
            block: ref.block,
          }).andThen(({ baseMs }) => this.#deps.outbox.sent(ref, baseMs))
        : this.#sendWithoutReply(here, parcel).andThen(() => this.#deps.outbox.sent(ref, 0)),
    );
  }

  #parcelOf({ view, source }: Here, ref: BlockRef): ResultAsync<Parcel, Failure> {
    const { outbox, decoy } = this.#deps;
    const { recipient, recipientKey } = outbox.recordOf(ref) ?? {};
    const destination = nodeNamed(view.exits, ref.mail.provider);
    if (!recipient || !recipientKey || !destination) return nothingToSend();
    return outbox.load(ref).andThen((block) => {
      if (block === undefined) return nothingToSend();
      const keys = { senderSecret: decoy.identity.secretKey, recipientKey };
      const body = sealBlock(decoy, block, keys);
      return okAsync({ source, destination, recipient: wireUserOf(recipient), body });
    });
  }

  #sendWithReply({ view }: Here, parcel: Parcel, use: SurbUse): ResultAsync<Flown, Failure> {
    const { compose, surbs, loops, clock, health, slackMs, send } = this.#deps;
    const composed = composeWithReply(compose, view, parcel);
    if (composed.isErr()) return errAsync(composed.error);
    const { packet, rttMs, reply, mixes } = composed.value;
    if (use.kind === 'decoy') loops.sent(reply.id, [...mixes, use.provider]);
    const record: SurbRecord = { ...reply, use, sentAt: clock.now(), rttMs };
    const baseMs = rttMs + slackMs();
    const kept = surbs.add(record, baseMs).map(() => health.succeeded());
    return (use.kind === 'decoy' ? kept.orElse((error) => this.#goOn(error)) : kept)
      .andThen(() =>
        send({ kind: 'send-packet', packet }).orElse((error) => this.#recall(record, error)),
      )
      .map(() => ({ record, baseMs }));
  }

  /** Decoys leave whether or not their reply will be known: a full disk must not show. */
  #goOn(error: StoreError): ResultAsync<void, never> {
    this.#deps.health.failed(error);
    return okAsync(undefined);
  }

  /** A packet that has not left needs no reply block. */
  #recall(record: SurbRecord, error: SendFailure): ResultAsync<never, Failure> {
    this.#deps.loops.withdrawn(record.id);
    return this.#deps.surbs
      .remove([record])
      .orElse(() => okAsync(undefined))
      .andThen(() => errAsync(error));
  }

  #sendWithoutReply({ view }: Here, parcel: Parcel): ResultAsync<void, Failure> {
    const { compose, send } = this.#deps;
    const composed = composeWithoutReply(compose, view, parcel);
    if (composed.isErr()) return errAsync(composed.error);
    return send({ kind: 'send-packet', packet: composed.value.packet });
  }

  /** @returns whether a packet has left */
  #note(sent: Result<unknown, Failure>): boolean {
    const { health } = this.#deps;
    if (sent.isErr() && isStoreError(sent.error)) health.failed(sent.error);
    return sent.isOk();
  }
}

const nothingToSend = (): ResultAsync<never, Failure> => errAsync({ kind: 'nothing-to-send' });
