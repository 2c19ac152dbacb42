/**
 * `[Debug]`, `[Link]` and `[Queue]` brought into a node's tuning.
 * @module
 */
import type { NodeTuning } from '../../servers/node/options.js';
import { parseRetryPlan } from '../../src/io/retry-plan.js';
import type { ServerFile } from './schema.js';

export const tuningOf = ({
  Debug: debug,
  Link: link,
  Queue: queue,
}: ServerFile): Partial<NodeTuning> => ({
  ...debugTuningOf(debug),
  ...linkTuningOf(link),
  ...queueTuningOf(queue),
});

const linkTuningOf = (link: ServerFile['Link']): Partial<NodeTuning> => ({
  maxConnections: link.MaxConnections,
  maxHandshakes: link.MaxHandshakes,
  maxHandshakesPerAddress: link.MaxHandshakesPerAddress,
  maxLinksPerNode: link.MaxLinksPerNode,
  bandwidth: link.MaxBandwidth === undefined ? undefined : bandwidthOf(link.MaxBandwidth, link),
});

const bandwidthOf = (
  bytesPerSecond: number,
  { MaxBandwidthSpike: spikeBytes = bytesPerSecond }: ServerFile['Link'],
): NodeTuning['bandwidth'] => ({ bytesPerSecond, spikeBytes });

/** The schema has read the plan already. */
const queueTuningOf = (queue: ServerFile['Queue']): Partial<NodeTuning> => ({
  retryPlan:
    queue.Retry === undefined ? undefined : parseRetryPlan(queue.Retry).unwrapOr(undefined),
  queueMaxBytes: queue.QueueMaxBytes,
});

const debugTuningOf = (debug: ServerFile['Debug']): Partial<NodeTuning> => ({
  holdQueue: debug.SchedulerQueueSize,
  sendBurst: debug.SchedulerMaxBurst,
  unwrapBudgetMs: debug.UnwrapDelay,
  deliveryBudgetMs: debug.ProviderDelay,
  serviceBudgetMs: debug.KaetzchenDelay,
  holdBudgetMs: debug.SchedulerSlack,
  sendBudgetMs: debug.SendSlack,
  decoySlackMs: debug.DecoySlack,
  connectTimeoutMs: debug.ConnectTimeout,
  handshakeTimeoutMs: debug.HandshakeTimeout,
  reauthenticateMs: debug.ReauthInterval,
  retryStepMs: debug.RetryStep,
  sendDecoyTraffic: debug.SendDecoyTraffic,
  tryNodes: debug.TryNodes,
});
