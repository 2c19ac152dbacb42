/**
 * The daemon's TOML file, as mailproxy's documents give it, with our own keys beside.
 *
 * Source: mailproxy.txt; the key names and defaults are theirs.
 * @module
 */
import * as z from 'zod';
import { ed25519Key, x25519Key } from '../config/key-text.js';
import {
  absolutePath,
  hostPort,
  loggingSchema,
  loopback,
  networkKeys,
  optionalPath,
  storageSchema,
  unsupported,
} from '../config/keys.js';
import { upstreamSchema } from './upstream.js';

/** Seconds; as in the reference 0 and less are the default. */
const lifetime = (usual: number) =>
  z
    .number()
    .transform((seconds) => (seconds > 0 ? seconds : usual))
    .default(usual);

/** Seconds; 0 and less: there is none, or it follows from the network's rates. */
const secondsOrNone = z
  .number()
  .transform((seconds) => Math.max(0, seconds))
  .default(0);

export const daemonSchema = z.strictObject({
  Proxy: z.strictObject(
    {
      POP3Address: loopback.default('127.0.0.1:2524'),
      SMTPAddress: loopback.default('127.0.0.1:2525'),
      DataDir: absolutePath,
      RecipientDir: optionalPath,
      NoLaunchListeners: z.boolean().default(false),
      AllowAnyPassword: z.boolean().default(false),
    },
    { error: (issue) => (issue.input === undefined ? 'there must be a [Proxy] table' : undefined) },
  ),
  Logging: loggingSchema.optional(),
  NonvotingAuthority: z
    .record(
      z.string(),
      z.strictObject({ Address: hostPort, PublicKey: ed25519Key, ...networkKeys }),
    )
    .default({}),
  Account: z
    .array(
      z.strictObject({
        User: z.string().min(1),
        Provider: z.string().min(1),
        ProviderKeyPin: ed25519Key.optional(),
        Authority: z.string().optional(),
        NonvotingAuthority: z.string().optional(),
        VotingAuthority: unsupported('voting authorities are not supported yet'),
        InsecureKeyDiscovery: z.boolean().default(false),
        Sanitise: z
          .enum(['headers', 'off'], { error: 'must be headers or off; full cannot be had yet' })
          .default('headers'),
        Maildir: optionalPath,
        DropFolder: optionalPath,
        Paused: z.boolean().default(false),
      }),
    )
    .default([]),
  Management: z.strictObject({ Enable: z.boolean().default(false), Path: optionalPath }).optional(),
  Storage: storageSchema.optional(),
  VotingAuthority: unsupported('voting authorities are not supported yet'),
  UpstreamProxy: upstreamSchema.optional(),
  Recipients: z.record(z.string(), x25519Key).default({}),
  Debug: z
    .strictObject({
      ReceiveTimeout: secondsOrNone,
      BounceQueueLifetime: lifetime(432_000),
      UrgentQueueLifetime: lifetime(3600),
      PollingInterval: secondsOrNone,
      RetransmitSlack: secondsOrNone,
      CaseSensitiveUserIdentifiers: z.boolean().default(false),
      SendDecoyTraffic: z.boolean().default(true),
      GenerateOnly: z.boolean().default(false),
    })
    .prefault({}),
});

export type DaemonFile = z.output<typeof daemonSchema>;
