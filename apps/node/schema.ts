/**
 * The TOML files of authority, mix and provider, with the reference's key names and our own beside.
 *
 * Keys of the reference that we know and do not have are refused with the reason, so that nobody
 * believes in a setting that does nothing.
 *
 * Source: the configurations of the reference's authority and server.
 * @module
 */
import * as z from 'zod';
import { ed25519Key } from '../config/key-text.js';
import {
  absolutePath,
  hostPort,
  ipPort,
  loggingSchema,
  networkKeys,
  optionalPath,
  storageSchema,
  unsupported,
} from '../config/keys.js';

const MOST_DELAY_MS = 21_600_000;

const rate = z.number().min(0);
const longest = z.number().int().min(0).max(MOST_DELAY_MS);
const ms = z.number().min(0);
const fraction = z.number().min(0).max(1);

const OWN_STORE = 'users and mail are kept in a store of our own; take this key out';
const IN_PLACE = 'packets for users and services are not handed to workers; take this key out';

const parameters = z.strictObject({
  SendRatePerMinute: z.number().int().min(0).optional(),
  Mu: rate.optional(),
  MuMaxDelay: longest.optional(),
  LambdaP: rate.optional(),
  LambdaPMaxDelay: longest.optional(),
  LambdaL: rate.optional(),
  LambdaLMaxDelay: longest.optional(),
  LambdaD: rate.optional(),
  LambdaDMaxDelay: longest.optional(),
  LambdaM: rate.optional(),
  LambdaMMaxDelay: longest.optional(),
});

export const authoritySchema = z.strictObject({
  Authority: z.strictObject({
    Addresses: z.array(ipPort).min(1, { error: 'must list at least one address' }),
    DataDir: absolutePath,
    ...networkKeys,
  }),
  Logging: loggingSchema.optional(),
  Storage: storageSchema.optional(),
  Parameters: parameters.prefault({}),
  Debug: z
    .strictObject({
      Layers: z.number().int().max(3).default(3),
      MinNodesPerLayer: z.number().int().default(2),
      GenerateOnly: z.boolean().default(false),
    })
    .prefault({}),
  Mixes: z
    .array(
      z.strictObject({
        IdentityKey: ed25519Key,
        Identifier: unsupported('a mix brings its own name; take this key out'),
      }),
    )
    .default([]),
  Providers: z
    .array(z.strictObject({ Identifier: z.string().min(1), IdentityKey: ed25519Key }))
    .default([]),
});

const pki = z.strictObject({
  Nonvoting: z.strictObject({ Address: ipPort, PublicKey: ed25519Key, ...networkKeys }),
  Voting: unsupported('voting authorities are not supported yet'),
});

const provider = z.strictObject({
  SpoolQuota: z.number().int().positive().optional(),
  EnableUserRegistrationHTTP: z.boolean().default(false),
  UserRegistrationHTTPAddresses: z.array(hostPort).default([]),
  AdvertiseUserRegistrationHTTPAddresses: z.array(z.string().min(1)).optional(),
  BinaryRecipients: unsupported('recipients are always names'),
  CaseSensitiveRecipients: unsupported('recipients are always folded to lower case'),
  RecipientDelimiter: unsupported('parts of recipients are not supported yet'),
  UserDB: unsupported(OWN_STORE),
  SpoolDB: unsupported(OWN_STORE),
  SQLDB: unsupported(OWN_STORE),
  Kaetzchen: unsupported('loop and keyserver are always offered; take this table out'),
  CBORPluginKaetzchen: unsupported('plug-ins are not supported yet'),
});

/** Local limits, ms where nothing else is said. */
const debug = z.strictObject({
  NumSphinxWorkers: z.number().int().optional(),
  NumProviderWorkers: unsupported(IN_PLACE),
  NumKaetzchenWorkers: unsupported(IN_PLACE),
  SchedulerExternalMemoryQueue: unsupported('packets are held in memory only'),
  SchedulerQueueSize: z.number().int().min(0).optional(),
  SchedulerMaxBurst: z.number().int().positive().optional(),
  UnwrapDelay: ms.optional(),
  ProviderDelay: ms.optional(),
  KaetzchenDelay: ms.optional(),
  SchedulerSlack: ms.optional(),
  SendSlack: ms.optional(),
  DecoySlack: ms.optional(),
  ConnectTimeout: ms.optional(),
  HandshakeTimeout: ms.optional(),
  ReauthInterval: ms.optional(),
  /** Step of the back-off between connection attempts; ours. */
  RetryStep: ms.optional(),
  SendDecoyTraffic: z.boolean().optional(),
  DisableRateLimit: unsupported('the limit is the authority’s SendRatePerMinute; 0 there ends it'),
  GenerateOnly: z.boolean().default(false),
});

export const serverSchema = z.strictObject({
  Server: z.strictObject({
    Identifier: z.string().min(1),
    Addresses: z.array(ipPort).min(1, { error: 'must list at least one address' }),
    AltAddresses: z.record(z.string(), z.array(z.string())).default({}),
    OnlyAdvertiseAltAddresses: z.boolean().default(false),
    DataDir: absolutePath,
    IsProvider: z.boolean().default(false),
  }),
  PKI: pki,
  Logging: loggingSchema.optional(),
  Storage: storageSchema.optional(),
  Management: z.strictObject({ Enable: z.boolean().default(false), Path: optionalPath }).optional(),
  Provider: provider.optional(),
  Debug: debug.prefault({}),
  /** What a bad network does to packets that leave here; for test networks. */
  Faults: z
    .strictObject({
      Loss: fraction.default(0),
      Duplicate: fraction.default(0),
      /** Ms. */
      Reorder: ms.default(0),
    })
    .optional(),
});

export type AuthorityFile = z.output<typeof authoritySchema>;
export type ServerFile = z.output<typeof serverSchema>;
