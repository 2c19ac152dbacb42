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
  generateOnly,
  hostPort,
  loggingSchema,
  loopback,
  mailListener,
  networkTable,
  optionalPath,
  positiveOr,
  socketPath,
  storageSchema,
  unsupported,
} from '../config/keys.js';
import { folderKeys } from './folder-schema.js';
import { notifySchema } from '../notify/rules.js';
import { upstreamSchema } from './upstream.js';

/** Seconds; 0 and less: there is none, or it follows from the network's rates. */
const secondsOrNone = (usual: number) =>
  z
    .number()
    .transform((seconds) => Math.max(0, seconds))
    .default(usual);

const NO_VOTING = 'voting authorities are not supported yet';

const proxy = z.strictObject(
  {
    DataDir: absolutePath.describe(
      'private directory of keys and stores; made with mode 0700, refused when open to others',
    ),
    SMTPAddress: mailListener
      .default('127.0.0.1:2525')
      .describe('where mail programs send; loopback, or `unix:/path`; empty: no listener'),
    POP3Address: mailListener
      .default('127.0.0.1:2524')
      .describe('where mail programs fetch; loopback, or `unix:/path`; empty: no listener'),
    LMTPAddress: loopback
      .default('')
      .describe(
        'where mail servers of this machine hand over, with an answer for each recipient; ' +
          'loopback, or `unix:/path`; empty: no listener',
      ),
    NoLaunchListeners: z.boolean().default(false).describe('none of the three'),
    AllowRemote: z
      .boolean()
      .default(false)
      .describe(
        '`SMTPAddress` and `POP3Address` may be other than loopback; TLS and a password are ' +
          'required there',
      ),
    TLSCertFile: optionalPath.meta({
      usual: 'none; needed with `AllowRemote`',
      description: 'the certificate and its chain, PEM, for listeners that are not on loopback',
    }),
    TLSKeyFile: optionalPath.meta({
      usual: 'none; needed with `AllowRemote`',
      description: 'its private key, PEM',
    }),
    AllowAnyPassword: z
      .boolean()
      .default(false)
      .describe('mail programs need no password, as in the reference'),
    ForeignFrom: z
      .enum(['refuse', 'rewrite'])
      .default('refuse')
      .describe(
        'of mail programs: a mail whose From or Sender is not its account is refused, or leaves ' +
          'with the account as From and without Sender',
      ),
    RecipientDir: optionalPath.meta({
      usual: '`recipients` in `DataDir`',
      description: 'a PEM file for each known recipient',
    }),
  },
  { error: (issue) => (issue.input === undefined ? 'there must be a [Proxy] table' : undefined) },
);

const NETWORK = { usual: 'one of the two is required', description: 'label of the network' };

const account = z.strictObject({
  User: z.string().min(1).describe('the side of the address before the `@`'),
  Provider: z.string().min(1).describe('the side behind it'),
  ProviderKeyPin: ed25519Key
    .optional()
    .describe('the provider’s Ed25519 identity key; no other is talked to'),
  Authority: z.string().optional().meta(NETWORK),
  NonvotingAuthority: z.string().optional().meta(NETWORK),
  VotingAuthority: unsupported(NO_VOTING),
  InsecureKeyDiscovery: z
    .boolean()
    .default(false)
    .describe('mail to somebody unknown is accepted, and the provider asked for the key'),
  Sanitise: z
    .enum(['headers', 'full', 'off'], { error: 'must be headers, full or off' })
    .default('headers')
    .describe(
      '`"headers"`: header lines leave in one form; `"full"`: the whole mail, but for what is signed or encrypted; `"off"`: as it is',
    ),
  Unsanitisable: z
    .enum(['refuse', 'send'], { error: 'must be refuse or send' })
    .default('refuse')
    .describe('what `"full"` does with a mail that it would break; `"send"`: as with `"headers"`'),
  DisplayName: z
    .enum(['keep', 'none'], { error: 'must be keep or none' })
    .default('keep')
    .describe('the name beside the address in From'),
  Delay: z
    .enum(['usual', 'batch'], { error: 'must be usual or batch' })
    .default('usual')
    .describe(
      '`"batch"`: mail waits, and leaves with the others of its day; `postern account delay` changes it',
    ),
  ...folderKeys,
  Paused: z
    .boolean()
    .default(false)
    .describe('begins without a connection, until `postern account resume`'),
});

const management = z.strictObject({
  Enable: z
    .boolean()
    .default(false)
    .describe('the verbs of mailproxy’s documents on it, such as `SET_RECIPIENT`'),
  Path: socketPath('the control socket, mode 0600; it is always there'),
});

const debug = z.strictObject({
  ReceiveTimeout: secondsOrNone(1_209_600).describe(
    'a partial mail without news for so long, two weeks at most, is given up with a report, s; ' +
      '0: after two weeks, without one',
  ),
  BounceQueueLifetime: positiveOr(432_000).describe(
    'an unacknowledged mail bounces after so long, s',
  ),
  UrgentQueueLifetime: positiveOr(3600).describe(
    'an unanswered request to a service is given up after so long, and mail that waits for a ' +
      'key, s',
  ),
  PollingInterval: secondsOrNone(0).meta({
    usual: '1 / (2 (λP + λL)) of the document',
    description: 'mean time between retrievals, s',
  }),
  RetransmitSlack: secondsOrNone(0).meta({
    usual: 'scaled by what is outstanding',
    description: 'added to the computed delays before a packet counts as lost, s',
  }),
  CaseSensitiveUserIdentifiers: z.boolean().default(false).describe('user names keep their case'),
  SendDecoyTraffic: z
    .boolean()
    .default(true)
    .describe('cover traffic; without it there is no anonymity to speak of'),
  PathsByHand: z
    .boolean()
    .default(false)
    .describe('`postern send --path` is taken: for test networks, chosen mixes hide less'),
  GenerateOnly: generateOnly,
});

export const daemonSchema = z.strictObject({
  Proxy: proxy.describe('where mail programs connect, and where everything is kept'),
  Logging: loggingSchema.optional().describe('what is written down, and where'),
  NonvotingAuthority: z
    .record(z.string(), networkTable(hostPort))
    .default({})
    .describe('the networks'),
  Account: z.array(account).default([]).describe('who you are, and on which network'),
  Management: management.optional().describe('the control socket'),
  Storage: storageSchema.optional().describe('what seals the stores'),
  VotingAuthority: unsupported(NO_VOTING),
  UpstreamProxy: upstreamSchema.optional().describe('through what all connections leave'),
  Recipients: z
    .record(z.string(), x25519Key)
    .default({})
    .describe('identity keys of others, by their addresses'),
  Notify: z.array(notifySchema).default([]).describe('who is told of new mail'),
  Debug: debug.prefault({}).describe('times and switches'),
});

export type DaemonFile = z.output<typeof daemonSchema>;
