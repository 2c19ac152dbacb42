/**
 * What somebody wants of `postern init`: told by flags, kept for a second run, or asked for.
 * @module
 */
import { ok, type ResultAsync } from 'neverthrow';
import * as z from 'zod';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Files, FilesError } from '../../src/io/contracts.js';

const wishSchema = z
  .strictObject({
    user: z.string(),
    provider: z.string(),
    /** The provider's identity key, where no other is accepted. */
    providerKey: z.string(),
    /** `host:port`. */
    authority: z.string(),
    authorityKey: z.string(),
    /** Seconds. */
    epochPeriod: z.number(),
    linkProfile: z.enum(['01', '02']),
    userPayload: z.number(),
    /** Where to register: `host:port` or a URL; as the descriptor says where not told. */
    registration: z.string(),
    registrationWithoutHttps: z.boolean(),
    /** Directory of a test network whose authority and users are meant. */
    testnet: z.string(),
    /** Listeners. */
    smtp: z.string(),
    pop3: z.string(),
    maildir: z.string(),
    insecureKeyDiscovery: z.boolean(),
    /** Proxies, `IP:port` or `unix:/path`. */
    socks5: z.string(),
    tor: z.string(),
    /** Whether the provider is reached by its onion addresses only. */
    onion: z.boolean(),
  })
  .partial();

/** As people write it: nothing of it is checked. */
export type InitWish = Readonly<z.output<typeof wishSchema>>;

/** A flag that was not given says nothing. */
export const given = (wish: InitWish): InitWish =>
  Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));

/** Where everything goes, absolute. */
export interface InitPlaces {
  readonly configFile: string;
  readonly dataDir: string;
}

/** Beside the configuration, until that is written. */
const keptFile = ({ configFile }: InitPlaces): string => `${configFile}.unfinished`;

/** What an unfinished run was told; one that cannot be read was told nothing. */
export const loadWish = (files: Files, places: InitPlaces): ResultAsync<InitWish, never> =>
  files
    .read(keptFile(places))
    .map((bytes) => readWish(fromUtf8(bytes)))
    .orElse(() => ok({}));

export const keepWish = (
  files: Files,
  places: InitPlaces,
  wish: InitWish,
): ResultAsync<void, FilesError> =>
  files.write(keptFile(places), utf8(`${JSON.stringify(wish, undefined, 2)}\n`));

export const forgetWish = (files: Files, places: InitPlaces): ResultAsync<void, FilesError> =>
  files.remove(keptFile(places));

const readWish = (text: string): InitWish => {
  try {
    return wishSchema.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
};
