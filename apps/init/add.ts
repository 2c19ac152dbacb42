/**
 * `postern account create`: one more account in a configuration that is there.
 *
 * As with `postern init` the configuration comes last, so that a second run goes on where the first
 * has ended.
 * @module
 */
import { err, ok, safeTry, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { AccountPlan } from '../../src/client/account/plan.js';
import type { Files, FilesError } from '../../src/io/contracts.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { nearest } from '../config/nearest.js';
import { addressOf, readDaemonConfig, type DaemonConfig } from '../daemon/config.js';
import type { InitError } from './errors.js';
import { accountsIn, establish, type Draft, type InitDeps, type Initialised } from './init.js';
import { withAccountText, type PlannedAccount } from './plan.js';
import { checkFields, keyOf, pageIn } from './settle.js';
import type { InitWish } from './wish.js';

/** What somebody wants of a new account. */
export interface AddWish extends Pick<
  InitWish,
  'providerKey' | 'registration' | 'registrationWithoutHttps' | 'maildir' | 'insecureKeyDiscovery'
> {
  /** `user@provider`. */
  readonly address: string;
  /** Label of its network's authority; needed where the configuration has several. */
  readonly network?: string;
}

/**
 * Makes an account, registers it and adds it to a configuration file, all of whose text stays.
 *
 * @errors any {@link InitError}; the file is as it was, and the same again goes on from there
 */
export const addAccount = (
  deps: Pick<InitDeps, 'io' | 'tell'>,
  configFile: string,
  wish: AddWish,
): ResultAsync<Initialised, InitError> =>
  safeTry(async function* () {
    const { files } = deps.io;
    yield* checkFields(wish);
    const addition = { configFile, wish };
    const draft = yield* draftOf(files, addition);
    const account = yield* accountNamed(draft.config, yield* nameIn(draft.config, wish));
    const made = yield* establish(deps, draft, { account, configFile });
    // Registering takes its time, in which a person may have written to the file.
    const { text } = yield* draftOf(files, addition);
    if (text !== undefined) yield* files.write(configFile, utf8(text));
    return ok(made);
  });

/** An account's name, normalised. */
interface Name {
  readonly user: string;
  readonly provider: string;
}

const nameIn = ({ client }: DaemonConfig, { address }: AddWish): Result<Name, InitError> =>
  normaliseAddress(address, {
    caseSensitive: client.tuning?.caseSensitiveUserIdentifiers ?? false,
  })
    .map(({ user, domain: provider }) => ({ user, provider }))
    .mapErr((): InitError => ({
      kind: 'usage',
      option: address,
      problem: 'must be user@provider',
    }));

interface Addition {
  readonly configFile: string;
  readonly wish: AddWish;
}

/** The configuration with the account; without a text where it has it already. */
const draftOf = (files: Files, { configFile, wish }: Addition): ResultAsync<Draft, InitError> =>
  safeTry(async function* () {
    const bytes = yield* files.read(configFile).mapErr(unreadable);
    const source = fromUtf8(bytes);
    const config = yield* configIn(source, configFile);
    const named = yield* nameIn(config, wish);
    const page = pageIn(wish);
    if (accountNamed(config, named).isOk()) return ok({ config, text: undefined, page });
    const label = yield* labelIn(config, wish.network);
    const text = withAccountText(source, plannedOf(wish, named), label);
    return ok({ config: yield* configIn(text, configFile), text, page });
  });

const unreadable = ({ path, reason }: FilesError): InitError =>
  reason === 'missing'
    ? { kind: 'config-file', path, reason: 'there is none; postern init makes the first account' }
    : { kind: 'config-file', path, reason };

const plannedOf = (
  { providerKey, maildir, insecureKeyDiscovery }: AddWish,
  named: Name,
): PlannedAccount => ({
  ...named,
  maildir,
  providerKey: providerKey === undefined ? undefined : keyOf(providerKey),
  keyDiscovery: insecureKeyDiscovery ?? false,
});

const configIn = (source: string, file: string): Result<DaemonConfig, InitError> =>
  readDaemonConfig(source, file).mapErr((problems) => ({ kind: 'config-problems', problems }));

/** The account of this name, as the configuration tells names apart. */
const accountNamed = (config: DaemonConfig, named: Name): Result<AccountPlan, InitError> => {
  const wanted = addressOf(config.client, named).unwrapOr('');
  const unknown: InitError = { kind: 'unknown-account', account: wanted };
  return accountsIn(config).andThen((accounts) => {
    const found = accounts.find(({ address }) => address === wanted);
    return found === undefined ? err(unknown) : ok(found);
  });
};

/** The network that was told, or the only one. */
const labelIn = ({ client }: DaemonConfig, told: string | undefined): Result<string, InitError> => {
  const labels = Object.keys(client.networks);
  const label = told ?? (labels.length === 1 ? labels[0] : undefined);
  if (label !== undefined && labels.includes(label)) return ok(label);
  const meant = told === undefined ? undefined : nearest(told, labels);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  const problem =
    labels.length === 0
      ? 'the configuration has no network'
      : `must be one of ${labels.join(', ')}${hint}`;
  return err({ kind: 'usage', option: '--network', problem });
};
