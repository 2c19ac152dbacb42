/**
 * The parts of one account that need no network: keys, store, reply blocks, inbox and outbox.
 * @module
 */
import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { Primitives } from '../../crypto/primitives.js';
import type { Io } from '../../io/contracts.js';
import { isAutomatic } from '../../mail/automatic.js';
import { buildReport, type Report } from '../../mail/report.js';
import type { NodeReading } from '../../pki/given-node.js';
import type { NetworkConfig } from '../../pki/network.js';
import type { Threads } from '../../sanitise/policy.js';
import type { Change, OpenStore, Store, StoreError } from '../../store/store.js';
import type { EventHub } from '../events.js';
import { type Inbox, openInbox } from '../inbox/inbox.js';
import { KeyNotices } from '../recipients/key-notices.js';
import { type KeyFileError, type KeyPair, keyPairOf, loadKeyPair } from '../keys.js';
import { NamedSends } from '../outbox/named-sends.js';
import type { OutboxNews, Undelivered } from '../outbox/contracts.js';
import { OutboxQueue } from '../outbox/outbox.js';
import { SentIds } from '../outbox/sent-ids.js';
import type { AccountPlan, Tuning } from './plan.js';
import { LinkKeys } from '../link/link-keys.js';
import { ProvidersSeen } from '../link/providers-seen.js';
import type { RecipientBook } from '../recipients/recipients.js';
import { LoopWatch } from '../sender/loop-watch.js';
import { StoreHealth } from '../store-health.js';
import type { SurbRecord } from '../packets/surb-record.js';
import { SurbTable } from '../packets/surbs.js';
import { UsedSurbs } from '../packets/used-surbs.js';
import { threadsOf } from '../threads.js';
import type { Outgoing } from '../link/upstream.js';
import type { Address, ClientEvent, ClientTuning, OpenError } from '../types.js';

/** What every account of one client shares. */
export interface ClientWorld {
  readonly io: Io;
  readonly primitives: Primitives;
  readonly openStore: OpenStore;
  /** 32 bytes. */
  readonly storageKey: Uint8Array;
  readonly events: EventHub;
  readonly tuning: Tuning;
  readonly rawTuning: ClientTuning;
  readonly book: RecipientBook;
  /** The only way to the network. */
  readonly outgoing: Outgoing;
}

/** What reading a descriptor takes at this moment. */
export const nodeReading = (
  { io, primitives }: ClientWorld,
  { geometry }: Pick<NetworkConfig, 'geometry'>,
): NodeReading => ({ geometry, primitives, nowMs: io.clock.now() });

export interface AccountParts {
  readonly identity: KeyPair;
  readonly link: LinkKeys;
  readonly store: Store;
  readonly health: StoreHealth;
  readonly loops: LoopWatch;
  readonly surbs: SurbTable;
  readonly used: UsedSurbs;
  readonly inbox: Inbox;
  readonly outbox: OutboxQueue;
  readonly named: NamedSends;
  readonly sentIds: SentIds;
  readonly notices: KeyNotices;
  readonly threads: Threads;
  readonly providers: ProvidersSeen;
}

/**
 * Replies to packets of an earlier run are expected for so long beyond their computed delays, where
 * nothing is configured.
 */
const RESTORED_SLACK_MS = 60_000;

/** Opens the parts in order; where one fails, those before it are closed again. */
export const openParts = (
  world: ClientWorld,
  plan: AccountPlan,
  onExpired: (record: SurbRecord) => void,
): ResultAsync<AccountParts, OpenError> =>
  safeTry(async function* () {
    const { files } = world.io;
    yield* files
      .makeDirectory(plan.directory)
      .mapErr(({ path, reason }): OpenError => ({ kind: 'data-dir', path, problem: reason }));
    const link = yield* linkOf(world, plan);
    const identity = yield* identityOf(world, plan);
    const store = yield* world.openStore(`${plan.directory}/store.db`, world.storageKey);
    const opened = await openStored(world, plan, { store, identity, onExpired });
    if (opened.isErr()) {
      await store.close();
      return err(opened.error);
    }
    const { inbox } = opened.value;
    const threads = threadsOf({
      primitives: world.primitives,
      identitySecret: identity.secretKey,
      hasReceived: (id) => inbox.hasReceived(id),
    });
    return ok({ link, identity, store, threads, ...opened.value });
  });

// Given keys are copied: ours are wiped at the end, the caller's stay.

const linkOf = (world: ClientWorld, plan: AccountPlan): ResultAsync<LinkKeys, KeyFileError> =>
  plan.linkKey === undefined
    ? LinkKeys.load({ ...world.io, primitives: world.primitives }, plan.directory)
    : okAsync(LinkKeys.given(world, plan.linkKey.slice()));

