/**
 * Keys that several of our TOML files have, with their rules.
 * @module
 */
import { isIP } from 'node:net';
import { basename, dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { parseAddress } from '../../src/io/address.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { LINK_PROFILE_01, LINK_PROFILE_02 } from '../../src/wire/profile.js';

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
const LOOPBACK = 'must be a loopback address: mail and passwords pass here in clear';

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

const isLoopback = (address: string): boolean => {
  const [host] = splitPort(address);
  return host === '::1' || host.startsWith('127.');
};

/** A Unix socket, which is as private as its directory; empty: no listener. */
const isOffNetwork = (address: string): boolean =>
  address === '' || parseAddress(address)?.kind === 'unix';

/** Where mail and passwords pass in clear. */
export const loopback = z
  .string()
  .refine((address) => isOffNetwork(address) || isIpPort(address), {
    error: `${IP_PORT}, or unix: and an absolute path`,
    abort: true,
  })
  .refine((address) => isOffNetwork(address) || isLoopback(address), { error: LOOPBACK });

const levels = ['ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

export const loggingSchema = z.strictObject({
  Disable: z.boolean().default(false),
  /** Empty: standard output. */
  File: z.string().default(''),
  Level: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(levels, { error: `must be one of ${levels.join(', ')}` }))
    .default('NOTICE'),
  UnsafeDebug: z.boolean().default(false),
});

export const storageSchema = z.strictObject({ KeyFile: optionalPath });

/** Beside the data directory, so that a copy of the one does not hold the other. */
export const storageKeyFileOf = (
  storage: z.output<typeof storageSchema> | undefined,
  dataDir: string,
): string => storage?.KeyFile ?? join(dirname(dataDir), `${basename(dataDir)}.storage.key`);

/** What every member of a network must agree on; the same keys in every file of ours. */
export const networkKeys = {
  /** Seconds. */
  EpochPeriod: z.number().positive().default(1200),
  /** `01` for core v0.0.12, `02` for v0.0.13 and later. */
  LinkProfile: z.enum(['01', '02']).default('01'),
  /** Bytes of one packet's user payload. */
  UserPayload: z.number().int().min(1024).max(1_000_000).default(50_642),
};

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
export const unsupported = (why: string) => z.undefined({ error: why }).optional();
