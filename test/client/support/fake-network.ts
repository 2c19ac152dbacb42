/**
 * A mix network in one object: real documents, links and packets, but all nodes in one place.
 *
 * It shows what clients do to a network that works, loses, doubles and reorders packets, or has a
 * provider that has died.
 */
import { okAsync } from 'neverthrow';
import { equal } from '../../../src/bytes/compare.js';
import { fromUtf8, toHex, utf8 } from '../../../src/bytes/text.js';
import { Writer } from '../../../src/bytes/writer.js';
import { uniform } from '../../../src/crypto/sample.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { Duplex } from '../../../src/io/contracts.js';
import type { MemoryIo } from '../../../src/io/memory.js';
import type { Rates } from '../../../src/pki/document-codec.js';
import { type EpochTime, KATZENPOST_EPOCHS } from '../../../src/pki/epoch.js';
import type { NetworkConfig } from '../../../src/pki/network.js';
import { smallGeometry, type SphinxGeometry } from '../../../src/sphinx/geometry.js';
import { decodePlaintext } from '../../../src/sphinx/plaintext.js';
import { useSurb } from '../../../src/sphinx/surb.js';
import { unwrap } from '../../../src/sphinx/unwrap.js';
import type { Command } from '../../../src/wire/commands.js';
import type { Session } from '../../../src/wire/contracts.js';
import { acceptLink } from '../../../src/wire/link.js';
import { LINK_PROFILE_01 } from '../../../src/wire/profile.js';
import { makeDocument, onionOf, type FakeNode } from './fake-documents.js';

export { FAST_RATES, onionOf } from './fake-documents.js';

type SpoolEntry =
  | { readonly kind: 'message'; readonly payload: Uint8Array }
  | { readonly kind: 'ack'; readonly surbId: Uint8Array; readonly payload: Uint8Array };

interface User {
  readonly linkKey: Uint8Array;
  readonly identityKey: Uint8Array;
  readonly spool: SpoolEntry[];
}

export interface FakeNetworkOptions {
  readonly io: MemoryIo;
  readonly rates?: Partial<Rates>;
  readonly sendRatePerMinute?: number;
  /** Whether providers offer `loop`; default true. */
  readonly loops?: boolean;
  readonly geometry?: SphinxGeometry;
  readonly epochTime?: EpochTime;
  /** Whether providers have an onion address beside the other; default true. */
  readonly onions?: boolean;
}

export class FakeNetwork {
  readonly io: MemoryIo;
  readonly primitives = selectPrimitives();
  readonly geometry: SphinxGeometry;
  readonly providers: readonly FakeNode[];
  readonly mixes: readonly FakeNode[];
  readonly config: NetworkConfig;
  readonly users = new Map<string, User>();
  /** Share of packets lost, per direction. */
  loss = 0;
  /** Share of packets that arrive twice. */
  duplicates = 0;
  /** Whether providers close a link right behind its handshake, as with an older one still there. */
  refuseLinks = false;
  /** Moments of the handshakes of clients, monotonic ms. */
  readonly handshakes: number[] = [];
  /** What the providers' clocks show beyond the right time, ms. */
  clockAheadMs = 0;
  /** The same of the authority's. */
  authorityAheadMs = 0;
  /** Epochs that the authority was asked for. */
  readonly asked: number[] = [];
  /** What is answered instead of a document, by whom. */
  readonly lies: {
    provider?: ((epoch: number) => Command) | undefined;
    authority?: ((epoch: number) => Command) | undefined;
  } = {};
  /** Others that documents name in the place of a node of their name. */
  readonly strangers = new Map<string, FakeNode>();
  /** Whether answers to retrievals carry a wrong sequence. */
  wrongSequence = false;
  /** What key servers answer instead, by the address that they are asked for. */
  readonly keyAnswers = new Map<string, Uint8Array>();
  /** Names of providers that swallow what reaches them. */
  readonly dead = new Set<string>();
  /** Kinds of commands from clients, in order, with the time of each. */
  readonly seen: {
    readonly kind: Command['kind'];
    readonly user: string;
    readonly atMs: number;
  }[] = [];
  /** Blocks stored, duplicates included. */
  stored = 0;
  /** Called with each retrieval's sequence. */
  readonly sequences: number[] = [];
  readonly #options: FakeNetworkOptions;
  readonly #authoritySeed: Uint8Array;
  readonly #sessions = new Set<Session>();
  #hosts = 0;

