/**
 * The servers of a mix network: what `postern/servers` exports.
 * @module
 */
export { startMix } from './mix/mix.js';
export type { FaultedPacket, FaultStage } from './node/dispatch.js';
export type { DropReason } from './node/drops.js';
export type { KeyError } from './node/keys.js';
export type { BadRecord } from './node/mix-keys.js';
export type { RunningNode } from './node/node.js';
export { DEFAULT_TUNING } from './node/options.js';
export type { NodeError, NodeOptions, NodeTuning } from './node/options.js';
export type { NodeStatus } from './node/status.js';
