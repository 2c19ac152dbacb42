/**
 * Intake: what happens to a sealed block.
 *
 * It is opened; then it is a repetition, a part of a mail, the last part of one, or a refusal that
 * is reported once. Each of these is one commit. Calls must not overlap.
 *
 * Source: mailproxy internal/account/recv.go, with its defects of deduplication and deletion mended.
 * @module
 */
import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { toHex } from '../../bytes/text.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Clock, Log, Random } from '../../io/contracts.js';
import { encodeFields } from '../../mail/header.js';
import { buildReport, type Report } from '../../mail/report.js';
import { senderFields, senderKeyIn } from '../../mail/sender-field.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';
import type { Store, StoreError } from '../../store/store.js';
import { ReportBudget } from './budget.js';
import {
  hasOpenEnd,
  judge,
  type Objection,
  readEvidence,
  type ReadPart,
  readPartial,
  storedParts,
  type Verdict,
  withOwnIds,
} from './delivery.js';
import type { HeldMail, Mails } from './mails.js';
import { MAIL_ID_LENGTH } from './records.js';
import { idKey } from '../mail-ids.js';
import { LIFETIME_MS, messageKey, refusedKey } from './seen-messages.js';
import { changesOnly, commitSteps, type Step } from '../step.js';
import {
  holds,
  type PartialLimits,
  type PartialMail,
  type Partials,
  putPart,
} from './reassembly.js';
import { type OpenedBlock, openBlock } from '../blocks/seal.js';
import type { Seen } from '../seen.js';
import { addWhole, messageIdOf, restoredId, type WholeMail } from './whole-mail.js';
import type { Address, MailId } from '../types.js';

export interface IntakeDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly primitives: Primitives;
  readonly geometry: SphinxGeometry;
  readonly log: Log;
  /** X25519, 32 bytes. */
  readonly identitySecret: Uint8Array;
  readonly account: Address;
  /** Whose key this is, as far as anybody here knows. */
  readonly findSender: (key: Uint8Array) => Address | undefined;
  /** The key of an address, where one is known. */
  readonly keyOf: (address: Address) => Uint8Array | undefined;
  /** What an own mail is called here that others know by this id, in angle brackets. */
  readonly idHere: (id: string) => string | undefined;
  readonly limits: PartialLimits;
}

/** What is remembered of the store. */
export interface IntakeState {
  readonly mails: Mails;
  readonly partials: Partials;
  readonly seen: Seen;
  readonly refused: Seen;
  /** Message-IDs of received mails. */
  readonly ids: Seen;
}

/** What delivery finds out about a whole mail. */
interface Delivered extends Omit<Extract<Verdict, { readonly kind: 'mail' }>, 'kind'> {
  readonly id: Uint8Array;
  readonly openEnd: boolean;
}

/** Told of each mail; `forged` is the address in its From, where that has another key. */
type Arrived = (mail: HeldMail, forged?: Address) => void;

export class Intake {
  readonly #deps: IntakeDeps;
  readonly #state: IntakeState;
  readonly #arrived: Arrived;
  readonly #budget: ReportBudget;

  constructor(deps: IntakeDeps, state: IntakeState, arrived: Arrived) {
    this.#deps = deps;
    this.#state = state;
    this.#arrived = arrived;
    this.#budget = new ReportBudget(deps.clock);
  }

  /** Takes in a sealed block; durable when ok, whatever it was. */
  accept(sealed: Uint8Array): ResultAsync<void, StoreError> {
    return openBlock(this.#deps, sealed, this.#deps.identitySecret).match(
      (opened) => this.#take(opened),
      () => this.#refuse(sealed),
    );
  }

  /** Takes in a report made here, and commits other changes with it. */
  deposit(report: Uint8Array, also: readonly Step[]): ResultAsync<MailId, StoreError> {
    return this.#put({ id: this.#deps.random(MAIL_ID_LENGTH), bytes: report }, also);
  }