  constructor(options: FakeNetworkOptions) {
    this.#options = options;
    this.io = options.io;
    this.geometry = options.geometry ?? smallGeometry(1000);
    this.#authoritySeed = this.io.random(32);
    this.providers = ['p1.test', 'p2.test'].map((name) => this.#node(name));
    this.mixes = ['m1', 'm2', 'm3'].map((name) => this.#node(name));
    this.config = {
      authority: {
        addresses: ['authority.test:1000'],
        publicKey: this.primitives.ed25519.publicKey(this.#authoritySeed),
      },
      epochTime: options.epochTime ?? KATZENPOST_EPOCHS,
      geometry: this.geometry,
      link: LINK_PROFILE_01,
    };
    for (const provider of this.providers) {
      void this.#listen(provider, provider.address);
      void this.#listen(provider, onionOf(provider));
    }
    void this.#listenAuthority();
  }

  addUser(
    address: string,
    keys: { readonly linkKey: Uint8Array; readonly identityKey: Uint8Array },
  ) {
    this.users.set(address, { ...keys, spool: [] });
  }

  dropLinks(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Like a real one, by an authority that nobody knows. */
  forgedDocument(epoch: number): Uint8Array {
    return this.document(epoch, this.io.random(32));
  }

  document(epoch: number, seed = this.#authoritySeed): Uint8Array {
    const listed = { mixes: this.mixes, providers: this.providers, strangers: this.strangers };
    const { primitives } = this;
    return makeDocument({ ...this.#options, ...listed, primitives, seed }, epoch);
  }

  /** A node that is listed nowhere. */
  stranger(name: string): FakeNode {
    return this.#node(name);
  }

  #node(name: string): FakeNode {
    const { ed25519, x25519 } = this.primitives;
    const seed = this.io.random(32);
    const linkSecret = this.io.random(32);
    return {
      name,
      seed,
      identityKey: ed25519.publicKey(seed),
      linkSecret,
      linkKey: x25519.publicKey(x25519.scalar(linkSecret)),
      mixKey: x25519.scalar(this.io.random(32)),
      address: `10.0.0.${++this.#hosts}:1000`,
    };
  }

  get #linkDeps() {
    const { clock, random } = this.io;
    const { geometry, primitives } = this;
    return { profile: LINK_PROFILE_01, geometry, primitives, clock, random };
  }

  async #listen(provider: FakeNode, address: string): Promise<void> {
    const listener = (await this.io.network.listen(address))._unsafeUnwrap();
    for await (const duplex of listener.connections) void this.#serve(provider, duplex);
  }

  async #listenAuthority(): Promise<void> {
    const { ed25519 } = this.primitives;
    const listener = (await this.io.network.listen('authority.test:1000'))._unsafeUnwrap();
    const identity = {
      ad: ed25519.publicKey(this.#authoritySeed),
      secretKey: ed25519.toX25519Secret(this.#authoritySeed),
    };
    for await (const duplex of listener.connections) {
      const clock = this.#clockAhead(() => this.authorityAheadMs);
      void acceptLink({ ...this.#linkDeps, clock }, duplex, {
        identity,
        authenticate: () => true,
        deadlineMs: 30_000,
      }).andThen((session) =>
        session
          .receive()
          .andThen((command) =>
            command.kind === 'get-consensus'
              ? session.send(this.#consensus('authority', command.epoch))
              : okAsync(undefined),
          ),
      );
    }
  }

  async #serve(provider: FakeNode, duplex: Duplex): Promise<void> {
    const clock = this.#clockAhead(() => this.clockAheadMs);
    const accepted = await acceptLink({ ...this.#linkDeps, clock }, duplex, {
      identity: { ad: provider.identityKey, secretKey: provider.linkSecret },
      authenticate: ({ ad, publicKey }) => {
        const user = this.users.get(`${fromUtf8(ad)}@${provider.name}`);
        return user !== undefined && equal(user.linkKey, publicKey);
      },
      deadlineMs: 30_000,
    });
    if (accepted.isErr()) return;
    const session = accepted.value;
    this.handshakes.push(this.io.clock.monotonic());
    if (this.refuseLinks) {
      session.close();
      return;
    }
    this.#sessions.add(session);
    await this.#serveUser(provider, `${fromUtf8(session.peer.ad)}@${provider.name}`, session);
    this.#sessions.delete(session);
  }

  #clockAhead(aheadMs: () => number) {
    const { clock } = this.io;
    return {
      now: () => clock.now() + aheadMs(),
      monotonic: () => clock.monotonic(),
      sleep: clock.sleep.bind(clock),
    };
  }

  #consensus(by: 'provider' | 'authority', epoch: number): Command {
    if (by === 'authority') this.asked.push(epoch);
    const lie = this.lies[by];
    return lie ? lie(epoch) : { kind: 'consensus', code: 0, document: this.document(epoch) };
  }

  async #serveUser(provider: FakeNode, user: string, session: Session): Promise<void> {
    let position = 0;
    const spool = this.users.get(user)?.spool ?? [];
    for (;;) {
      const command = await session.receive();
      if (command.isErr()) return;
      this.seen.push({ kind: command.value.kind, user, atMs: this.io.clock.monotonic() });
      if (command.value.kind === 'send-packet') {
        void this.#carry(provider, command.value.packet);
      } else if (command.value.kind === 'get-consensus') {
        await session.send(this.#consensus('provider', command.value.epoch));
      } else if (command.value.kind === 'retrieve-message') {
        const { sequence } = command.value;
        this.sequences.push(sequence);
        if (sequence === position + 1) spool.shift();
        else if (sequence !== position) break;
        position = sequence;
        const echoed = sequence + (this.wrongSequence ? 1 : 0);
        await session.send(this.#head(spool, echoed));
      } else break;
    }
    session.close();
  }

  #head(spool: readonly SpoolEntry[], sequence: number): Command {
    const hint = Math.min(255, Math.max(0, spool.length - 1));
    const head = spool[0];
    if (head === undefined) return { kind: 'message-empty', sequence };
    return head.kind === 'message'
      ? { kind: 'message', hint, sequence, payload: head.payload }
      : { kind: 'message-ack', hint, sequence, surbId: head.surbId, payload: head.payload };
  }

  async #carry(first: FakeNode, packet: Uint8Array): Promise<void> {
    const copies = uniform(this.io.random) < this.duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (uniform(this.io.random) >= this.loss) void this.#hop(first, packet);
    }
  }

