/**
 * Keys that several of our TOML files have, with their rules.
 * @module
 */
import { isIP } from 'node:net';
import { basename, dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { fitsSocket, parseAddress } from '../../src/io/address.js';
import { isLoopback as isLoopbackHost } from '../../src/io/ip.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { LINK_PROFILE_01, LINK_PROFILE_02 } from '../../src/wire/profile.js';
import { ed25519Key } from './key-text.js';

declare module 'zod' {
  /** What a key says of itself, for docs/configuration.md, is its `description` and this. */
  interface GlobalMeta {
    /** In Markdown: what holds where the key is absent, and no value can say. */
    usual?: string;
  }
}

export const absolutePath = z.string().refine(isAbsolute, { error: 'must be an absolute path' });

/** Where an empty one is as good as none. */
export const optionalPath = z
  .union([z.literal('').transform(() => undefined), absolutePath], {
    error: 'must be an absolute path',
  })
  .optional();

const splitPort = (address: string): readonly [string, number] => {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return [host, Number(address.slice(at + 1))];
};

/** Whether this is a literal IP address and a port. */
export const isIpPort = (address: string): boolean => {
  const [host, port] = splitPort(address);
  return isIP(host) !== 0 && Number.isInteger(port) && port >= 0 && port <= 65_535;
};

const IP_PORT = 'must be an IP address and a port, such as 127.0.0.1:2525';
export const LOOPBACK = 'must be a loopback address: mail and passwords pass here in clear';

/** A literal IP address and a port; port 0 picks a free one. */
export const ipPort = z.string().refine(isIpPort, { error: IP_PORT });

/** A host, also by its name or onion name, and a port. */
export const hostPort = z.string().refine(
  (address) => {
    const parsed = parseAddress(address);
    return parsed?.kind === 'tcp' && parsed.port > 0;
  },
  { error: 'must be a host and a port, such as 192.0.2.1:29483' },
);

/** Whether only this machine reaches an IP address and port. */
export const isLoopback = (address: string): boolean => isLoopbackHost(splitPort(address)[0]);

/** A Unix socket, which is as private as its directory; empty: no listener. */
export const isOffNetwork = (address: string): boolean =>
  address === '' || parseAddress(address)?.kind === 'unix';

/** A place where mail programs connect; whether it may be reached from elsewhere is another rule. */
export const mailListener = z
  .string()
  .refine((address) => isOffNetwork(address) || isIpPort(address), {
    error: `${IP_PORT}, or unix: and an absolute path of at most 103 bytes`,
    abort: true,
  });

/** Where mail and passwords pass in clear. */
export const loopback = mailListener.refine(
  (address) => isOffNetwork(address) || isLoopback(address),
  { error: LOOPBACK },
);

const levels = ['ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

export const loggingSchema = z.strictObject({
  Disable: z.boolean().default(false).describe('no log'),
  File: z
    .string()
    .default('')
    .meta({
      usual: 'standard output',
      description:
        'relative names are under the data directory; SIGHUP opens it anew; while it cannot be ' +
        'opened, lines go to standard error',
    }),
  Level: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(levels, { error: `must be one of ${levels.join(', ')}` }))
    .default('NOTICE')
    .describe(levels.map((level) => `\`${level}\``).join(', ')),
  UnsafeDebug: z
    .boolean()
    .default(false)
    .describe('allows `DEBUG`, which prints names and keys in clear'),
});

export const storageSchema = z
  .strictObject({
    KeyFile: optionalPath.meta({
      usual: '`<DataDir>.storage.key`, beside the data directory',
      description: '32 bytes that seal the stores; made when there are neither key nor stores',
    }),
    PassphraseFile: z
      .string()
      .refine((path) => path === '-' || isAbsolute(path), {
        error: 'must be an absolute path, or -',
      })
      .optional()
      .meta({
        usual: 'none, the key file counts',
        description:
          'its first line is a passphrase that the key follows from; mode 0600; `"-"`: it is ' +
          'asked for at the terminal, or is a line of standard input; not beside `KeyFile`',
      }),
  })
  .refine(({ KeyFile, PassphraseFile }) => KeyFile === undefined || PassphraseFile === undefined, {
    path: ['PassphraseFile'],
    error: 'there is a KeyFile as well: only one of them can be the key',
  });

/** Beside the data directory, so that a copy of the one does not hold the other. */
export const storageKeyFileOf = (
  storage: z.output<typeof storageSchema> | undefined,
  dataDir: string,
): string => storage?.KeyFile ?? join(dirname(dataDir), `${basename(dataDir)}.storage.key`);

const LONGEST_EPOCH_S = 604_800;
const WHOLE_SECONDS = `must be a whole number of seconds from 1 to ${LONGEST_EPOCH_S}`;
const USUAL_PAYLOAD = 50_642;

const userPayload = z.number().int().min(1024).max(1_000_000);

/** What every member of a network must agree on; the same keys in every file of ours. */
export const networkKeys = {
  EpochPeriod: z
    .number()
    .refine((seconds) => Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_EPOCH_S, {
      error: WHOLE_SECONDS,
    })
    .default(1200)
    .describe('length of an epoch, whole s'),
  LinkProfile: z
    .enum(['01', '02'])
    .default('01')
    .describe('`"01"`: core v0.0.12; `"02"`: v0.0.13 to v0.0.16'),
  UserPayload: userPayload.default(USUAL_PAYLOAD).describe('bytes of a packet’s user payload'),
};

/** Where and who the authority of a network is; nodes take IP addresses only. */
export const authorityKeys = (address: z.ZodString) => ({
  Address: address.describe('the authority’s `host:port`'),
  PublicKey: ed25519Key.describe('its Ed25519 identity key'),
  ...networkKeys,
});

const GO_TOGETHER =
  'must be given with LinkProfile = "02": networks of v0.0.14 and later have smaller packets';

/** A network's table in a daemon's file: the newer links do not say which packets they carry. */
export const networkTable = (address: z.ZodString) =>
  z
    .strictObject({
      ...authorityKeys(address),
      UserPayload: userPayload.optional().meta({
        usual: `\`${USUAL_PAYLOAD}\`; required with \`LinkProfile = "02"\``,
        description: 'bytes of a packet’s user payload',
      }),
    })
    .superRefine(({ LinkProfile, UserPayload }, context) => {
      if (LinkProfile === '01' || UserPayload !== undefined) return;
      context.addIssue({ code: 'custom', path: ['UserPayload'], message: GO_TOGETHER });
    })
    .transform((table) => ({ ...table, UserPayload: table.UserPayload ?? USUAL_PAYLOAD }));

export const generateOnly = z
  .boolean()
  .default(false)
  .describe('make missing keys, print the public ones, end; as `-g`');

const SHORTEST_PERIOD_S = 3600;

/** `[Statistics]` of a part. */
export const statisticsSchema = z.strictObject({
  Enable: z.boolean().default(true).describe('count packets and connections'),
  Interval: z
    .number()
    .int()
    .min(SHORTEST_PERIOD_S, {
      error: `must be at least ${SHORTEST_PERIOD_S}: less shows who was there`,
    })
    .default(86_400)
    .describe('length of a period, s'),
  File: optionalPath.meta({
    usual: '`stats` in `DataDir`',
    description: 'where a block is appended when a period is over',
  }),
});

export const metricsAddress = ipPort
  .refine(isLoopback, { error: 'must be a loopback address: anybody could count your traffic' })
  .optional()
  .meta({ usual: 'none', description: 'where `GET /metrics` gives OpenMetrics text, on loopback' });

/** Where a part keeps what it has, other than in `DataDir`. */
export const placeKeys = {
  KeyDir: optionalPath.meta({
    usual: '`DataDir`',
    description: 'private directory of the lasting keys',
  }),
  WorkDir: optionalPath.meta({
    usual: '`DataDir`',
    description: 'private directory of the store, and of what can be fetched again',
  }),
  PidFile: optionalPath.meta({
    usual: '`pid` in `DataDir`',
    description: 'where the number of the process is, while it runs',
  }),
};

/** Only nodes have packets that wait. */
export const queueDirKey = {
  QueueDir: optionalPath.meta({
    usual: 'the store',
    description: 'private directory of the packets that wait, in a store of their own',
  }),
};

export const inBackground = z
  .boolean()
  .default(false)
  .describe('`start` goes to the background, as with `--daemon`');

/** Of a socket's path that the system would cut off. */
export const SOCKET = 'must have at most 103 bytes, since it is the path of a socket';

/** The control socket's path. */
export const socketPath = (meaning: string) =>
  optionalPath
    .refine((path) => path === undefined || fitsSocket(path), { error: SOCKET })
    .meta({ usual: '`management_sock` in `DataDir`', description: meaning });

/** As in the reference 0 and less are the default. */
export const positiveOr = (usual: number, schema = z.number()) =>
  schema.transform((value) => (value > 0 ? value : usual)).default(usual);

/** What {@link networkKeys} say, without the authority. */
export const agreementOf = (keys: {
  readonly EpochPeriod: number;
  readonly LinkProfile: '01' | '02';
  readonly UserPayload: number;
}): Omit<NetworkConfig, 'authority'> => ({
  epochTime: { ...KATZENPOST_EPOCHS, periodMs: keys.EpochPeriod * 1000 },
  geometry: smallGeometry(keys.UserPayload),
  link: keys.LinkProfile === '01' ? LINK_PROFILE_01 : LINK_PROFILE_02,
});

/** A key of the reference that we know and do not have. */
export const unsupported = (why: string) => z.undefined({ error: why }).optional().describe(why);
