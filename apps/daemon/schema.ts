/**
 * The daemon's TOML file, as mailproxy's documents give it, with our own keys beside.
 *
 * Source: mailproxy.txt; the key names and defaults are theirs.
 * @module
 */
import { z } from 'zod';
import {
  absolutePath,
  key32,
  loggingSchema,
  loopback,
  networkKeys,
  storageSchema,
  unsupported,
} from '../config/keys.js';

const seconds = z.number().min(0);

export const daemonSchema = z.strictObject({
  Proxy: z.strictObject(
    {
      POP3Address: loopback.default('127.0.0.1:2524'),
      SMTPAddress: loopback.default('127.0.0.1:2525'),
      DataDir: absolutePath,
      RecipientDir: absolutePath.optional(),
      NoLaunchListeners: z.boolean().default(false),
      AllowAnyPassword: z.boolean().default(false),
    },
    { error: (issue) => (issue.input === undefined ? 'there must be a [Proxy] table' : undefined) },
  ),
  Logging: loggingSchema.optional(),
  NonvotingAuthority: z
    .record(z.string(), z.strictObject({ Address: z.string(), PublicKey: key32, ...networkKeys }))
    .default({}),
  Account: z
    .array(
      z.strictObject({
        User: z.string().min(1),
        Provider: z.string().min(1),
        ProviderKeyPin: key32.optional(),
        Authority: z.string().optional(),
        NonvotingAuthority: z.string().optional(),
        VotingAuthority: unsupported('voting authorities are not supported yet'),
        InsecureKeyDiscovery: z
          .literal(false, { error: 'cannot be had yet: set the keys of recipients yourself' })
          .default(false),
        Sanitise: z
          .enum(['headers', 'off'], { error: 'must be headers or off; full cannot be had yet' })
          .default('headers'),
        Maildir: absolutePath.optional(),
        DropFolder: absolutePath.optional(),
      }),
    )
    .default([]),
  Management: z
    .strictObject({ Enable: z.boolean().default(false), Path: absolutePath.optional() })
    .optional(),
  Storage: storageSchema.optional(),
  VotingAuthority: unsupported('voting authorities are not supported yet'),
  UpstreamProxy: unsupported('upstream proxies are not supported yet'),
  Recipients: z.record(z.string(), key32).default({}),
  Debug: z
    .strictObject({
      ReceiveTimeout: seconds.default(0),
      BounceQueueLifetime: seconds.default(432_000),
      UrgentQueueLifetime: seconds.default(3600),
      PollingInterval: seconds.optional(),
      RetransmitSlack: seconds.optional(),
      CaseSensitiveUserIdentifiers: z.boolean().default(false),
      SendDecoyTraffic: z.boolean().default(true),
      GenerateOnly: z.boolean().default(false),
    })
    .prefault({}),
});

export type DaemonFile = z.output<typeof daemonSchema>;
