/**
 * An account and reply blocks: it makes them, has mail come through its own, and sends through those
 * of others.
 * @module
 */
import { err, errAsync, ok, type Result, ResultAsync, safeTry } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { utf8 } from '../../bytes/text.js';
import { type NetworkView, nodeNamed } from '../../pki/view.js';
import type { SphinxSuite } from '../../sphinx/suite.js';
import type { ComposeDeps, ComposeError } from '../packets/compose.js';
import {
  encodeReplyBlock,
  factsOf,
  makeReplyBlock,
  type ReplyBlock,
} from '../packets/reply-block.js';
import { encodeReplyMail, replyMailLimit } from '../packets/reply-mail.js';
import type { SurbTable } from '../packets/surbs.js';
import type { UsedSurbs } from '../packets/used-surbs.js';
import type { LoopWatch } from '../sender/loop-watch.js';
import { ReplyDesk } from '../sender/reply-desk.js';
import type { AccountParts, ClientWorld } from './parts.js';
import type { AccountPlan } from './plan.js';
import type {
  MadeReplyBlock,
  MakeReplyBlockError,
  ReplyBlockSendError,
  SendError,
} from '../types.js';

export interface RepliesDeps {
  readonly compose: ComposeDeps;
  readonly surbs: Pick<SurbTable, 'add'>;
  readonly used: UsedSurbs;
  readonly loops: Pick<LoopWatch, 'avoiding'>;
  /** Name of our own provider. */
  readonly provider: string;
  readonly view: () => NetworkView | undefined;
  /** A mail as it leaves. */
  readonly prepare: (mail: Uint8Array) => Result<Uint8Array, SendError>;
  readonly lifetimeMs: number;
}

/** The reply blocks of one account. */
export const openReplies = (
  { io, primitives, tuning }: ClientWorld,
  { network, provider, user }: AccountPlan,
  { surbs, used, loops }: AccountParts,
  { view, prepare }: Pick<RepliesDeps, 'view' | 'prepare'>,
): Replies => {
  const { geometry, epochTime } = network;
  const compose = { ...io, suite: { geometry, primitives }, epochTime, user: utf8(user) };
  const lifetimeMs = tuning.requestMs;
  return new Replies({ compose, surbs, used, loops, provider, view, prepare, lifetimeMs });
};

/** A reply may lie at our provider so long while we are away. */
const KEPT_MS = 14 * 86_400_000;

export class Replies {
  readonly #deps: RepliesDeps;
  readonly desk: ReplyDesk;

  constructor(deps: RepliesDeps) {
    const { compose, used, lifetimeMs } = deps;
    this.#deps = deps;
    this.desk = new ReplyDesk({ clock: compose.clock, suite: compose.suite, used, lifetimeMs });
  }

  /** Whether a block can be one of this account's network. */
  fits({ surb }: ReplyBlock): boolean {
    return surb.length === this.#suite.geometry.surbLength;
  }

  /** See `ReplyBlocks.make`. */
  make(via = this.#deps.provider): ResultAsync<MadeReplyBlock, MakeReplyBlockError> {
    const { compose, surbs } = this.#deps;
    const { clock } = compose;
    return this.#ends(via)
      .andThen(({ view, ...ends }) => makeReplyBlock(compose, view, ends).mapErr(withoutPath))
      .asyncAndThen(({ block, kept }) => {
        const sentAt = clock.now();
        const rttMs = block.expiresAt + KEPT_MS - sentAt;
        return surbs
          .add({ ...kept, use: { kind: 'mail' }, sentAt, rttMs }, rttMs)
          .map(() => ({ ...factsOf(block), text: encodeReplyBlock(block) }));
      });
  }

  /** See `ReplyBlocks.send`; nothing is awaited before the block is taken. */
  send(
    block: ReplyBlock,
    mail: Uint8Array,
    signal?: AbortSignal,
  ): ResultAsync<void, ReplyBlockSendError> {
    const { prepare } = this.#deps;
    return this.#checkEntry(block)
      .andThen(() => prepare(mail).mapErr((error): ReplyBlockSendError => error))
      .andThen((bytes) => this.#payloadOf(bytes))
      .match(
        (payload) => this.desk.send({ block, payload, signal }),
        (error) => errAsync(error),
      );
  }

  get #suite(): SphinxSuite {
    return this.#deps.compose.suite;
  }

  #ends(via: string) {
    const { view: current, loops, provider } = this.#deps;
    return safeTry<Ends, MakeReplyBlockError>(function* () {
      const known = current();
      const view = known && loops.avoiding(known);
      const home = view && nodeNamed(view.entries, provider);
      if (view === undefined || home === undefined) return err({ kind: 'no-document' });
      const entry = nodeNamed(view.entries, via);
      if (entry === undefined) return err({ kind: 'no-such-provider', provider: via });
      return ok({ view, home, via: entry });
    });
  }

  /** Our provider must be the first hop: it takes nothing else from us. */
  #checkEntry({ surb, via }: ReplyBlock): Result<void, ReplyBlockSendError> {
    const { view, provider } = this.#deps;
    const { headerLength, nodeIdLength } = this.#suite.geometry;
    const known = view();
    const home = known && nodeNamed(known.entries, provider);
    if (home === undefined) return err({ kind: 'no-document' });
    const first = surb.subarray(headerLength, headerLength + nodeIdLength);
    return equal(first, home.nodeId) ? ok(undefined) : err({ kind: 'reply-block-elsewhere', via });
  }

  #payloadOf(mail: Uint8Array): Result<Uint8Array, ReplyBlockSendError> {
    const { geometry } = this.#suite;
    const [size, limit] = [mail.length, replyMailLimit(geometry)];
    return size > limit
      ? err({ kind: 'mail-too-large', size, limit })
      : ok(encodeReplyMail(geometry, mail));
  }
}

interface Ends {
  readonly view: NetworkView;
  readonly home: NetworkView['entries'][number];
  readonly via: NetworkView['entries'][number];
}

const withoutPath = ({ kind }: ComposeError): MakeReplyBlockError => ({
  kind: 'no-path',
  problem: kind,
});
