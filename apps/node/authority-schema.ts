/**
 * The authority's TOML file, with the reference's key names and our own beside.
 *
 * Source: the configuration of the reference's authority.
 * @module
 */
import * as z from 'zod';
import { ed25519Key } from '../config/key-text.js';
import {
  absolutePath,
  generateOnly,
  inBackground,
  ipPort,
  loggingSchema,
  metricsAddress,
  networkKeys,
  placeKeys,
  positiveOr,
  socketPath,
  statisticsSchema,
  storageSchema,
  unsupported,
} from '../config/keys.js';

/** The reference's. */
const DEFAULT_RATE = 0.00025;
const MOST_DELAY_MS = 21_600_000;
/** Of the exponential distribution: where samples are cut off. */
export const LONGEST_QUANTILE = 0.99999;

const rate = (meaning: string) => positiveOr(DEFAULT_RATE, z.number().min(0)).describe(meaning);
const longest = (sampled: string) =>
  z
    .number()
    .int()
    .min(0)
    .max(MOST_DELAY_MS)
    .optional()
    .meta({
      usual: `the ${LONGEST_QUANTILE} quantile of \`${sampled}\``,
      description: 'its longest sample, ms; at most six hours',
    });

const authority = z.strictObject({
  Addresses: z
    .array(ipPort)
    .min(1, { error: 'must list at least one address' })
    .describe('where to listen'),
  DataDir: absolutePath.describe('private directory'),
  ...placeKeys,
  Daemon: inBackground,
  MetricsAddress: metricsAddress,
  ...networkKeys,
});

const management = z.strictObject({
  Enable: z
    .boolean()
    .default(false)
    .describe('lines as well (`PENDING`, `NODES`, `APPROVE`, `REJECT`, `SHUTDOWN`)'),
  Path: socketPath('where; it is always open, for `postern node authority`'),
});

export const parametersSchema = z.strictObject({
  SendRatePerMinute: positiveOr(100, z.number().int().min(0)).describe(
    'packets that a client may send; refused when clients of these rates need more',
  ),
  Mu: rate('delay at each hop'),
  MuMaxDelay: longest('Mu'),
  LambdaP: rate('a client’s sends'),
  LambdaPMaxDelay: longest('LambdaP'),
  LambdaL: rate('a client’s loop decoys'),
  LambdaLMaxDelay: longest('LambdaL'),
  LambdaD: rate('a client’s drop decoys'),
  LambdaDMaxDelay: longest('LambdaD'),
  LambdaM: rate('a mix’s loop decoys'),
  LambdaMMaxDelay: longest('LambdaM'),
});

const debug = z.strictObject({
  Layers: positiveOr(3, z.number().int().max(3)).describe('layers of mixes, at most 3'),
  MinNodesPerLayer: positiveOr(2, z.number().int()).describe('fewer mixes make no document'),
  GenerateOnly: generateOnly,
});

const listedKey = ed25519Key.describe('its Ed25519 identity key');

const mix = z.strictObject({
  IdentityKey: listedKey,
  Identifier: unsupported('a mix brings its own name; take this key out'),
});

const provider = z.strictObject({
  Identifier: z.string().min(1).describe('its name, the domain of its users'),
  IdentityKey: listedKey,
});

export const authoritySchema = z.strictObject({
  Authority: authority.describe('the authority itself, and what its network agrees on'),
  Logging: loggingSchema.optional().describe('as the daemon’s'),
  Storage: storageSchema.optional().describe('as the daemon’s'),
  Statistics: statisticsSchema.prefault({}).describe('what is counted, and told'),
  Management: management.optional().describe('the control socket'),
  Parameters: parametersSchema.prefault({}).describe('rates of the network'),
  Debug: debug.prefault({}).describe('the shape of the network'),
  Mixes: z.array(mix).default([]).describe('a mix that may be listed'),
  Providers: z.array(provider).default([]).describe('a provider that may be listed'),
});

export type AuthorityFile = z.output<typeof authoritySchema>;
