/**
 * The fields of a wish: which flag says each, how people are asked for it, and what it may be.
 * @module
 */
import { isAbsolute } from 'node:path';
import type * as z from 'zod';
import { parseAddress } from '../../src/io/address.js';
import { normaliseAddress, normaliseUser } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import { registrationUrl } from '../../src/client/link/register.js';
import { ed25519Key } from '../config/key-text.js';
import { hostPort, ipPort, loopback } from '../config/keys.js';
import type { InitWish } from './wish.js';

/** A field that is text. */
export type TextField = {
  [K in keyof InitWish]-?: NonNullable<InitWish[K]> extends string ? K : never;
}[keyof InitWish];

export interface Field {
  readonly option: string;
  /** For people. */
  readonly question: string;
  /** What is wrong with a value; nothing when it will do. */
  readonly problemWith: (value: string) => string | undefined;
}

const bySchema =
  (schema: z.ZodType) =>
  (value: string): string | undefined =>
    schema.safeParse(value).error?.issues[0]?.message;

const unless =
  (isGood: (value: string) => boolean, problem: string) =>
  (value: string): string | undefined =>
    isGood(value) ? undefined : problem;

const isUser = (value: string): boolean =>
  normaliseUser(value) !== undefined && normaliseAddress(`${value}@provider.example`).isOk();

const isProxy = (value: string): boolean =>
  ipPort.safeParse(value).success || parseAddress(value)?.kind === 'unix';

const ABSOLUTE = 'must be an absolute path';

/** Those without which there is no account come first, in the order in which people are asked. */
export const FIELDS = {
  provider: {
    option: '--provider',
    question: 'Your provider’s name',
    problemWith: unless((value) => normaliseDomain(value) !== undefined, 'this is no name'),
  },
  user: {
    option: '--user',
    question: 'Your user name at the provider',
    problemWith: unless(isUser, 'this is no user name'),
  },
  authority: {
    option: '--authority',
    question: 'Address of the network’s authority (host:port)',
    problemWith: bySchema(hostPort),
  },
  authorityKey: {
    option: '--authority-key',
    question: 'Public key of the authority',
    problemWith: bySchema(ed25519Key),
  },
  providerKey: {
    option: '--provider-key',
    question: 'Public key of the provider',
    problemWith: bySchema(ed25519Key),
  },
  registration: {
    option: '--registration',
    question: 'Address of the registration',
    problemWith: unless((value) => URL.canParse(registrationUrl(value)), 'this is no address'),
  },
  testnet: {
    option: '--testnet',
    question: 'Directory of the test network',
    problemWith: unless(isAbsolute, ABSOLUTE),
  },
  smtp: {
    option: '--smtp',
    question: 'Where mail programs send',
    problemWith: bySchema(loopback),
  },
  pop3: {
    option: '--pop3',
    question: 'Where mail programs fetch',
    problemWith: bySchema(loopback),
  },
  maildir: {
    option: '--maildir',
    question: 'A Maildir for received mail (empty: none)',
    problemWith: unless((value) => value === '' || isAbsolute(value), ABSOLUTE),
  },
  socks5: {
    option: '--socks5',
    question: 'A SOCKS5 proxy for all connections',
    problemWith: unless(isProxy, 'must be IP:port, or unix: and the path of a socket'),
  },
  tor: {
    option: '--tor',
    question: 'Tor’s SOCKS address',
    problemWith: unless(isProxy, 'must be IP:port, or unix: and the path of a socket'),
  },
} as const satisfies Readonly<Partial<Record<TextField, Field>>>;

export type AskedField = keyof typeof FIELDS;

export const isAskedField = (name: string): name is AskedField => name in FIELDS;
