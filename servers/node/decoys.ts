/**
 * Mix decoys: packets that a mix sends to itself, through a provider and back by a SURB.
 *
 * They are cover for the mix's outgoing links, and their loss shows that something drops packets.
 * Source: server decoy.go of v0.0.17; the unused kind without a SURB is left out.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { toHex, utf8 } from '../../src/bytes/text.js';
import { concat, Writer } from '../../src/bytes/writer.js';
import { pick } from '../../src/crypto/sample.js';
import type { Clock, Random } from '../../src/io/contracts.js';
import type { EpochTime } from '../../src/pki/epoch.js';
import { choosePath, type ChosenPath, type PathError } from '../../src/pki/path.js';
import {
  nodeWithKey,
  sampleInterval,
  type NetworkNode,
  type NetworkView,
} from '../../src/pki/view.js';
import { createPacket } from '../../src/sphinx/packet.js';
import { encodePlaintext } from '../../src/sphinx/plaintext.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import { createSurb, openReply } from '../../src/sphinx/surb.js';
import type { Drop } from './drops.js';
import type { SurbReplyHop } from './role.js';

export interface DecoyDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly suite: SphinxSuite;
  readonly epochTime: EpochTime;
  readonly identityKey: Uint8Array;
  /** The current document. */
  readonly view: () => NetworkView | undefined;
  readonly dispatch: (packet: Uint8Array, nextNodeId: Uint8Array) => void;
  readonly slackMs: number;
  readonly drop: Drop;
  readonly count: (event: string) => void;
  readonly signal: AbortSignal;
}

/** A loop that is under way. */
interface Loop {
  readonly keys: Uint8Array;
  /** When it should be back, wall time. */
  readonly etaMs: number;
}

interface LoopPaths {
  readonly forward: ChosenPath;
  readonly reply: ChosenPath;
}

type LoopError = PathError | { readonly kind: 'low-order-key' } | { readonly kind: 'not-listed' };

const SERVICE = 'loop';
const PREFIX_RANDOM_LENGTH = 8;
const ATTEMPTS = 3;
/** A loop that takes this many epochs outlives the keys on its path. */
const MAX_EPOCHS = 2;
/** Pause while there is no document or no rate. */
const IDLE_MS = 10_000;

export class Decoys {
  readonly #deps: DecoyDeps;
  readonly #loops = new Map<string, Loop>();
  /** Where our replies end: nobody else knows this recipient. */
  readonly #recipient: Uint8Array;
  readonly #idPrefix: Uint8Array;

  constructor(deps: DecoyDeps) {
    this.#deps = deps;
    this.#recipient = deps.random(deps.suite.geometry.recipientLength);
    this.#idPrefix = new Writer(8).u64(Math.floor(deps.clock.now() / 1000)).done();
  }

  /** Sends loops at the document's LambdaM until the signal. */
  async run(): Promise<void> {
    const { clock, random, view, signal } = this.#deps;
    for (;;) {
      const rate = view()?.rates.lambdaM;
      const intervalMs = rate && sampleInterval(random, rate);
      await clock.sleep(intervalMs ?? IDLE_MS, signal);
      if (signal.aborted) return;
      this.#forgetLost();
      const current = view();
      if (current && intervalMs !== undefined) this.#send(current);
    }
  }

  /** Takes a reply that ended here: one of ours, or nothing that we know. */
  take({ recipient, surbId, payload }: SurbReplyHop): void {
    const { suite, drop, count } = this.#deps;
    const id = toHex(surbId);
    const loop = this.#loops.get(id);
    const isOurs = equal(recipient, this.#recipient) && loop !== undefined;
    if (!isOurs || openReply(suite, loop.keys, payload).isErr()) {
      drop('unknown-reply');
      return;
    }
    this.#loops.delete(id);
    count('decoy.returned');
  }

  #send(view: NetworkView): void {
    const made = this.#makeLoop(view);
    if (made.isErr()) {
      this.#deps.count(`decoy.not-made.${made.error.kind}`);
      return;
    }
    this.#deps.count('decoy.sent');
    this.#deps.dispatch(made.value.packet, made.value.nextNodeId);
  }

  #makeLoop(view: NetworkView): Result<{ packet: Uint8Array; nextNodeId: Uint8Array }, LoopError> {
    const { suite, random, identityKey } = this.#deps;
    const ourselves = view.layers.map((nodes) => nodeWithKey(nodes, identityKey)).find(Boolean);
    const exit = pick(
      random,
      view.exits.filter(({ services }) => services.has(SERVICE)),
    );
    if (!ourselves || !exit) return err({ kind: 'not-listed' });
    const surbId = this.#newSurbId();
    return this.#choosePaths(view, { ourselves, exit, surbId }).andThen(({ forward, reply }) =>
      createSurb(suite, { path: reply.path, random }).andThen(({ surb, keys }) => {
        const body = new Uint8Array(0);
        const payload = encodePlaintext(suite.geometry, { kind: 'with-surb', surb, body });
        const nextNodeId = forward.path[0]?.nodeId ?? exit.nodeId;
        return createPacket(suite, { path: forward.path, payload, random }).map((packet) => {
          this.#loops.set(toHex(surbId), { keys, etaMs: reply.endMs });
          return { packet, nextNodeId };
        });
      }),
    );
  }

  #choosePaths(
    view: NetworkView,
    { ourselves, exit, surbId }: { ourselves: NetworkNode; exit: NetworkNode; surbId: Uint8Array },
  ): Result<LoopPaths, LoopError> {
    const { suite, random, epochTime, clock } = this.#deps;
    const deps = { view, epochTime, geometry: suite.geometry, random };
    const recipient = utf8(exit.services.get(SERVICE)?.endpoint ?? '');
    const startMs = clock.now();
    const there = { kind: 'forward', source: ourselves, destination: exit, recipient } as const;
    const back = { kind: 'reply', source: exit, destination: ourselves } as const;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const paths = choosePath(deps, { ...there, surbId, startMs }).andThen((forward) =>
        choosePath(deps, {
          ...back,
          recipient: this.#recipient,
          surbId,
          startMs: forward.endMs,
        }).map((reply): LoopPaths => ({ forward, reply })),
      );
      if (paths.isErr()) return err(paths.error);
      if (paths.value.reply.endMs - startMs < MAX_EPOCHS * epochTime.periodMs)
        return ok(paths.value);
    }
    return err({ kind: 'too-slow' });
  }

  #newSurbId(): Uint8Array {
    return concat(this.#idPrefix, this.#deps.random(PREFIX_RANDOM_LENGTH));
  }

  #forgetLost(): void {
    const nowMs = this.#deps.clock.now();
    for (const [id, { etaMs }] of this.#loops) {
      if (nowMs <= etaMs + this.#deps.slackMs) continue;
      this.#loops.delete(id);
      this.#deps.count('decoy.lost');
    }
  }
}
