/**
 * A role: what a mix or a provider adds to the stages that every node shares.
 *
 * The shared stages listen, admit, hold and dispatch packets. A role says who else than nodes may
 * connect, answers its clients, takes the packets that end here, and advertises what it offers.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';
import type { Io } from '../../src/io/contracts.js';
import type { ServiceParameters } from '../../src/pki/descriptor.js';
import type { DocumentKeeper } from '../../src/pki/keeper.js';
import type { SphinxSuite } from '../../src/sphinx/suite.js';
import type { OpenStore, Store } from '../../src/store/store.js';
import type { Command } from '../../src/wire/commands.js';
import type { Peer } from '../../src/wire/contracts.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import type { Drop } from './drops.js';
import type { NodeHealth } from './health.js';
import type { NodeIdentity } from './keys.js';
import type { NodeError, NodeTuning } from './options.js';
import type { Ping, PingError } from './ping.js';
import type { SharedMemory } from './shared.js';
import type { Mixing } from './strategy.js';

/** A packet that ends here and carries a forward payload. */
export interface DeliverHop {
  readonly kind: 'deliver';
  /** The recipient field as it is, padding included. */
  readonly recipient: Uint8Array;
  /** `geometry.payloadLength` bytes: flags, SURB or padding, body. */
  readonly payload: Uint8Array;
  /** How long a reply by the enclosed SURB is held here, ms. */
  readonly replyDelayMs: number;
  /** When the packet came off its link, on the monotonic clock. */
  readonly arrivedMs: number;
}

/** The same without a delay: an enclosed SURB must not be used. */
export interface UnreliableDeliverHop {
  readonly kind: 'deliver-unreliable';
  readonly recipient: Uint8Array;
  readonly payload: Uint8Array;
  readonly arrivedMs: number;
}

/** A reply on its way back to the maker of a SURB. */
export interface SurbReplyHop {
  readonly kind: 'surb-reply';
  readonly recipient: Uint8Array;
  readonly surbId: Uint8Array;
  /** `geometry.taggedPayloadLength` bytes, still encrypted. */
  readonly payload: Uint8Array;
  readonly arrivedMs: number;
}

/** A packet that ends at this node. */
export type TerminalHop = DeliverHop | UnreliableDeliverHop | SurbReplyHop;

/** A packet for another node, to be sent when its delay is over. */
export interface ForwardHop {
  readonly kind: 'forward';
  readonly nextNodeId: Uint8Array;
  readonly packet: Uint8Array;
  /** As its maker asked for it. */
  readonly delayMs: number;
  /** How long it waited for unwrapping, ms. */
  readonly dwellMs: number;
  readonly arrivedMs: number;
}

/** What a packet wants of this node. */
export type Hop = ForwardHop | TerminalHop;

/** Who handed a packet to us. */
export type PacketSource = 'client' | 'node';

/** What a role does about a client's command. */
export type ClientAnswer =
  | { readonly kind: 'reply'; readonly command: Command }
  | { readonly kind: 'silence' }
  | {
      readonly kind: 'close';
      /** `in-use`: the client has another session that counts. */
      readonly reason: 'unexpected-command' | 'bad-sequence' | 'failed' | 'in-use';
    };

/** One client's connection, as its role sees it. */
export interface ClientSession {
  /** Answers anything but NoOp, SendPacket and Disconnect; called one command at a time. */
  answer(command: Command): Promise<ClientAnswer>;
  /** Whether the client may send one more packet now (its rate limit). */
  maySend(): boolean;
  /** The connection is gone. */
  close(): void;
}

/** What a descriptor says about a role. */
export interface Advertisement {
  readonly services: ReadonlyMap<string, ServiceParameters>;
  readonly registrationAddresses: readonly string[] | undefined;
}

export interface NodeRole {
  readonly kind: 'mix' | 'provider';
  /** Asked before each new descriptor is signed. */
  advertise(): Promise<Advertisement>;
  /** Whether this is a client's name and key; asked again at every re-authentication. */
  isClient(peer: Peer): Promise<boolean>;
  /** Begins a client's connection; only after {@link NodeRole.isClient} said so. */
  openClient(peer: Peer): ClientSession;
  /** Takes packets that ended here, their replay tags durable; must not throw or block. */
  take(hops: readonly TerminalHop[]): void;
  /** Packets taken and not yet finished with, so that a network can be seen to settle. */
  pending(): number;
  /** How its own loops fared, where it sends any. */
  health?(): readonly NodeHealth[];
  /** Sends a loop through a node, where it sends any; see `Decoys.ping`. */
  ping?(names: readonly string[]): Promise<Result<Ping, PingError>>;
  /** After listeners and connections, before the store; the services' signal is aborted by then. */
  close(): Promise<void>;
}

/** What the shared stages offer a role. */
export interface NodeServices {
  readonly io: Io;
  readonly network: NetworkConfig;
  readonly suite: SphinxSuite;
  readonly identity: NodeIdentity;
  /** The node's own name, as in its descriptor. */
  readonly identifier: string;
  readonly dataDir: string;
  /** Documents that list this node, and which epochs are gone. */
  readonly documents: DocumentKeeper;
  /** The node's store; a role uses collections under its own name. */
  readonly store: Store;
  readonly openStore: OpenStore;
  readonly storageKey: Uint8Array;
  readonly tuning: NodeTuning;
  readonly drop: Drop;
  /** Counts an event that is no drop, such as `delivered`. */
  readonly count: (event: string, by?: number) => void;
  /** Holds a packet made here for `delayMs`, then dispatches it (SURB-ACKs, service replies). */
  readonly hold: (packet: Uint8Array, nextNodeId: Uint8Array, delayMs: number) => void;
  /** Dispatches a packet made here at once (decoys). */
  readonly dispatch: (packet: Uint8Array, nextNodeId: Uint8Array) => void;
  /** Aborted when the node closes. */
  readonly signal: AbortSignal;
}

/** How `startNode` gets its role. */
export interface RoleMaker {
  readonly kind: NodeRole['kind'];
  /** When packets leave; Poisson when absent. */
  readonly mixing?: Mixing | undefined;
  /** Opens what this process shares with others that are the same node; it shares nothing if absent. */
  readonly share?: () => ResultAsync<SharedMemory, NodeError>;
  /** Makes the role on the shared stages, before the first connection is accepted. */
  open(services: NodeServices): ResultAsync<NodeRole, NodeError>;
}
