/**
 * The daemon's TOML file, as mailproxy's documents give it, with our own keys beside.
 *
 * Source: mailproxy.txt; the key names and defaults are theirs.
 * @module
 */
import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { parseKeyText } from '../../src/bytes/text.js';

/** A key as people write it. */
export const key32 = z.string().transform((text, context) => {
  const key = parseKeyText(text);
  if (key) return key;
  context.addIssue({ code: 'custom', message: 'must be 32 bytes in hex or base64' });
  return z.NEVER;
});

export const absolutePath = z.string().refine(isAbsolute, { error: 'must be an absolute path' });

const splitPort = (address: string): readonly [string, number] => {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return [host, Number(address.slice(at + 1))];
};

/** A literal IP address and a port; port 0 picks a free one. */
export const ipPort = z.string().refine(
  (address) => {
    const [host, port] = splitPort(address);
    return isIP(host) !== 0 && Number.isInteger(port) && port >= 0 && port <= 65_535;
  },
  { error: 'must be an IP address and a port, such as 127.0.0.1:2525' },
);

const isLoopback = (address: string): boolean => {
  const [host] = splitPort(address);
  return host === '::1' || host.startsWith('127.');
};

const loopback = ipPort.refine(isLoopback, {
  error: 'must be a loopback address: mail and passwords pass here in clear',
});

const levels = ['ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

export const loggingSchema = z.strictObject({
  Disable: z.boolean().default(false),
  File: z.string().optional(),
  Level: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(levels, { error: `must be one of ${levels.join(', ')}` }))
    .default('NOTICE'),
});

/** What every member of a network must agree on; the same keys in every file of ours. */
export const networkKeys = {
  /** Seconds. */
  EpochPeriod: z.number().int().positive().default(1200),
  /** `01` for core v0.0.12, `02` for v0.0.13 and later. */
  LinkProfile: z.enum(['01', '02']).default('01'),
  /** Bytes of one packet's user payload. */
  UserPayload: z.number().int().min(1024).max(1_000_000).default(50_642),
};

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
        InsecureKeyDiscovery: z.boolean().default(false),
        Sanitise: z.enum(['headers', 'full', 'off']).default('headers'),
        Maildir: absolutePath.optional(),
        DropFolder: absolutePath.optional(),
      }),
    )
    .default([]),
  Management: z
    .strictObject({ Enable: z.boolean().default(false), Path: absolutePath.optional() })
    .optional(),
  Storage: z.strictObject({ KeyFile: absolutePath.optional() }).optional(),
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
    .optional(),
});

export type DaemonFile = z.output<typeof daemonSchema>;
