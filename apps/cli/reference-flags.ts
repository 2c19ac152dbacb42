/**
 * The flags of the reference's client daemon, which our `daemon` takes as they are written there:
 * long names behind one dash, values behind a space or `=`.
 *
 * Source: mailproxy's flags; their defaults were a network's that is no more.
 * @module
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { InitPlaces, InitWish } from '../init/wish.js';

interface ReferenceFlag {
  readonly name: string;
  /** A placeholder for its value; none when it is a switch. */
  readonly value?: string;
  readonly what: string;
}

/** What belongs to `-r`. */
const REGISTER_FLAGS: readonly ReferenceFlag[] = [
  { name: 'account', value: '<name>', what: 'user name to register' },
  { name: 'provider', value: '<name>', what: 'the provider' },
  { name: 'providerKey', value: '<key>', what: 'its identity key' },
  { name: 'authority', value: '<address>', what: 'the authority' },
  { name: 'onionAuthority', value: '<address>', what: 'the authority’s onion address' },
  { name: 'authorityKey', value: '<key>', what: 'its public key' },
  { name: 'registrationAddr', value: '<address>', what: 'where to register' },
  { name: 'onionRegistrationAddr', value: '<address>', what: 'its onion address' },
  { name: 'registrationWithoutHttps', what: 'register over plain HTTP' },
  { name: 'onion', what: 'register over Tor, and use onion addresses only' },
  { name: 'torSocksNet', value: '<network>', what: 'tcp or unix' },
  { name: 'torSocksAddr', value: '<address>', what: 'Tor’s SOCKS address' },
  { name: 'dataDir', value: '<dir>', what: 'where all of it goes' },
];

/** As commander gives them. */
export interface RegisterFlags {
  readonly account?: string;
  readonly provider?: string;
  readonly providerKey?: string;
  readonly authority?: string;
  readonly onionAuthority?: string;
  readonly authorityKey?: string;
  readonly registrationAddr?: string;
  readonly onionRegistrationAddr?: string;
  readonly registrationWithoutHttps?: boolean;
  readonly onion?: boolean;
  readonly torSocksNet?: string;
  readonly torSocksAddr?: string;
  readonly dataDir?: string;
}

const SHORT: readonly ReferenceFlag[] = [
  { name: 'f', value: '<file>', what: '' },
  { name: 'g', what: '' },
  { name: 'r', what: '' },
];

const ONE_DASH = /^-([A-Za-z]+)(?:=(.*))?$/s;
const TOR = '127.0.0.1:9150';
const CONFIG_FILE = 'mailproxy.toml';
const DIRECTORY = '.mailproxy';

/** The options of `-r`, behind two dashes. */
export const registerOptions = (): readonly Option[] =>
  REGISTER_FLAGS.map(
    ({ name, value, what }) =>
      new Option(value === undefined ? `--${name}` : `--${name} ${value}`, `with -r: ${what}`),
  );

/** The words of a command line, with the reference's flags as ours are written. */
export const withReferenceFlags = (words: readonly string[]): readonly string[] =>
  words[0] === 'daemon' ? words.flatMap((word, index) => respell(word, words[index - 1])) : words;

/** What stands behind a flag is its value, whatever it looks like. */
const respell = (word: string, before: string | undefined): readonly string[] => {
  if (before !== undefined && flagOf(before)?.value !== undefined && !before.includes('=')) {
    return [word];
  }
  const flag = flagOf(word);
  if (flag === undefined) return [word];
  const value = ONE_DASH.exec(word)?.[2];
  const dashed = `${flag.name.length > 1 ? '--' : '-'}${flag.name}`;
  if (value === undefined) return [dashed];
  if (flag.value !== undefined) return [dashed, value];
  return value === 'false' ? [] : [dashed];
};

const flagOf = (word: string): ReferenceFlag | undefined => {
  const name = ONE_DASH.exec(word)?.[1];
  return [...REGISTER_FLAGS, ...SHORT].find((flag) => flag.name === name);
};

/** Where the reference puts an account that it registers. */
export const registerPlaces = (
  workingDirectory: string,
  dataDir: string | undefined,
): InitPlaces => {
  const directory = resolve(workingDirectory, dataDir ?? join(homedir(), DIRECTORY));
  return { dataDir: directory, configFile: join(directory, CONFIG_FILE) };
};

/** What the flags ask for. */
export const registerWish = (flags: RegisterFlags): InitWish => ({
  user: flags.account,
  provider: flags.provider,
  providerKey: flags.providerKey,
  authorityKey: flags.authorityKey,
  // The reference's own: its users find each other so.
  insecureKeyDiscovery: true,
  ...(flags.onion === true ? onionWish(flags) : plainWish(flags)),
});

const plainWish = (flags: RegisterFlags): InitWish => ({
  authority: flags.authority,
  registration: flags.registrationAddr,
  registrationWithoutHttps: flags.registrationWithoutHttps,
});

const onionWish = (flags: RegisterFlags): InitWish => {
  const address = flags.torSocksAddr ?? TOR;
  return {
    authority: flags.onionAuthority ?? flags.authority,
    registration: flags.onionRegistrationAddr,
    // The way to an onion address is encrypted as it is.
    registrationWithoutHttps: true,
    tor: flags.torSocksNet === 'unix' ? `unix:${address}` : address,
    onion: true,
  };
};

/** Our flags by the names that stand for them here. */
const NAMES: Readonly<Record<string, string>> = {
  '--user': '-account',
  '--provider': '-provider',
  '--provider-key': '-providerKey',
  '--authority': '-authority',
  '--authority-key': '-authorityKey',
  '--registration': '-registrationAddr',
  '--tor': '-torSocksAddr',
  '--dir': '-dataDir',
};

export const referenceName = (option: string): string => NAMES[option] ?? option;
