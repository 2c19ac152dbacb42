/**
 * What runs for an account: its documents, its connection and its Poisson processes.
 * @module
 */
import { okAsync } from 'neverthrow';
import { utf8 } from '../../bytes/text.js';
import type { Rate } from '../../pki/document-codec.js';
import { authoritySource, type DocumentSource } from '../../pki/directory.js';
import { type DocumentKeeper, openDocumentKeeper } from '../../pki/keeper.js';
import type { DocumentState } from '../../pki/latest.js';
import type { NetworkView } from '../../pki/view.js';
import type { LinkDeps } from '../../wire/contracts.js';
import type { AccountParts, ClientWorld } from './parts.js';
import { Connection } from '../link/connection.js';
import { isSelfDecoy } from '../sender/decoy.js';
import type { Discovery } from './discovery.js';
import type { AccountPlan } from './plan.js';
import type { Address } from '../types.js';
import { runPoisson } from '../sender/poisson.js';
import { Pulse } from '../pulse.js';
import { replyRatePerMs, retrievalRate, type SendRates, sendRates } from '../sender/rates.js';
import { takeReply } from '../sender/replies.js';
import { slackMs } from '../outbox/retransmit.js';
import { depositReply } from './reply-mail.js';
import { Retrieval } from './retrieval.js';
import type { ReplyDesk } from '../sender/reply-desk.js';
import { Sender } from '../sender/sender.js';
import type { ServiceDesk } from '../sender/services.js';
import { SkewWatch } from '../link/skew.js';
import type { SurbRecord } from '../packets/surb-record.js';
import { accountTag, authorityTag } from '../link/upstream.js';

const NOTHING = (): void => undefined;

/** What of the account the run uses. */
interface RunParts extends AccountParts {
  readonly services: ServiceDesk;
  readonly replyDesk: ReplyDesk;
  readonly discovery: Pick<Discovery, 'documentChanged'>;
}

/** An account's life on the network; everything of it ends with the signal it was given. */
export class AccountRun {
  readonly #world: ClientWorld;
  readonly #plan: AccountPlan;
  readonly #parts: RunParts;
  readonly #services: ServiceDesk;
  readonly #changed = new Pulse();
  readonly #skew: SkewWatch;
  readonly #keeper: DocumentKeeper;
  readonly #connection: Connection;
  readonly #retrieval: Retrieval;
  readonly #sender: Sender;
  #lastView: NetworkView | undefined;

  constructor(world: ClientWorld, plan: AccountPlan, parts: RunParts) {
    this.#world = world;
    this.#plan = plan;
    this.#parts = parts;
    this.#services = parts.services;
    this.#skew = new SkewWatch((skewMs) => this.#tellSkew(skewMs));
    this.#retrieval = this.#makeRetrieval();
    this.#connection = this.#makeConnection();
    this.#keeper = this.#makeKeeper();
    this.#sender = this.#makeSender();
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Our clock minus that of the provider or authority last spoken to, ms. */
  get skewMs(): number | undefined {
    return this.#skew.skewMs;
  }

  /** The document to go by: of the current epoch, or the last one while it is valid. */
  view(): NetworkView | undefined {
    return this.#keeper.latest();
  }

  get document(): DocumentState {
    return this.#keeper.state();
  }

  /** The processes, until `signal` is aborted. */
  tasks(signal: AbortSignal): readonly Promise<void>[] {
    const sender = this.#sender;
    return [
      this.#followDocuments(signal),
      this.#connection.run(signal),
      this.#process(signal, this.#retrievalRate, () => this.#retrieval.tick()),
      this.#process(signal, this.#sendRate('lambdaP'), () => sender.sendNext()),
      this.#process(signal, this.#sendRate('lambdaL'), () => sender.sendLoop()),
      this.#process(signal, this.#sendRate('lambdaD'), () => sender.sendDrop()),
    ];
  }

  /** After the signal: resolves when nothing runs any more. */
  close(): Promise<void> {
    return this.#keeper.close();
  }

  #process(
    signal: AbortSignal,
    rate: () => Rate | undefined,
    fire: () => Promise<void>,
  ): Promise<void> {
    const { clock, random } = this.#world.io;
    return runPoisson({ clock, random, rate, changed: this.#changed, fire }, signal);
  }

  readonly #retrievalRate = (): Rate | undefined =>
    this.#connection.isUp && this.#lastView !== undefined
      ? retrievalRate(this.#lastView, this.#world.tuning.pollingMs)
      : undefined;

  #sendRate(name: keyof SendRates): () => Rate | undefined {
    const { decoys } = this.#world.tuning;
    return () => {
      const view = this.#connection.isUp ? this.view() : undefined;
      const isWanted = decoys || name === 'lambdaP';
      return view !== undefined && isWanted ? sendRates(view)[name] : undefined;
    };
  }

  async #followDocuments(signal: AbortSignal): Promise<void> {
    for await (const view of this.#keeper.changes(signal)) {
      // The next epoch's document comes early and is announced again when its time has come.
      if (view !== this.view()) continue;
      if (view !== this.#lastView) this.#warnSlowPolling(view);
      this.#lastView = view;
      this.#noteProviders(view);
      this.#connection.documentChanged();
      this.#parts.outbox.documentChanged();
      this.#parts.discovery.documentChanged();
      this.#changed.fire();
    }
  }

  #noteProviders(view: NetworkView): void {
    const { providers, health } = this.#parts;
    void providers.note(view).match(NOTHING, (error) => health.failed(error));
  }

  #warnSlowPolling(view: NetworkView): void {
    const { pollingMs } = this.#world.tuning;
    if (pollingMs === undefined || 1 / pollingMs >= replyRatePerMs(view)) return;
    const facts = { pollingMs, repliesEveryMs: Math.round(1 / replyRatePerMs(view)) };
    this.#world.io.log.write('warning', 'retrieval', 'polling is slower than replies come', facts);
  }