  async #hop(node: FakeNode, packet: Uint8Array): Promise<void> {
    if (this.dead.has(node.name)) return;
    const suite = { geometry: this.geometry, primitives: this.primitives };
    const opened = unwrap(suite, packet, node.mixKey)._unsafeUnwrap();
    const delay = opened.commands.find(({ kind }) => kind === 'node-delay');
    const delayMs = delay?.kind === 'node-delay' ? delay.delayMs : 0;
    if (opened.kind === 'forward') {
      await this.io.clock.sleep(delayMs);
      const next = [...this.providers, ...this.mixes].find((each) =>
        equal(each.identityKey, opened.nextNodeId),
      );
      if (next === undefined) throw new Error('no such node');
      return this.#hop(next, opened.packet);
    }
    const recipient = opened.commands.find(({ kind }) => kind === 'recipient');
    const name = recipient?.kind === 'recipient' ? fromUtf8(recipient.recipient) : '';
    const user = name.replace(/\0+$/, '');
    const surb = opened.commands.find(({ kind }) => kind === 'surb-reply');
    if (surb?.kind === 'surb-reply') {
      this.#store(node, user, { kind: 'ack', surbId: surb.surbId, payload: opened.payload });
      return;
    }
    await this.#deliver(node, user, { payload: opened.payload, delayMs });
  }

  async #deliver(
    node: FakeNode,
    user: string,
    { payload, delayMs }: { payload: Uint8Array; delayMs: number },
  ): Promise<void> {
    const plain = decodePlaintext(this.geometry, payload)._unsafeUnwrap();
    const reply = new Writer(this.geometry.payloadLength);
    if (user === '+loop') reply.u8(1).u8(0);
    else if (user === '+keyserver') {
      const text = fromUtf8(plain.body).replace(/\0+$/, '');
      const { User } = JSON.parse(text) as { User: string };
      const address = `${User}@${node.name}`;
      const key = this.users.get(address)?.identityKey;
      const answer = {
        PublicKey: key === undefined ? '' : toHex(key),
        StatusCode: key === undefined ? 2 : 0,
        User,
        Version: 0,
      };
      reply
        .u8(1)
        .u8(0)
        .bytes(this.keyAnswers.get(address) ?? utf8(JSON.stringify(answer)));
    } else {
      this.stored += 1;
      this.#store(node, user, { kind: 'message', payload: plain.body });
    }
    if (plain.kind !== 'with-surb') return;
    await this.io.clock.sleep(delayMs);
    const suite = { geometry: this.geometry, primitives: this.primitives };
    const bytes = reply.zeros(reply.remaining).done();
    const { packet, firstHop } = useSurb(suite, plain.surb, bytes)._unsafeUnwrap();
    const next = this.mixes.find((mix) => equal(mix.identityKey, firstHop));
    if (next !== undefined) await this.#carry(next, packet);
  }

  #store(node: FakeNode, user: string, entry: SpoolEntry): void {
    this.users.get(`${user}@${node.name}`)?.spool.push(entry);
  }
}
