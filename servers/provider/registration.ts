/**
 * Registration over HTTP: people make themselves known, with the keys of their account.
 *
 * One page, `POST /registration`, answered as the reference does: 200 and `OK`, 404 for another
 * path, else 500 without a word. Unlike there a request is read whole before anything is changed, so
 * that none leaves half a user behind.
 *
 * Source: server internal/provider, the HTTP registration.
 * @module
 */
import { errAsync, ok, ResultAsync, safeTry } from 'neverthrow';
import { parseKeyText, utf8 } from '../../src/bytes/text.js';
import type { Count } from '../../src/control/counts.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import { isLowOrder } from '../../src/crypto/low-order.js';
import type { X25519 } from '../../src/crypto/primitives.js';
import { onAbort } from '../../src/io/abort.js';
import type { Duplex, Http, HttpAnswer, HttpRequest, Io } from '../../src/io/contracts.js';
import { startDeadline } from '../node/deadline.js';
import type { NodeError } from '../node/options.js';
import { userName, type UserName } from './names.js';
import { readForm, type Form } from './registration-form.js';
import type { User, Users } from './contracts.js';

export interface RegistrationOptions {
  /** Where to listen, `host:port`; at least one. */
  readonly addresses: readonly string[];
  /** What the descriptor tells clients, such as `https://provider.example`; nothing when absent. */
  readonly advertise?: readonly string[];
}

export interface RegistrationDeps {
  readonly io: Io;
  readonly x25519: X25519;
  readonly users: Users;
  readonly count: Count;
}

const PATH = '/registration';
const VERSION = '0';
const MAX_BODY_BYTES = 8192;
const MAX_SESSIONS = 64;
/** Of a whole connection. */
const DEADLINE_MS = 10_000;

const nothing = new Uint8Array(0);
const DONE: HttpAnswer = { status: 200, body: utf8('OK\n') };
const NO_SUCH_PAGE: HttpAnswer = { status: 404, body: nothing };
const REFUSED: HttpAnswer = { status: 500, body: nothing };

/**
 * Listens for registrations.
 *
 * @returns ends it
 * @errors `listen`; `bad-option`: there is no HTTP in this world, or no address
 */
export const openRegistration = (
  deps: RegistrationDeps,
  { addresses }: RegistrationOptions,
): ResultAsync<() => Promise<void>, NodeError> => {
  const { http } = deps.io;
  if (http === undefined) return refuse('needs a world with HTTP');
  if (addresses.length === 0) return refuse('at least one address');
  const running: RunningBridge[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(running.map((bridge) => bridge.close()));
  };
  return safeTry<() => Promise<void>, NodeError>(async function* () {
    for (const address of addresses) running.push(yield* listen(deps, http, address));
    return ok(close);
  }).orElse((error) => ResultAsync.fromSafePromise(close()).andThen(() => errAsync(error)));
};

const refuse = (rule: string): ResultAsync<never, NodeError> =>
  errAsync({ kind: 'bad-option', option: 'registration', rule });

const listen = (
  deps: RegistrationDeps,
  http: Http,
  address: string,
): ResultAsync<RunningBridge, NodeError> =>
  serve({
    ...deps.io,
    address,
    module: 'registration',
    maxSessions: MAX_SESSIONS,
    session: (duplex, signal) => converse(deps, http, { duplex, signal }),
  });

/** One connection, which is cut off when it takes its time. */
const converse = async (
  { io, x25519, users, count }: RegistrationDeps,
  http: Http,
  { duplex, signal }: { readonly duplex: Duplex; readonly signal: AbortSignal },
): Promise<void> => {
  const deadline = startDeadline(io.clock, DEADLINE_MS, signal);
  const forget = onAbort(deadline.signal, () => duplex.destroy());
  const outcome = await http.answer(duplex, {
    maxBody: MAX_BODY_BYTES,
    respond: async (request) => {
      const answer = await respond({ x25519, users }, request);
      count(answer === DONE ? 'registration.done' : 'registration.refused');
      return answer;
    },
  });
  const isLate = deadline.signal.aborted && !signal.aborted;
  forget();
  deadline.clear();
  if (outcome !== 'answered') count(`registration.${isLate ? 'slow' : outcome}`);
};

type Registry = Pick<RegistrationDeps, 'users' | 'x25519'>;

/** The reference's order: path, method, command, version, user, keys; then whether it is taken. */
const respond = async (registry: Registry, request: HttpRequest): Promise<HttpAnswer> => {
  if (request.target.split('?')[0] !== PATH) return NO_SUCH_PAGE;
  if (request.method !== 'POST') return REFUSED;
  const asked = readNewcomer(registry.x25519, readForm(request));
  if (asked === undefined) return REFUSED;
  return registry.users.add(asked.name, asked.user).match(
    () => DONE,
    () => REFUSED,
  );
};

interface Newcomer {
  readonly name: UserName;
  readonly user: User;
}

const COMMANDS: readonly (string | undefined)[] = [
  'register_link_key',
  'register_link_and_identity_key',
];

const readNewcomer = (x25519: X25519, form: Form): Newcomer | undefined => {
  const command = form('command');
  if (!COMMANDS.includes(command) || form('version') !== VERSION) return undefined;
  const name = userName(form('user') ?? '');
  const linkKey = readKey(x25519, form('link_key'));
  if (name === undefined || linkKey === undefined) return undefined;
  if (command === 'register_link_key') return { name, user: { linkKey, identityKey: undefined } };
  const identityKey = readKey(x25519, form('identity_key'));
  return identityKey === undefined ? undefined : { name, user: { linkKey, identityKey } };
};

/** A key with which everybody shares the same secret is none. */
const readKey = (x25519: X25519, text = ''): Uint8Array | undefined => {
  const key = parseKeyText(text);
  return key === undefined || isLowOrder(x25519, key) ? undefined : key;
};