  #slackMs(): number {
    const { pollingMs, slackMs: configuredMs } = this.#world.tuning;
    const perMs = this.#lastView ? retrievalRate(this.#lastView, pollingMs).perMs : 0;
    const retrievalMs = (perMs > 0 ? 1 / perMs : 0) + this.#retrieval.latencyMs;
    return slackMs({ outstanding: this.#parts.surbs.outstanding, retrievalMs, configuredMs });
  }

  #linkDeps(): LinkDeps {
    const { io, primitives } = this.#world;
    const { link: profile, geometry } = this.#plan.network;
    return { profile, geometry, primitives, clock: io.clock, random: io.random };
  }

  #makeKeeper(): DocumentKeeper {
    const { io, primitives } = this.#world;
    const { network, directory } = this.#plan;
    const { clock, random, files, log } = io;
    return openDocumentKeeper({
      clock,
      random,
      files,
      log,
      primitives,
      config: network,
      sources: [this.#connection.source, this.#authority()],
      cachePath: `${directory}/documents`,
    });
  }

  #authority(): DocumentSource {
    const { network, address } = this.#plan;
    const { authority } = network;
    return authoritySource({
      authority,
      network: this.#world.outgoing(authorityTag(address, authority.publicKey)),
      link: this.#linkDeps(),
      clock: this.#world.io.clock,
      onSkew: (skewMs) => this.#skew.note(skewMs),
    });
  }

  #tellSkew(skewMs: number): void {
    const { io, events } = this.#world;
    io.log.write('warning', 'connection', 'clocks differ', { skewMs });
    events.emit({ kind: 'clock-skew', account: this.#plan.address, skewMs });
  }

  #makeConnection(): Connection {
    const { io, events, outgoing } = this.#world;
    const { address: account, user, provider, pin, transports } = this.#plan;
    return new Connection({
      ...io,
      network: outgoing(accountTag(account)),
      link: this.#linkDeps(),
      user: utf8(user),
      keys: this.#parts.link,
      provider: { name: provider, pin, transports },
      view: () => this.view(),
      changed: this.#changed,
      onState: (state) => events.emit({ kind: 'connection', account, state }),
      onSkew: (skewMs) => this.#skew.note(skewMs),
      onConnected: () => this.#retrieval.connected(),
      onMessage: (message) => this.#retrieval.receive(message),
    });
  }

  #makeRetrieval(): Retrieval {
    const { io, book } = this.#world;
    const { address: account } = this.#plan;
    const { inbox, outbox, surbs, health, loops } = this.#parts;
    const isKnown = (address: Address): boolean => book.get(address).isOk();
    const replies = {
      suite: this.#suite(),
      surbs,
      acknowledge: outbox.acknowledge.bind(outbox),
      isAlive: outbox.providerIsAlive.bind(outbox),
      returned: loops.returned.bind(loops),
      answered: this.#services.answered.bind(this.#services),
      mailed: (record: SurbRecord, payload: Uint8Array) =>
        depositReply({ ...this.#parts, ...io, account, isKnown }, record, payload),
    };
    const decoy = this.#decoyDeps();
    return new Retrieval({
      clock: io.clock,
      health,
      send: (command) => this.#connection.send(command),
      accept: (sealed) => (isSelfDecoy(decoy, sealed) ? okAsync(undefined) : inbox.accept(sealed)),
      reply: (surbId, payload) => takeReply(replies, surbId, payload),
    });
  }

  #makeSender(): Sender {
    const { io, tuning } = this.#world;
    const { network, provider, user } = this.#plan;
    const { clock, random } = io;
    const suite = this.#suite();
    return new Sender({
      ...this.#parts,
      clock,
      provider,
      compose: { suite, epochTime: network.epochTime, clock, random, user: utf8(user) },
      decoy: this.#decoyDeps(),
      decoys: tuning.decoys,
      services: this.#services,
      replies: this.#parts.replyDesk,
      view: () => this.view(),
      send: (command) => this.#connection.send(command),
      slackMs: () => this.#slackMs(),
      mayRetransmit: () => this.#retrieval.isDrained,
    });
  }

  #suite() {
    return { geometry: this.#plan.network.geometry, primitives: this.#world.primitives };
  }

  #decoyDeps() {
    const { io } = this.#world;
    const { identity } = this.#parts;
    return { ...this.#suite(), random: io.random, identity, user: utf8(this.#plan.user) };
  }
}