const identityOf = (world: ClientWorld, plan: AccountPlan): ResultAsync<KeyPair, KeyFileError> =>
  plan.identityKey === undefined
    ? loadKeyPair({ ...world.io, primitives: world.primitives }, plan.directory, 'identity')
    : okAsync(keyPairOf(world.primitives, plan.identityKey.slice()));

interface Opened {
  readonly store: Store;
  readonly identity: KeyPair;
  readonly onExpired: (record: SurbRecord) => void;
}

type StoredParts = Pick<
  AccountParts,
  | 'health'
  | 'loops'
  | 'surbs'
  | 'used'
  | 'inbox'
  | 'outbox'
  | 'named'
  | 'sentIds'
  | 'notices'
  | 'providers'
>;

/** What lies in the store. */
const openStored = (
  world: ClientWorld,
  plan: AccountPlan,
  { store, identity, onExpired }: Opened,
): ResultAsync<StoredParts, StoreError> =>
  safeTry(async function* () {
    const { clock, random, log } = world.io;
    const account = plan.address;
    const emit = (event: ClientEvent): void => world.events.emit(event);
    const health = new StoreHealth(clock, (error) => {
      log.write('error', 'account', 'the store does not take what is written', { ...error });
      emit({ kind: 'store-failed', account, error });
    });
    const slackMs = world.tuning.slackMs ?? RESTORED_SLACK_MS;
    const loops = new LoopWatch({ clock, periodMs: plan.network.epochTime.periodMs });
    const expired = (record: SurbRecord): void =>
      record.use.kind === 'decoy' ? loops.lost(record.id) : onExpired(record);
    const surbs = yield* SurbTable.open({ store, clock, onExpired: expired }, slackMs);
    const used = yield* UsedSurbs.open({ ...world, ...plan.network, store, clock });
    const sentIds = yield* SentIds.open({ store, clock, primitives: world.primitives });
    const inbox = yield* openAccountInbox(world, plan, { store, identity, sentIds });
    const deposit = (report: Report, changes: readonly Change[]) =>
      inbox
        .deposit(buildReport(report, { account, nowMs: clock.now(), random }), changes)
        .map(() => undefined);
    const outbox = yield* OutboxQueue.open({
      ...{ store, clock, random, health, surbs, account, slackMs, delay: plan.delay },
      tell: (news) => emit(eventOf(account, news)),
      // A report about a report could go round for ever; the event tells all the same.
      bounce: (undelivered, changes) =>
        isAutomatic(undelivered.mail)
          ? store.commit(changes)
          : deposit(bounceOf(undelivered), changes),
      waitsFor: (recipient) => waitsFor(world.book, recipient),
    });
    const named = yield* NamedSends.open({ store, clock, primitives: world.primitives });
    const providers = yield* ProvidersSeen.open({ store, clock });
    const notices = yield* KeyNotices.open({ store, account, deposit, emit });
    return ok({ health, loops, surbs, used, inbox, outbox, named, sentIds, notices, providers });
  });

const openAccountInbox = (
  { io, primitives, events, book, rawTuning }: ClientWorld,
  { network, address, readers }: AccountPlan,
  { store, identity, sentIds }: Pick<AccountParts, 'store' | 'identity' | 'sentIds'>,
): ResultAsync<Inbox, StoreError> =>
  openInbox({
    store,
    clock: io.clock,
    random: io.random,
    log: io.log,
    primitives,
    geometry: network.geometry,
    identitySecret: identity.secretKey,
    account: address,
    findSender: (key) => book.findByKey(key),
    keyOf: (of) =>
      book
        .get(of)
        .map(({ key }) => key)
        .unwrapOr(undefined),
    idHere: (id) => sentIds.idHere(id),
    readers,
    events: (event) => events.emit(event),
    tuning: rawTuning,
  });

const bounceOf = ({ cause, recipient, mail }: Undelivered): Report =>
  cause === 'not-acknowledged'
    ? { kind: 'bounce', recipient, mail }
    : { kind: 'no-key', recipient, cause, mail };

/** What mail to an address waits for: a key, or a person. */
const waitsFor = (book: RecipientBook, recipient: Address): 'awaiting-key' | 'held' =>
  book.get(recipient).match(
    ({ trust }) => (trust.kind === 'changed' ? 'held' : 'awaiting-key'),
    () => 'awaiting-key',
  );

const eventOf = (account: Address, news: OutboxNews): ClientEvent =>
  news.kind === 'sent'
    ? { kind: 'sent', account, ...news.sent }
    : { kind: 'failed', account, ...news.sent, reason: news.reason };