  /** Takes in a mail from elsewhere, which was received before; the same one only once. */
  restore(bytes: Uint8Array, copy: number): ResultAsync<MailId, StoreError> {
    const id = restoredId(this.#deps.primitives, bytes, copy);
    if (this.#state.mails.get(toHex(id)) !== undefined) return okAsync(toHex(id));
    const mail = { id, bytes, senderKey: senderKeyIn(bytes) };
    return this.#put(mail, this.#noteId(messageIdOf(bytes)));
  }

  #put(whole: WholeMail, also: readonly Step[]): ResultAsync<MailId, StoreError> {
    const { mail, steps } = addWhole(this.#state.mails, whole, this.#deps.clock.now());
    return this.#commit([...steps, ...also]).map(() => {
      this.#arrived(mail);
      return mail.id;
    });
  }

  /** Gives up and reports what has had no news for `timeoutMs`. */
  expire(timeoutMs: number): ResultAsync<void, StoreError> {
    return this.#giveUpSilent(timeoutMs, true);
  }

  /** Forgets what was seen too long ago, and parts for which no sender tries any more. */
  sweep(): ResultAsync<void, StoreError> {
    const now = this.#deps.clock.now();
    return this.#commit([
      ...this.#state.seen.sweep(now),
      ...this.#state.refused.sweep(now),
      ...this.#state.ids.sweep(now),
    ]).andThen(() => this.#giveUpSilent(LIFETIME_MS, false));
  }

  #giveUpSilent(timeoutMs: number, reported: boolean): ResultAsync<void, StoreError> {
    const silent = this.#state.partials.silentSince(this.#deps.clock.now() - timeoutMs);
    const giveUp = (partial: PartialMail) => this.#giveUp(partial, reported);
    return safeTry(async function* () {
      for (const partial of silent) yield* giveUp(partial);
      return ok(undefined);
    });
  }

  #take(opened: OpenedBlock): ResultAsync<void, StoreError> {
    const { seen, partials } = this.#state;
    const { block, senderKey } = opened;
    const key = messageKey(this.#deps.primitives, senderKey, block);
    if (seen.has(key)) return this.#commit(seen.refresh(key, this.#deps.clock.now()));
    const partial = partials.find(opened);
    if (partial && holds(partial, block.index)) return this.#compare(partial, opened);
    const count = (partial?.count ?? 0) + 1;
    return count < block.total ? this.#keep(opened) : this.#complete(opened, partial);
  }

  /** The first of two blocks with one index wins; that they differ is worth a warning. */
  #compare(partial: PartialMail, { block }: OpenedBlock): ResultAsync<void, StoreError> {
    return storedParts(
      this.#deps.store,
      partial.id,
    )(block.index).map((held) => {
      if (equal(held, block.payload)) return;
      const sender = { identifier: partial.senderKey };
      this.#deps.log.write('warning', 'inbox', 'one block came with two contents', { sender });
    });
  }

  #keep(opened: OpenedBlock): ResultAsync<void, StoreError> {
    const { random, clock } = this.#deps;
    const id = random(MAIL_ID_LENGTH);
    const step = this.#state.partials.keep(opened, { id, nowMs: clock.now() });
    return this.#commit([step]).andThen(() => this.#makeRoom(opened.senderKey));
  }

  #makeRoom(sender: Uint8Array): ResultAsync<void, StoreError> {
    const { limits, findSender } = this.#deps;
    const isKnown = (key: Uint8Array): boolean => findSender(key) !== undefined;
    const victim = this.#state.partials.excess(sender, limits, isKnown);
    if (victim === undefined) return okAsync(undefined);
    // Mail of people we know is never given up in silence.
    const isReported = isKnown(victim.senderKey) || this.#budget.take();
    return this.#giveUp(victim, isReported).andThen(() => this.#makeRoom(sender));
  }

  #complete(opened: OpenedBlock, partial: PartialMail | undefined): ResultAsync<void, StoreError> {
    const { block } = opened;
    const id = partial?.id ?? this.#deps.random(MAIL_ID_LENGTH);
    const stored = storedParts(this.#deps.store, id);
    const readPart: ReadPart = (index) =>
      index === block.index ? okAsync(block.payload) : stored(index);
    return judge(readPart, block.total).andThen((verdict) =>
      verdict.kind === 'mail'
        ? hasOpenEnd(readPart, block.total).andThen((openEnd) =>
            this.#deliver(opened, partial, { ...verdict, id, openEnd }),
          )
        : this.#object(opened, partial, { objection: verdict.kind, readPart }),
    );
  }

  #deliver(
    { block, senderKey }: OpenedBlock,
    partial: PartialMail | undefined,
    { id, from, messageId, start, openEnd }: Delivered,
  ): ResultAsync<void, StoreError> {
    const forged = from.find((address) => this.#hasOtherKey(address, senderKey));
    const sender = this.#deps.findSender(senderKey);
    const prefix = encodeFields(senderFields(senderKey, { sender, forged }));
    const answered = withOwnIds(start, this.#deps.idHere);
    const added = this.#state.mails.add(id, {
      receivedAt: this.#deps.clock.now(),
      senderKey,
      prefix,
      parts: block.total,
      size: prefix.length + (partial?.size ?? 0) + block.payload.length + answered.growth,
      openEnd,
    });
    const ended = partial ? [this.#state.partials.end(partial, 'stay')] : [];
    const steps = [
      added,
      changesOnly([putPart(id, block), ...answered.parts.map((part) => putPart(id, part))]),
      this.#note(senderKey, block),
      ...this.#noteId(messageId),
      ...ended,
    ];
    return this.#commit(steps).map(() => this.#arrived(added.mail, forged));
  }

  #hasOtherKey(address: Address, senderKey: Uint8Array): boolean {
    const key = this.#deps.keyOf(address);
    return key !== undefined && !equal(key, senderKey);
  }

  /** Reports a message that cannot be shown as a mail. */
  #object(
    { block, senderKey }: OpenedBlock,
    partial: PartialMail | undefined,
    { objection, readPart }: { objection: Objection; readPart: ReadPart },
  ): ResultAsync<void, StoreError> {
    const ended = partial ? [this.#state.partials.end(partial, 'go')] : [];
    return readEvidence(readPart, block.total).andThen((mail) =>
      this.#report({ kind: objection, senderKey, mail }, [this.#note(senderKey, block), ...ended]),
    );
  }

  #refuse(sealed: Uint8Array): ResultAsync<void, StoreError> {
    const { refused } = this.#state;
    const key = refusedKey(this.#deps.primitives, sealed);
    const now = this.#deps.clock.now();
    if (refused.has(key)) return this.#commit(refused.refresh(key, now));
    const noted = [refused.add(key, now)];
    if (this.#budget.take()) {
      return this.#report({ kind: 'decryption-failure', ciphertext: sealed }, noted);
    }
    this.#deps.log.write('notice', 'inbox', 'a block that cannot be opened is not reported');
    return this.#commit(noted);
  }

  /** Drops a mail of which blocks are missing; later ones will not begin it anew. */
  #giveUp(partial: PartialMail, reported: boolean): ResultAsync<void, StoreError> {
    const { id, senderKey, total } = partial;
    const ended = [this.#note(senderKey, partial), this.#state.partials.end(partial, 'go')];
    this.#deps.log.write('notice', 'inbox', 'an incomplete mail is given up', { reported });
    if (!reported) return this.#commit(ended);
    const isHeld = (index: number): boolean => holds(partial, index);
    return readPartial(storedParts(this.#deps.store, id), total, isHeld).andThen((blocks) =>
      this.#report({ kind: 'receive-timeout', senderKey, blocks, total }, ended),
    );
  }

  #note(senderKey: Uint8Array, block: { messageId: Uint8Array; total: number }): Step {
    const key = messageKey(this.#deps.primitives, senderKey, block);
    return this.#state.seen.add(key, this.#deps.clock.now());
  }

  #noteId(messageId: string | undefined): readonly Step[] {
    const { ids } = this.#state;
    if (messageId === undefined) return [];
    const key = idKey(this.#deps.primitives, messageId);
    const now = this.#deps.clock.now();
    return ids.has(key) ? ids.refresh(key, now) : [ids.add(key, now)];
  }

  #report(report: Report, also: readonly Step[]): ResultAsync<void, StoreError> {
    const { account, random, clock } = this.#deps;
    const bytes = buildReport(report, { account, nowMs: clock.now(), random });
    return this.deposit(bytes, also).map(() => undefined);
  }

  #commit(steps: readonly Step[]): ResultAsync<void, StoreError> {
    return steps.length === 0 ? okAsync(undefined) : commitSteps(this.#deps.store, steps);
  }
}
