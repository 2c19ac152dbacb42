/**
 * Enrolment: the provider gets to know an account, unless it does already.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { KeyPair } from '../../src/client/keys.js';
import type { AccountPlan } from '../../src/client/account/plan.js';
import {
  registerAccount,
  registrationUrl,
  type RegistrationError,
} from '../../src/client/link/register.js';
import { outgoing, registrationTag } from '../../src/client/link/upstream.js';
import { callDaemon } from '../../src/control/call.js';
import { isObject, type Json } from '../../src/control/json.js';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io } from '../../src/io/contracts.js';
import type { NetworkNode } from '../../src/pki/view.js';
import type { DaemonConfig } from '../daemon/config.js';
import { commandsFor, findDoor, knock, type DoorDeps } from './door.js';
import type { InitError } from './errors.js';

export interface Keys {
  readonly link: KeyPair;
  readonly identity: KeyPair;
}

export interface EnrolDeps {
  readonly io: Io;
  readonly config: DaemonConfig;
  readonly account: AccountPlan;
  readonly keys: Keys;
  /** The registration's page, where it was told. */
  readonly page: string | undefined;
  /** One line for people. */
  readonly tell: (line: string) => void;
}

export type Registered =
  /** The provider knew us before. */
  | { readonly kind: 'known' }
  | { readonly kind: 'registered'; readonly url: string }
  /** It does not take registrations: its operator has to say these commands. */
  | { readonly kind: 'by-hand'; readonly commands: readonly string[] };

const NEVER = new AbortController().signal;

/**
 * Makes an account known to its provider.
 *
 * A provider refuses whom it has already, so that it is asked first whether it lets us in: a run
 * that did not hear the answer to its registration is none the worse for it.
 */
export const enrol = (deps: EnrolDeps): ResultAsync<Registered, InitError> =>
  new ResultAsync(introduce(deps));

const introduce = async (deps: EnrolDeps): Promise<Result<Registered, InitError>> => {
  if (await hasConnectedDaemon(deps)) return ok({ kind: 'known' });
  const door = doorOf(deps);
  const node = await findDoor(door);
  if (node.isErr() && (deps.page === undefined || isFatal(node.error))) return err(node.error);
  const welcome = node.isOk() ? await knock(door, node.value, deps.keys.link) : 'unreachable';
  if (welcome === 'known') return ok({ kind: 'known' });
  const pages = deps.page === undefined ? advertisedBy(node.unwrapOr(undefined)) : [deps.page];
  return register(deps, door, pages);
};

/** A key that is not the one we were told is not to be talked to. */
const isFatal = ({ kind }: InitError): boolean => kind === 'provider-key-differs';

const advertisedBy = (node: NetworkNode | undefined): readonly string[] =>
  (node?.registrationAddresses ?? []).map((address) => registrationUrl(address));

const doorOf = ({ io, config, account }: EnrolDeps): DoorDeps => {
  const primitives = selectPrimitives(io.log);
  const proxy = config.client.upstreamProxy;
  return { io, primitives, account, outgoing: outgoing({ ...io, primitives, proxy }) };
};

/** Its own connection would look like a stranger's to the provider, which keeps the older one. */
const hasConnectedDaemon = async ({ io, config, account }: EnrolDeps): Promise<boolean> => {
  const status = await callDaemon({ network: io.network, path: config.socket }, 'status', {});
  return status.match(
    (answer) => accountsIn(answer).some((each) => isConnected(each, account.address)),
    () => false,
  );
};

const accountsIn = (answer: Json): readonly Json[] => {
  const accounts = isObject(answer) ? answer['accounts'] : undefined;
  return Array.isArray(accounts) ? accounts.map((each: Json) => each) : [];
};

const isConnected = (account: Json, address: string): boolean =>
  isObject(account) && account['account'] === address && account['connection'] === 'connected';

/** At the first page that answers. */
const register = async (
  deps: EnrolDeps,
  { outgoing: networkFor, primitives }: DoorDeps,
  pages: readonly string[],
): Promise<Result<Registered, InitError>> => {
  const { io, account, keys } = deps;
  const commands = commandsFor(account, keys);
  let refusal: RegistrationError | undefined;
  for (const url of pages) {
    deps.tell(`registering ${account.address} at ${url}`);
    const registered = await registerAccount(
      {
        ...{ http: io.http, clock: io.clock, hash: primitives.hash },
        network: networkFor(registrationTag(account.address)),
      },
      {
        user: account.user,
        linkKey: keys.link.publicKey,
        identityKey: keys.identity.publicKey,
        url,
        signal: NEVER,
      },
    );
    if (registered.isOk()) return ok({ kind: 'registered', url });
    refusal = registered.error;
    if (refusal.kind === 'registration-refused') break;
  }
  if (refusal === undefined) return ok({ kind: 'by-hand', commands });
  deps.tell('The provider’s operator can register the account by hand, with these commands:');
  for (const command of commands) deps.tell(`  ${command}`);
  return err(refusal);
};
