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
import {
  describeRetryPlanError,
  parseRetryPlan,
  printRetryPlan,
} from '../../servers/node/retry-plan.js';
import { SPOOL_QUOTA, SPOOL_QUOTA_BYTES } from '../../servers/provider/limits.js';
import { isEndpoint } from '../../servers/provider/plugins/options.js';
import {
  parseDataSource,
  type DataSourceProblem,
} from '../../servers/provider/postgres/data-source.js';
import { DEFAULT_REGISTRATION_LIMITS } from '../../servers/provider/registration-limits.js';
import { RESERVED_NAMES } from '../../servers/provider/registration.js';
import { MOST_PROOF_BITS } from '../../src/crypto/proof-of-work.js';
import {
  absolutePath,
  authorityKeys,
  generateOnly,
  inBackground,
  hostPort,
  ipPort,
  loggingSchema,
  metricsAddress,
  socketPath,
  statisticsSchema,
  storageSchema,
  unsupported,
} from '../config/keys.js';
import { mixingSchema } from './mixing.js';

const ms = z.number().min(0);
const fraction = z.number().min(0).max(1).default(0);

const OWN_STORE = 'users and mail are kept in DataDir/node.db; take this table out';
const DATA_SOURCE: Readonly<Record<DataSourceProblem['kind'], string>> = {
  unreadable: 'is neither a postgresql:// address nor key=value words',
  'unknown-key': 'may say host, port, dbname, user, password and sslmode, and nothing else',
  'bad-port': 'has a port that is none',
  'bad-sslmode': 'sslmode must be disable, prefer, require or verify-full',
};
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

const plugin = z.strictObject({
  Capability: z.string().min(1).describe('name in the descriptor, such as `echo`'),
  Endpoint: z
    .string()
    .refine(isEndpoint, { error: 'must be the local part of an address, in lower case' })
    .describe('recipient of its requests, such as `+echo`'),
  Command: z.string().min(1).describe('the program'),
  Config: z
    .record(z.string(), z.string({ error: 'must be a text: it becomes `-key value`' }))
    .default({})
    .describe('handed to the program as `-key value`'),
  MaxConcurrency: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('processes to start, each for one request at a time; 0: none'),
  Disable: z.boolean().default(false).describe('as if it were not there'),
});

const backend = (what: string) =>
  z
    .enum(['bolt', 'sql'], {
      error: `must be bolt (${what} in the node’s own store) or sql; extern is not supported`,
    })
    .default('bolt')
    .describe(`\`bolt\`: ${what} in the node’s own store; \`sql\`: in \`[Provider.SQLDB]\``);

const sqlDatabase = z.strictObject({
  Backend: z
    .literal('pgx', { error: 'must be pgx, which is PostgreSQL' })
    .describe('always `pgx`, which is PostgreSQL'),
  DataSourceName: z
    .string()
    .superRefine((text, context) => {
      const read = parseDataSource(text);
      // The text may hold a password, so that it is not repeated.
      if (read.isErr()) context.addIssue({ code: 'custom', message: DATA_SOURCE[read.error.kind] });
    })
    .describe(
      'where: `postgresql://user:password@host:5432/database`, or `host=/run/postgresql dbname=mail`',
    ),
});

const provider = z.strictObject({
  SpoolQuota: z
    .number()
    .int()
    .positive()
    .default(SPOOL_QUOTA)
    .describe('items that may wait for one user'),
  SpoolQuotaBytes: z
    .number()
    .int()
    .positive()
    .default(SPOOL_QUOTA_BYTES)
    .describe('bytes that may wait for one user; the smaller of the two limits counts'),
  SpoolMaxAge: z
    .number()
    .min(0)
    .default(0)
    .describe('days after which what nobody has fetched is removed; 0: never'),
  EnableUserRegistrationHTTP: z
    .boolean()
    .default(false)
    .describe('newcomers register themselves: `POST /registration`, over plain HTTP'),
  UserRegistrationHTTPAddresses: z
    .array(hostPort)
    .default([])
    .describe('where it listens, `host:port`; required when it is enabled'),
  AdvertiseUserRegistrationHTTPAddresses: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'what the descriptor tells clients: `https://provider.example`, or `host:port` of it',
    ),
  RegistrationsPerHour: z
    .number()
    .int()
    .min(0)
    .default(DEFAULT_REGISTRATION_LIMITS.perHour)
    .describe('newcomers in an hour, in all; 0: no limit'),
  RegistrationsPerHourAndAddress: z
    .number()
    .int()
    .min(0)
    .default(DEFAULT_REGISTRATION_LIMITS.perHourAndAddress)
    .describe('and from one IP address; 0: no limit, as behind a proxy, which is one address'),
  RegistrationProofOfWork: z
    .number()
    .int()
    .min(0)
    .max(MOST_PROOF_BITS)
    .default(0)
    .describe('zero bits of the work that newcomers do; 0: none. The reference does none'),
  ReservedNames: z
    .array(z.string())
    .default([...RESERVED_NAMES])
    .describe('names that nobody can register'),
  BinaryRecipients: unsupported('recipients are always names'),
  CaseSensitiveRecipients: unsupported('recipients are always folded to lower case'),
  RecipientDelimiter: unsupported('parts of recipients are not supported yet'),
  UserDB: z
    .strictObject({
      Backend: backend('users'),
      Bolt: unsupported(OWN_STORE),
      Extern: unsupported('users of another service are not supported; take this table out'),
    })
    .optional()
    .describe('where users are kept'),
  SpoolDB: z
    .strictObject({ Backend: backend('mail'), Bolt: unsupported(OWN_STORE) })
    .optional()
    .describe('where mail waits; the same as for users'),
  SQLDB: sqlDatabase
    .optional()
    .describe('PostgreSQL, which several processes of one provider share; required by `sql`'),
  Kaetzchen: unsupported('loop and keyserver are always offered; take this table out'),
  CBORPluginKaetzchen: z
    .array(plugin)
    .default([])
    .describe('programs that answer requests ([operating.md](operating.md#services))'),
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
  Provider: provider.optional().describe('what only a provider has'),
  Mixing: mixingSchema.optional().describe('when packets leave a mix; not for providers'),
  Debug: debug.prefault({}).describe('local limits, which cannot be seen on the wire'),
  Link: link.prefault({}).describe('what connections with others may cost'),
  Queue: queue.prefault({}).describe('what waits for nodes that cannot be reached'),
  Faults: faults.optional().describe('what a bad network does to packets; for test networks'),
});

export type ServerFile = z.output<typeof serverSchema>;
