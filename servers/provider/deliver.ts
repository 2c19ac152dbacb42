/**
 * Delivery: packets that end at a provider go to a service or to a user's spool; the SURB-ACK
 * leaves only when the spool has them on disk.
 *
 * Source: server internal/provider.
 * @module
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import { unpadded } from '../../src/bytes/writer.js';
import type { Clock, Log } from '../../src/io/contracts.js';
import { decodePlaintext, type Plaintext } from '../../src/sphinx/plaintext.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import { useSurb } from '../../src/sphinx/surb.js';
import type { Drop, DropReason } from '../node/drops.js';
import type { NodeTuning } from '../node/options.js';
import type { DeliverHop, SurbReplyHop, TerminalHop, UnreliableDeliverHop } from '../node/role.js';
import { userNameOf } from './names.js';
import type { Spool, SpoolError, SpoolItem } from './contracts.js';
import { encodeReply, type Service, type ServiceAnswer } from './services.js';

export interface DeliveryDeps {
  readonly suite: SphinxSuite;
  readonly clock: Clock;
  readonly spool: Spool;
  readonly services: readonly Service[];
  readonly tuning: NodeTuning;
  readonly hold: (packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number) => void;
  readonly drop: Drop;
  readonly count: (event: string) => void;
  readonly log: Log;
}

/** Part of what may wait for a user at which the operator hears of it. */
const WARNING_PART = 0.8;

type ForwardHop = DeliverHop | UnreliableDeliverHop;

/** A reply block with the delay that its reply is held for. */
interface ReplyWay {
  readonly surb: Uint8Array;
  readonly delayMs: number;
}

export class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #services: ReadonlyMap<string, Service>;
  #pending = 0;
  /** Users whose spool is nearly full, which was told. */
  readonly #nearlyFull = new Set<string>();

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    this.#services = new Map(deps.services.map((service) => [service.endpoint, service]));
  }

  /** Packets that are on their way into the spool, or with a service. */
  get pending(): number {
    return this.#pending;
  }

  take(hop: TerminalHop): void {
    const service = this.#services.get(endpointOf(hop.recipient));
    if (service) this.#takeForService(hop, service);
    else this.#takeForUser(hop);
  }

  #isLate(hop: TerminalHop, budgetMs: number): boolean {
    return this.#deps.clock.monotonic() - hop.arrivedMs > budgetMs;
  }

  #takeForService(hop: TerminalHop, service: Service): void {
    const { drop, tuning } = this.#deps;
    if (hop.kind === 'surb-reply') return drop('unknown-recipient');
    if (this.#isLate(hop, tuning.serviceBudgetMs)) return drop('service-late');
    const plaintext = this.#open(hop);
    if (!plaintext) return;
    this.#deps.count(`service.${service.capability}`);
    const way = replyWay(hop, plaintext);
    if (!way && service.hearsAll !== true) return;
    const answer = service.answer({
      body: plaintext.body,
      canReply: way !== undefined,
      startByMs: hop.arrivedMs + tuning.serviceBudgetMs,
    });
    if (!(answer instanceof Promise)) return this.#answer(way, answer);
    this.#pending++;
    void answer.then((given) => {
      this.#pending--;
      this.#answer(way, given);
    });
  }

  #answer(way: ReplyWay | undefined, answer: ServiceAnswer): void {
    const { drop, suite } = this.#deps;
    if (answer.isErr()) return drop(answer.error);
    if (way === undefined || answer.value === undefined) return;
    const reply = encodeReply(suite.geometry, answer.value);
    if (reply) this.#reply(way, reply);
    else drop('service-too-large');
  }

  #takeForUser(hop: TerminalHop): void {
    const { drop, tuning } = this.#deps;
    if (this.#isLate(hop, tuning.deliveryBudgetMs)) return drop('delivery-late');
    const user = userNameOf(hop.recipient);
    if (user === undefined) return drop('unknown-recipient');
    if (hop.kind === 'surb-reply') return this.#spool(user, replyItem(hop), undefined);
    const plaintext = this.#open(hop);
    if (!plaintext) return;
    const item = { kind: 'message', payload: plaintext.body } as const;
    this.#spool(user, item, replyWay(hop, plaintext));
  }

  #open(hop: ForwardHop): Plaintext | undefined {
    const opened = decodePlaintext(this.#deps.suite.geometry, hop.payload);
    if (opened.isOk()) return opened.value;
    this.#deps.drop('bad-plaintext');
    return undefined;
  }

  #spool(user: string, item: SpoolItem, acknowledge: ReplyWay | undefined): void {
    const { spool, drop, count, suite } = this.#deps;
    this.#pending++;
    void spool.append(user, item).match(
      (waiting) => {
        this.#pending--;
        count(`spooled.${item.kind}`);
        this.#warn(user, waiting);
        // An acknowledgement is a payload of zeros.
        if (acknowledge) this.#reply(acknowledge, new Uint8Array(suite.geometry.payloadLength));
      },
      (error) => {
        this.#pending--;
        drop(refusalOf(error));
      },
    );
  }

  /** Once each time that a spool gets so full. */
  #warn(user: string, waiting: number): void {
    const { spool, count, log } = this.#deps;
    const isNearlyFull = waiting >= spool.limit * WARNING_PART;
    if (!isNearlyFull) this.#nearlyFull.delete(user);
    if (!isNearlyFull || this.#nearlyFull.has(user)) return;
    this.#nearlyFull.add(user);
    count('spool.nearly-full');
    log.write('warning', 'spool', 'a user’s spool is nearly full', { waiting, limit: spool.limit });
  }

  #reply({ surb, delayMs }: ReplyWay, payload: Uint8Array): void {
    const { suite, hold, drop } = this.#deps;
    useSurb(suite, surb, payload).match(
      ({ packet, firstHop }) => hold(packet, firstHop, delayMs),
      () => drop('bad-surb'),
    );
  }
}

const refusalOf = ({ kind }: SpoolError): DropReason => {
  if (kind === 'no-such-user') return 'unknown-recipient';
  return kind === 'spool-full' ? 'spool-full' : 'spool-failed';
};

/** A service's name is matched as it is, before anything is made of user names. */
const endpointOf = (recipient: Uint8Array): string => fromUtf8(unpadded(recipient));

const replyItem = ({ surbId, payload }: SurbReplyHop): SpoolItem => ({
  kind: 'reply',
  surbId,
  payload,
});

/** Without a delay on its last hop, a packet's SURB must not be used. */
const replyWay = (hop: ForwardHop, plaintext: Plaintext): ReplyWay | undefined =>
  hop.kind === 'deliver' && plaintext.kind === 'with-surb'
    ? { surb: plaintext.surb, delayMs: hop.replyDelayMs }
    : undefined;
