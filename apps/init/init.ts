/**
 * `postern init`: keys, registration, configuration, in an order in which whatever fails can be done
 * again. The configuration comes last: where it is, everything else is.
 * @module
 */
import { dirname } from 'node:path';
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { loadKeyPair } from '../../src/client/keys.js';
import { planAccounts, type AccountPlan } from '../../src/client/account/plan.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io } from '../../src/io/contracts.js';
import { normaliseUser } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import { ensurePrivateDirectory } from '../config/private-files.js';
import { readDaemonConfig, type DaemonConfig } from '../daemon/config.js';
import { enrol, type Keys, type Registered } from './enrol.js';
import type { InitError } from './errors.js';
import { configTextOf } from './plan.js';
import { pageIn, settleWish, type SettleDeps } from './settle.js';
import { forgetWish, given, keepWish, loadWish, type InitPlaces, type InitWish } from './wish.js';

export interface InitDeps extends SettleDeps {
  /** One line for people. */
  readonly tell: (line: string) => void;
}

/** What is there at the end. */
export interface Initialised {
  readonly configFile: string;
  readonly account: string;
  /** X25519, 32 bytes each. */
  readonly identityKey: Uint8Array;
  readonly linkKey: Uint8Array;
  readonly registration: Registered;
}

/** What a configuration says that is there, or will be. */
export interface Draft {
  readonly config: DaemonConfig;
  /** What is still to be written. */
  readonly text: string | undefined;
  /** The registration's page, where it was told. */
  readonly page: string | undefined;
}

/**
 * Makes an account, or goes on where an earlier run ended.
 *
 * @param told - by flags; what an unfinished run was told besides holds too
 * @errors any {@link InitError}; what was made stays, and the next run goes on from there
 */
export const initialise = (
  deps: InitDeps,
  places: InitPlaces,
  told: InitWish,
): ResultAsync<Initialised, InitError> =>
  safeTry(async function* () {
    const { files } = deps.io;
    yield* files.makeDirectory(dirname(places.configFile));
    const draft =
      (yield* writtenDraft(deps, places, told)) ?? (yield* newDraft(deps, places, told));
    const account = yield* accountIn(draft.config, places, told);
    const made = yield* establish(deps, draft, { account, configFile: places.configFile });
    if (draft.text !== undefined) {
      yield* files.write(places.configFile, utf8(draft.text));
      yield* forgetWish(files, places);
    }
    return ok(made);
  });

/** An account of a configuration that is there, or will be. */
interface Place {
  readonly account: AccountPlan;
  readonly configFile: string;
}

/** Makes an account's keys and makes it known to its provider. */
export const establish = (
  deps: Pick<InitDeps, 'io' | 'tell'>,
  draft: Draft,
  { account, configFile }: Place,
): ResultAsync<Initialised, InitError> =>
  safeTry(async function* () {
    yield* ensurePrivateDirectory(draft.config.client.dataDir);
    const keys = yield* loadKeys(deps.io, account);
    const registration = yield* enrol({ ...deps, ...draft, account, keys });
    return ok({
      configFile,
      account: account.address,
      identityKey: keys.identity.publicKey,
      linkKey: keys.link.publicKey,
      registration,
    });
  });

/** The configuration that an earlier run, or a person, has written. */
const writtenDraft = (
  { io }: InitDeps,
  { configFile }: InitPlaces,
  told: InitWish,
): ResultAsync<Draft | undefined, InitError> =>
  io.files
    .read(configFile)
    .map((bytes): string | undefined => fromUtf8(bytes))
    .orElse((error) => (error.reason === 'missing' ? ok(undefined) : err(error)))
    .mapErr((error): InitError => error)
    .andThen((source) => {
      if (source === undefined) return ok(undefined);
      return readDaemonConfig(source, configFile)
        .map((config) => ({ config, text: undefined, page: pageIn(told) }))
        .mapErr((problems): InitError => ({ kind: 'config-problems', problems }));
    });

/** One that follows from what was told, now and in an earlier run. */
const newDraft = (
  deps: InitDeps,
  places: InitPlaces,
  told: InitWish,
): ResultAsync<Draft, InitError> =>
  safeTry(async function* () {
    const { files } = deps.io;
    const kept = yield* loadWish(files, places);
    const { plan, wish } = yield* settleWish(deps, places, { ...kept, ...given(told) });
    yield* keepWish(files, places, wish);
    const text = configTextOf(plan);
    const config = yield* readDaemonConfig(text, places.configFile).mapErr(
      (problems): InitError => ({ kind: 'config-problems', problems }),
    );
    return ok({ config, text, page: plan.registration });
  });

/** The account that is meant, of those in the configuration. */
const accountIn = (
  config: DaemonConfig,
  { configFile: path }: InitPlaces,
  { user, provider }: InitWish,
): Result<AccountPlan, InitError> =>
  accountsIn(config).andThen((accounts): Result<AccountPlan, InitError> => {
    const isMeant = (account: AccountPlan): boolean =>
      (user === undefined || normaliseUser(user) === account.user) &&
      (provider === undefined || normaliseDomain(provider) === account.provider);
    const found = accounts.find(isMeant);
    const [first] = accounts;
    return found ? ok(found) : err({ kind: 'other-account', path, account: first?.address ?? '' });
  });

/** All accounts of a configuration. */
export const accountsIn = ({ client }: DaemonConfig): Result<readonly AccountPlan[], InitError> =>
  planAccounts({ ...client, storageKey: new Uint8Array(32) }).mapErr((error): InitError => error);

const loadKeys = (io: Io, { directory }: AccountPlan): ResultAsync<Keys, InitError> => {
  const deps = { ...io, primitives: selectPrimitives(io.log) };
  return io.files
    .makeDirectory(directory)
    .mapErr((error): InitError => error)
    .andThen(() =>
      ResultAsync.combine([
        loadKeyPair(deps, directory, 'link'),
        loadKeyPair(deps, directory, 'identity'),
      ]),
    )
    .map(([link, identity]) => ({ link, identity }));
};
