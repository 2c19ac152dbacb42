/**
 * Settling a wish: what flags, an earlier run and a test network do not say, a person is asked.
 * @module
 */
import { err, errAsync, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { registrationUrl } from '../../src/client/link/register.js';
import type { Io } from '../../src/io/contracts.js';
import { normaliseUser } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import type { Prompter } from '../cli/prompter.js';
import { ed25519Key } from '../config/key-text.js';
import { freeAddress } from '../../testkit/free-ports.js';
import type { InitError } from './errors.js';
import { FIELDS, isAskedField, type AskedField } from './fields.js';
import { hintsOf, type HintDeps, type Hints } from './hints.js';
import type { InitPlan } from './plan.js';
import { given, type InitPlaces, type InitWish } from './wish.js';

export interface SettleDeps extends HintDeps {
  /** Whoever can be asked. */
  readonly prompter: Prompter | undefined;
}

export interface Settled {
  readonly plan: InitPlan;
  /** The wish with everything that it took to settle it. */
  readonly wish: InitWish;
}

/** Without these there is no account. */
const REQUIRED = ['provider', 'user', 'authority', 'authorityKey'] as const;

type CompleteWish = InitWish & Readonly<Record<(typeof REQUIRED)[number], string>>;

const SMTP = '127.0.0.1:2525';
const POP3 = '127.0.0.1:2524';

/**
 * Checks and completes a wish.
 *
 * @errors `usage`: a flag that is wrong, or missing where nobody can be asked; `aborted`: the person
 * has given up; those of the test network
 */
export const settleWish = (
  deps: SettleDeps,
  places: InitPlaces,
  told: InitWish,
): ResultAsync<Settled, InitError> =>
  safeTry(async function* () {
    const hints = yield* hintsOf(deps, told);
    const wish = yield* complete(deps.prompter, { ...given(hints.wish), ...given(told) });
    const listeners = yield* listenersOf(deps.io, wish);
    const settled = { ...wish, ...listeners };
    return ok({ plan: planOf(places, settled, hints), wish: settled });
  });

const complete = (
  prompter: Prompter | undefined,
  wish: InitWish,
): ResultAsync<CompleteWish, InitError> =>
  checkFields(wish).asyncAndThen(() => new ResultAsync(askMissing(prompter, wish)));

/** What is wrong with a field of a wish, by its flag. */
export const checkFields = (wish: InitWish): Result<void, InitError> => {
  if (wish.socks5 !== undefined && wish.tor !== undefined) {
    return err({ kind: 'usage', option: '--socks5', problem: 'cannot be given with --tor' });
  }
  for (const [name, value] of Object.entries(wish)) {
    if (!isAskedField(name) || typeof value !== 'string') continue;
    const problem = FIELDS[name].problemWith(value);
    if (problem !== undefined) return err({ kind: 'usage', option: FIELDS[name].option, problem });
  }
  return ok(undefined);
};

const askMissing = async (
  prompter: Prompter | undefined,
  wish: InitWish,
): Promise<Result<CompleteWish, InitError>> => {
  const answers = new Map<AskedField, string>();
  for (const name of REQUIRED) {
    const answer = wish[name] ?? (await ask(prompter, name));
    if (answer === undefined) return err(prompter ? { kind: 'aborted' } : missing(name));
    answers.set(name, answer);
  }
  const of = (name: AskedField): string => answers.get(name) ?? '';
  const [provider, user] = [of('provider'), of('user')];
  const required = { provider, user, authority: of('authority'), authorityKey: of('authorityKey') };
  return askOptional(prompter, { ...wish, ...required });
};

const ask = async (
  prompter: Prompter | undefined,
  name: AskedField,
): Promise<string | undefined> => {
  const { question: message, problemWith } = FIELDS[name];
  return prompter?.text({ message, initial: '', problemWith });
};

const missing = (name: AskedField): InitError => ({
  kind: 'usage',
  option: FIELDS[name].option,
  problem: 'must be given',
});

const askOptional = async (
  prompter: Prompter | undefined,
  wish: CompleteWish,
): Promise<Result<CompleteWish, InitError>> => {
  if (prompter === undefined) return ok(wish);
  const maildir = wish.maildir ?? (await ask(prompter, 'maildir'));
  if (maildir === undefined) return err({ kind: 'aborted' });
  const insecureKeyDiscovery =
    wish.insecureKeyDiscovery ??
    (await prompter.confirm('Use keys of strangers as their providers tell them, unverified?'));
  if (insecureKeyDiscovery === undefined) return err({ kind: 'aborted' });
  return ok({ ...wish, maildir, insecureKeyDiscovery });
};

/** The usual listeners, or others where somebody has them. */
const listenersOf = (
  io: Io,
  { smtp, pop3 }: InitWish,
): ResultAsync<{ readonly smtp: string; readonly pop3: string }, InitError> =>
  safeTry(async function* () {
    return ok({
      smtp: smtp ?? (yield* freeListener(io, SMTP)),
      pop3: pop3 ?? (yield* freeListener(io, POP3)),
    });
  });

const freeListener = (io: Io, usual: string): ResultAsync<string, InitError> =>
  io.network
    .listen(usual)
    .andThen((listener) => ResultAsync.fromSafePromise(listener.close()).map(() => usual))
    .orElse((error) => (error.reason === 'in-use' ? freeAddress(io) : errAsync(error)));

const planOf = (places: InitPlaces, wish: CompleteWish, { recipients }: Hints): InitPlan => ({
  places,
  network: {
    address: wish.authority,
    publicKey: keyOf(wish.authorityKey),
    agreement: agreementOf(wish),
  },
  user: normaliseUser(wish.user) ?? wish.user,
  provider: normaliseDomain(wish.provider) ?? wish.provider,
  providerKey: wish.providerKey === undefined ? undefined : keyOf(wish.providerKey),
  smtp: wish.smtp ?? SMTP,
  pop3: wish.pop3 ?? POP3,
  maildir: wish.maildir === '' ? undefined : wish.maildir,
  keyDiscovery: wish.insecureKeyDiscovery ?? false,
  recipients,
  upstream: upstreamOf(wish),
  registration: pageIn(wish),
});

/** A key's text that was checked before. */
export const keyOf = (text: string): Uint8Array => ed25519Key.parse(text);

const agreementOf = ({ epochPeriod, linkProfile, userPayload }: InitWish) => ({
  ...(epochPeriod === undefined ? {} : { EpochPeriod: epochPeriod }),
  ...(linkProfile === undefined ? {} : { LinkProfile: linkProfile }),
  ...(userPayload === undefined ? {} : { UserPayload: userPayload }),
});

const UNIX = 'unix:';

const upstreamOf = ({ socks5, tor, onion }: InitWish): InitPlan['upstream'] => {
  const proxy = tor ?? socks5;
  if (proxy === undefined) return undefined;
  return {
    Type: tor === undefined ? 'socks5' : 'tor+socks5',
    ...(proxy.startsWith(UNIX)
      ? { Network: 'unix', Address: proxy.slice(UNIX.length) }
      : { Network: 'tcp', Address: proxy }),
    ...(onion === true ? { PreferedTransports: ['onion'] } : {}),
  };
};

/** The registration's page, where it was told. */
export const pageIn = ({
  registration,
  registrationWithoutHttps,
}: Pick<InitWish, 'registration' | 'registrationWithoutHttps'>): string | undefined =>
  registration === undefined
    ? undefined
    : registrationUrl(registration, { scheme: registrationWithoutHttps ? 'http' : 'https' });
