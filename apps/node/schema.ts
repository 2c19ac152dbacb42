/**
 * The TOML file of a mix or provider, with the reference's key names and our own beside.
 *
 * Keys of the reference that we know and do not have are refused with the reason, so that nobody
 * believes in a setting that does nothing.
 *
 * Source: the configuration of the reference's server.
 * @module
 */
import * as z from 'zod';
import { DEFAULT_TUNING } from '../../servers/node/options.js';
import { describeRetryPlanError, parseRetryPlan, printRetryPlan } from '../../src/io/retry-plan.js';
import {
  absolutePath,
  authorityKeys,
  generateOnly,
  inBackground,
  ipPort,
  loggingSchema,
  metricsAddress,
  placeKeys,
  queueDirKey,
  socketPath,
  statisticsSchema,
  storageSchema,
  unsupported,
} from '../config/keys.js';
import { mixingSchema } from './mixing.js';
import { providerSchema } from './provider-schema.js';

const ms = z.number().min(0);
const fraction = z.number().min(0).max(1).default(0);

const IN_PLACE = 'packets for users and services are not handed to workers; take this key out';

const server = z.strictObject({
  Identifier: z
    .string()
    .min(1)
    .describe('the node’s name in documents; for a provider the domain of its users'),
  Addresses: z
    .array(ipPort)
    .min(1, { error: 'must list at least one address' })
    .describe('where to listen'),
  AltAddresses: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe(
      'more addresses for the descriptor, by transport, such as `tcp4 = ["203.0.113.1:443"]`',
    ),
  OnlyAdvertiseAltAddresses: z
    .boolean()
    .default(false)
    .describe('only those; needs `tcp4` among them'),
  DataDir: absolutePath.describe('private directory'),
  ...placeKeys,
  ...queueDirKey,
  IsProvider: z.boolean().default(false).describe('a provider, not a mix'),
  Daemon: inBackground,
  MetricsAddress: metricsAddress,
});

const pki = z.strictObject({
  Nonvoting: z.strictObject(authorityKeys(ipPort)).describe('the network'),
  Voting: unsupported('voting authorities are not supported yet'),
});

const management = z.strictObject({
  Enable: z.boolean().default(false).describe('the documents’ verbs on the control socket'),
  Path: socketPath('the control socket, which is always open'),
});

/** Local limits, ms where nothing else is said. */
const debug = z.strictObject({
  NumSphinxWorkers: z
    .number()
    .int()
    .optional()
    .meta({ usual: 'one per core', description: 'threads that unwrap packets' }),
  NumProviderWorkers: unsupported(IN_PLACE),
  NumKaetzchenWorkers: unsupported(IN_PLACE),
  SchedulerExternalMemoryQueue: unsupported('packets are held in memory only'),
  SchedulerQueueSize: z
    .number()
    .int()
    .min(0)
    .default(DEFAULT_TUNING.holdQueue)
    .describe('packets held; 0: no limit'),
  SchedulerMaxBurst: z
    .number()
    .int()
    .positive()
    .default(DEFAULT_TUNING.sendBurst)
    .describe('packets that leave for one peer at once'),
  UnwrapDelay: ms
    .default(DEFAULT_TUNING.unwrapBudgetMs)
    .describe('longest wait before unwrapping, ms'),
  ProviderDelay: ms
    .default(DEFAULT_TUNING.deliveryBudgetMs)
    .describe('longest wait for delivery to a user, ms'),
  KaetzchenDelay: ms
    .default(DEFAULT_TUNING.serviceBudgetMs)
    .describe('longest wait for a service, ms'),
  SchedulerSlack: ms
    .default(DEFAULT_TUNING.holdBudgetMs)
    .describe('how late a held packet may leave, ms'),
  SendSlack: ms.default(DEFAULT_TUNING.sendBudgetMs).describe('longest wait for a link, ms'),
  DecoySlack: ms
    .default(DEFAULT_TUNING.decoySlackMs)
    .describe('how late a loop decoy may come back before it counts as lost, ms'),
  ConnectTimeout: ms.default(DEFAULT_TUNING.connectTimeoutMs).describe('dialling a peer, ms'),
  HandshakeTimeout: ms.default(DEFAULT_TUNING.handshakeTimeoutMs).describe('a handshake, ms'),
  ReauthInterval: ms
    .default(DEFAULT_TUNING.reauthenticateMs)
    .describe('how often both sides of a link are checked against the documents, ms'),
  RetryStep: ms
    .default(DEFAULT_TUNING.retryStepMs)
    .describe('step of the back-off between attempts to connect, ms; not in the reference'),
  SendDecoyTraffic: z
    .boolean()
    .default(DEFAULT_TUNING.sendDecoyTraffic)
    .describe('a mix’s loop decoys'),
  TryNodes: z
    .array(absolutePath)
    .default([...DEFAULT_TUNING.tryNodes])
    .describe(
      'descriptors of mixes that no document lists yet, and that are neighbours all the same; for trials',
    ),
  DisableRateLimit: unsupported('the limit is the authority’s SendRatePerMinute'),
  GenerateOnly: generateOnly,
});

