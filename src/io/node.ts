/**
 * The world on Node.js.
 * @module
 */
import { randomFillSync } from 'node:crypto';
import type { Http, Io, Processes, Random } from './contracts.js';
import { nodeClock } from './node/clock.js';
import { nodeFiles } from './node/files.js';
import { nodeHttp } from './node/http.js';
import { nodeLog, type NodeLog, type NodeLogOptions } from './node/log.js';
import { nodeNetwork } from './node/network.js';
import { nodeProcesses } from './node/processes.js';
import { nodeWorkers, type NodeWorkersOptions } from './node/workers.js';

export { nodeClock } from './node/clock.js';
export type { NodeClockOptions } from './node/clock.js';
export { collectForPackets, collectOnceSettled } from './node/collector.js';
export { nodeFiles } from './node/files.js';
export { nodeHttp } from './node/http.js';
export type { NodeHttpOptions } from './node/http.js';
export { nodeLog, openLogFile } from './node/log.js';
export type { NodeLog, NodeLogOptions } from './node/log.js';
export { nodeNetwork } from './node/network.js';
export { nodeProcesses } from './node/processes.js';
export { nodeTls } from './node/tls.js';
export type { NodeTls, NodeTlsOptions } from './node/tls.js';
export { nodeWorkers } from './node/workers.js';
export type { NodeWorkersOptions } from './node/workers.js';

export interface NodeIo extends Io {
  readonly log: NodeLog;
  readonly http: Http;
  readonly processes: Processes;
}

export interface NodeIoOptions {
  readonly log?: NodeLogOptions;
  readonly workers?: NodeWorkersOptions;
}

/** Bytes from the system's generator. */
export const nodeRandom: Random = (length) => randomFillSync(new Uint8Array(length));

/** Everything at once. */
export const nodeIo = (options: NodeIoOptions = {}): NodeIo => ({
  clock: nodeClock(),
  random: nodeRandom,
  network: nodeNetwork(),
  files: nodeFiles(),
  workers: nodeWorkers(options.workers),
  log: nodeLog(options.log),
  http: nodeHttp(),
  processes: nodeProcesses(),
});
