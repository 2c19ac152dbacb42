/**
 * How a node is told what it is: options, tuning with its defaults, and why it may fail to start.
 * @module
 */
import type { Io, ListenError, Network } from '../../src/io/contracts.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import type { OpenStore, StoreError } from '../../src/store/store.js';
import type { BandwidthLimit } from './bandwidth.js';
import type { FaultStage } from './fault-stage.js';
import type { KeyError } from './keys.js';
import type { BadRecord } from './mix-keys.js';
import type { Places } from './places.js';
import type { RetryPlan } from '../../src/io/retry-plan.js';

/** Local limits; none of them can be seen on the wire. */
export interface NodeTuning {
  /** Longest wait between link and unwrapping, ms. */
  readonly unwrapBudgetMs: number;
  /** How late a held packet may leave, ms. */
  readonly holdBudgetMs: number;
  /** Longest wait in a peer's send queue, ms. */
  readonly sendBudgetMs: number;
  /** Longest wait for delivery at a provider, ms. */
  readonly deliveryBudgetMs: number;
  /** Longest wait for a service at a provider, ms. */
  readonly serviceBudgetMs: number;
  /** Packets waiting to be unwrapped; more are dropped. */
  readonly unwrapQueue: number;
  /** Packets held; 0: no limit. A random one goes when there is one too many. */
  readonly holdQueue: number;
  /** Packets in memory per peer, leaving or waiting for it to come back; more go to the disk. */
  readonly sendQueue: number;
  /** Bytes of packets on disk, for all peers together; what finds no room is dropped. */
  readonly queueMaxBytes: number;
  /** When a peer that cannot be reached is tried again; the steps below where absent. */
  readonly retryPlan: RetryPlan | undefined;
  /** Packets that leave for one peer in one turn; reference nodes drop bursts. */
  readonly sendBurst: number;
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  /** How often both sides of a link are checked against the documents again, ms. */
  readonly reauthenticateMs: number;
  /** Step of the linear back-off between connection attempts, ms. */
  readonly retryStepMs: number;
  /** Longest back-off, ms. */
  readonly retryMaxMs: number;
  /** Open incoming connections, all kinds. */
  readonly maxConnections: number;
  /** Connections whose handshake is not finished; the oldest makes room. */
  readonly maxHandshakes: number;
  /** The same for one address. */
  readonly maxHandshakesPerAddress: number;
  /** Incoming connections of one other node: as many processes of it can send here. */
  readonly maxLinksPerNode: number;
  /** Limits the bytes sent and read, of all connections; none where absent. */
  readonly bandwidth: BandwidthLimit | undefined;
  /** Pause between looks at the clock for publication and key rotation, ms. */
  readonly publishPollMs: number;
  /** Whether a mix sends loop decoys at LambdaM. */
  readonly sendDecoyTraffic: boolean;
  /** How long after its expected time a loop decoy counts as lost, ms. */
  readonly decoySlackMs: number;
  /** Paths of the descriptors of mixes on trial; see `trials.ts`. */
  readonly tryNodes: readonly string[];
}

export const DEFAULT_TUNING: NodeTuning = {
  unwrapBudgetMs: 500,
  holdBudgetMs: 500,
  sendBudgetMs: 500,
  deliveryBudgetMs: 500,
  serviceBudgetMs: 750,
  unwrapQueue: 1024,
  holdQueue: 0,
  sendQueue: 64,
  queueMaxBytes: 268_435_456,
  retryPlan: undefined,
  sendBurst: 16,
  connectTimeoutMs: 60_000,
  handshakeTimeoutMs: 30_000,
  reauthenticateMs: 30_000,
  retryStepMs: 15_000,
  retryMaxMs: 120_000,
  maxConnections: 4096,
  maxHandshakes: 256,
  maxHandshakesPerAddress: 64,
  maxLinksPerNode: 4,
  bandwidth: undefined,
  publishPollMs: 5_000,
  sendDecoyTraffic: false,
  decoySlackMs: 15_000,
  tryNodes: [],
};

export interface NodeOptions extends Places {
  readonly io: Io;
  /** The node's name in the documents, 1 to 32 bytes. */
  readonly identifier: string;
  readonly network: NetworkConfig;
  /** How the authority is reached, where others than it are reached otherwise; such as a proxy. */
  readonly directoryVia?: (network: Network) => Network;
  /** Where to listen, `host:port`. */
  readonly addresses: readonly string[];
  /** What the descriptor lists, by transport; the bound addresses as `tcp4` / `tcp6` when absent. */
  readonly advertise?: ReadonlyMap<string, readonly string[]>;
  readonly openStore: OpenStore;
  /** Seals the node's store, 32 bytes. */
  readonly storageKey: Uint8Array;
  /** Changes to {@link DEFAULT_TUNING}. */
  readonly tuning?: Partial<NodeTuning>;
  /** Loses, repeats and reorders what leaves this node; for tests and test networks. */
  readonly faults?: FaultStage;
}

/** Why a node did not start. */
export type NodeError =
  | KeyError
  | ListenError
  | StoreError
  | BadRecord
  | { readonly kind: 'no-address' }
  | { readonly kind: 'bad-option'; readonly option: string; readonly rule: string };