/** Bytes in a second that leave time for the longest frame. */
const LEAST_BANDWIDTH = 20_000;

const link = z.strictObject({
  MaxBandwidth: z
    .number()
    .int()
    .min(LEAST_BANDWIDTH, {
      error: `must be at least ${LEAST_BANDWIDTH} bytes per second, or frames take too long`,
    })
    .optional()
    .meta({
      usual: 'no limit',
      description: 'bytes per second, sent and read together, of all connections',
    }),
  MaxBandwidthSpike: z.number().int().positive().optional().meta({
    usual: 'a second of `MaxBandwidth`',
    description: 'bytes that may pass at once after a silence; needs `MaxBandwidth`',
  }),
  MaxConnections: z
    .number()
    .int()
    .positive()
    .default(DEFAULT_TUNING.maxConnections)
    .describe('open connections from others; more are refused'),
  MaxHandshakes: z
    .number()
    .int()
    .positive()
    .default(DEFAULT_TUNING.maxHandshakes)
    .describe('of these, handshakes that are not finished; the oldest makes room'),
  MaxHandshakesPerAddress: z
    .number()
    .int()
    .positive()
    .default(DEFAULT_TUNING.maxHandshakesPerAddress)
    .describe('the same for one IPv4 address, or one /64 of IPv6'),
  MaxLinksPerNode: z
    .number()
    .int()
    .positive()
    .default(DEFAULT_TUNING.maxLinksPerNode)
    .describe('connections from one node, which a provider of several processes has; reference: 1'),
});

/** In its canonical words. */
const retry = z.string().transform((text, context) => {
  const plan = parseRetryPlan(text);
  if (plan.isOk()) return printRetryPlan(plan.value);
  context.addIssue({ code: 'custom', message: describeRetryPlanError(plan.error) });
  return z.NEVER;
});

const queue = z.strictObject({
  Retry: retry.optional().meta({
    usual: 'after 15 s, then 15 s later each time, up to 2 minutes (`Debug.RetryStep`)',
    description:
      'when a node that cannot be reached is tried again, such as `every 30 seconds for 10 minutes, every 5 minutes for 1 day`; the last step goes on',
  }),
  QueueMaxBytes: z
    .number()
    .int()
    .min(0)
    .default(DEFAULT_TUNING.queueMaxBytes)
    .describe('bytes of packets on disk that wait for nodes, or for the next start'),
});

const faults = z.strictObject({
  Loss: fraction.describe('part that is lost, 0 to 1'),
  Duplicate: fraction.describe('part that leaves twice, 0 to 1'),
  Reorder: ms.default(0).describe('packets are kept back for a random time up to this, ms'),
});

export const serverSchema = z.strictObject({
  Server: server.describe('the node itself'),
  PKI: pki,
  Logging: loggingSchema.optional().describe('as the daemon’s'),
  Storage: storageSchema.optional().describe('as the daemon’s'),
  Statistics: statisticsSchema.prefault({}).describe('what is counted, and told'),
  Management: management.optional().describe('the control socket'),
  Provider: providerSchema.optional().describe('what only a provider has'),
  Mixing: mixingSchema.optional().describe('when packets leave a mix; not for providers'),
  Debug: debug.prefault({}).describe('local limits, which cannot be seen on the wire'),
  Link: link.prefault({}).describe('what connections with others may cost'),
  Queue: queue.prefault({}).describe('what waits for nodes that cannot be reached'),
  Faults: faults.optional().describe('what a bad network does to packets; for test networks'),
});

export type ServerFile = z.output<typeof serverSchema>;
