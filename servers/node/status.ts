/**
 * What a node tells of itself: counters, queues, connections. Nothing in it names a packet or user.
 * @module
 */
import type { Epoch } from '../../src/pki/epoch.js';
import type { DocumentState } from '../../src/pki/latest.js';
import type { Place } from '../../src/pki/view.js';
import type { NodeHealth } from './health.js';
import type { NodeRole } from './role.js';
import type { Mixing } from './strategy.js';

export interface NodeStatus {
  readonly role: NodeRole['kind'];
  readonly epoch: Epoch;
  /** Which document it goes by; `stale`: an older one that is still valid. */
  readonly document: DocumentState;
  /** Names of the mixes on trial, this one too where it is. */
  readonly onTrial: readonly string[];
  /** Where the current document puts this node; `undefined` when it does not. */
  readonly place: Place | undefined;
  /** Whether the authority has settled our descriptor of the next epoch, or it has a document. */
  readonly nextEpochReady: boolean;
  readonly mixKeys: readonly Epoch[];
  readonly replayTags: number;
  /** By name; drops are `drop.<reason>`. */
  readonly counters: Readonly<Record<string, number>>;
  /** Packets in each stage, by the names of mixminiond's pool directories. */
  readonly queues: {
    /** Came off a link, not yet opened. */
    readonly incoming: number;
    /** Held for their delay. */
    readonly mix: number;
    /** Leaving, or waiting for a node that cannot be reached. */
    readonly outgoing: number;
    /** Ended here, not yet with their user or service. */
    readonly deliver: number;
  };
  /** When held packets leave. */
  readonly mixing: Mixing;
  /** Those of them that are on disk. */
  readonly queuedOnDisk: number;
  /** How loop decoys fared, by the nodes on their paths. */
  readonly health: readonly NodeHealth[];
  readonly connections: {
    readonly handshakes: number;
    readonly nodes: number;
    readonly clients: number;
    readonly outgoingPlanned: number;
    readonly outgoingUp: number;
  };
  /** Whether no packet is anywhere in this node. */
  readonly idle: boolean;
}
