/**
 * `[Provider]` of a server's TOML file.
 *
 * Source: the configuration of the reference's server.
 * @module
 */
import * as z from 'zod';
import { SPOOL_QUOTA, SPOOL_QUOTA_BYTES } from '../../servers/provider/limits.js';
import { isEndpoint } from '../../servers/provider/plugins/options.js';
import {
  parseDataSource,
  type DataSourceProblem,
} from '../../servers/provider/postgres/data-source.js';
import { DEFAULT_REGISTRATION_LIMITS } from '../../servers/provider/registration-limits.js';
import { RESERVED_NAMES } from '../../servers/provider/registration.js';
import { MOST_PROOF_BITS } from '../../src/crypto/proof-of-work.js';
import { hostPort, unsupported } from '../config/keys.js';

const OWN_STORE = 'users and mail are kept in DataDir/node.db; take this table out';
const DATA_SOURCE: Readonly<Record<DataSourceProblem['kind'], string>> = {
  unreadable: 'is neither a postgresql:// address nor key=value words',
  'unknown-key': 'may say host, port, dbname, user, password and sslmode, and nothing else',
  'bad-port': 'has a port that is none',
  'bad-sslmode': 'sslmode must be disable, prefer, require or verify-full',
};

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

export const providerSchema = z.strictObject({
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

export type ProviderFile = z.output<typeof providerSchema>;
