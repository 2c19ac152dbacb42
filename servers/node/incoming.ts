/**
 * One incoming connection after its handshake: who the peer is, and what becomes of its commands.
 *
 * Peers are read eagerly: what a peer may not send is read and dropped here, since a peer whose
 * bytes are left lying cannot tell us from a dead one. Nothing is ever sent to a node.
 * @module
 */
import type { Clock } from '../../src/io/contracts.js';
import type { Command } from '../../src/wire/commands.js';
import type { LinkError, Session } from '../../src/wire/contracts.js';
import type { Drop } from './drops.js';
import type { ClientSession, PacketSource } from './role.js';

/** Who a peer has turned out to be. */
export type Admitted =
  { readonly kind: 'client'; readonly client: ClientSession } | { readonly kind: 'node' };

export interface IncomingDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly packetLength: number;
  readonly admit: (packet: Uint8Array, source: PacketSource) => void;
  readonly drop: Drop;
  readonly count: (event: string) => void;
}

/** What to do after a command. */
type Next = 'go-on' | 'close';

export class IncomingConnection {
  readonly session: Session;
  readonly admitted: Admitted;
  /** Whether a node's packets are wanted at the moment; clients have their own limit. */
  maySend: boolean;
  /** When the peer was last heard of, on the monotonic clock. */
  heardMs: number;
  readonly #deps: IncomingDeps;

  constructor(
    deps: IncomingDeps,
    session: Session,
    { admitted, maySend }: { readonly admitted: Admitted; readonly maySend: boolean },
  ) {
    this.#deps = deps;
    this.session = session;
    this.admitted = admitted;
    this.maySend = maySend;
    this.heardMs = deps.clock.monotonic();
  }

  /** Reads until either side ends the connection. */
  async run(): Promise<void> {
    for (;;) {
      const command = await this.session.receive();
      if (command.isErr()) {
        this.#note(command.error);
        break;
      }
      this.heardMs = this.#deps.clock.monotonic();
      const next = this.#take(command.value) ?? (await this.#answer(command.value));
      if (next === 'close') break;
    }
    this.session.close();
    if (this.admitted.kind === 'client') this.admitted.client.close();
  }

  /** What both kinds of peers may say; `undefined` for anything else. */
  #take(command: Command): Next | undefined {
    if (command.kind === 'send-packet') return this.#takePacket(command.packet);
    if (command.kind === 'no-op') return 'go-on';
    return command.kind === 'disconnect' ? 'close' : undefined;
  }

  #takePacket(packet: Uint8Array): Next {
    const { packetLength, admit, drop, count } = this.#deps;
    if (packet.length !== packetLength) {
      count('link.packet-size');
      return 'close';
    }
    count('packets.received');
    if (this.admitted.kind === 'client') {
      if (this.admitted.client.maySend()) admit(packet, 'client');
      else drop('rate-limited');
    } else if (this.maySend) admit(packet, 'node');
    else drop('may-not-send');
    return 'go-on';
  }

  async #answer(command: Command): Promise<Next> {
    if (this.admitted.kind === 'node') {
      this.#deps.count('link.unexpected-command');
      return 'close';
    }
    const answer = await this.admitted.client.answer(command);
    switch (answer.kind) {
      case 'silence':
        return 'go-on';
      case 'close':
        this.#deps.count(`link.${answer.reason}`);
        return 'close';
      case 'reply':
        return this.session.send(answer.command).match(
          (): Next => 'go-on',
          (error) => {
            this.#note(error);
            return 'close';
          },
        );
    }
  }

  /** That a peer leaves is no fault of it. */
  #note({ kind }: LinkError): void {
    if (kind !== 'link-ended') this.#deps.count(`link.${kind}`);
  }
}
