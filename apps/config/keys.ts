/**
 * Keys that several of our TOML files have, with their rules.
 * @module
 */
import { isIP } from 'node:net';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { parseKeyText } from '../../src/bytes/text.js';
import { KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import type { NetworkConfig } from '../../src/pki/network.js';
import { smallGeometry } from '../../src/sphinx/geometry.js';
import { LINK_PROFILE_01, LINK_PROFILE_02 } from '../../src/wire/profile.js';

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

const isIpPort = (address: string): boolean => {
  const [host, port] = splitPort(address);
  return isIP(host) !== 0 && Number.isInteger(port) && port >= 0 && port <= 65_535;
};

const IP_PORT = 'must be an IP address and a port, such as 127.0.0.1:2525';
const LOOPBACK = 'must be a loopback address: mail and passwords pass here in clear';

/** A literal IP address and a port; port 0 picks a free one. */
export const ipPort = z.string().refine(isIpPort, { error: IP_PORT });

const isLoopback = (address: string): boolean => {
  const [host] = splitPort(address);
  return host === '::1' || host.startsWith('127.');
};

/** Where mail and passwords pass in clear; empty: no listener. */
export const loopback = z
  .string()
  .refine((address) => address === '' || isIpPort(address), { error: IP_PORT, abort: true })
  .refine((address) => address === '' || isLoopback(address), { error: LOOPBACK });

const levels = ['ERROR', 'WARNING', 'NOTICE', 'INFO', 'DEBUG'] as const;

export const loggingSchema = z.strictObject({
  Disable: z.boolean().default(false),
  File: z.string().optional(),
  Level: z
    .string()
    .transform((text) => text.toUpperCase())
    .pipe(z.enum(levels, { error: `must be one of ${levels.join(', ')}` }))
    .default('NOTICE'),
  UnsafeDebug: z.boolean().default(false),
});

export const storageSchema = z.strictObject({ KeyFile: absolutePath.optional() });

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
