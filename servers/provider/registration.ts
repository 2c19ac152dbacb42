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
import type { Primitives, X25519 } from '../../src/crypto/primitives.js';
import { onAbort } from '../../src/io/abort.js';
import type { Duplex, Http, HttpAnswer, HttpRequest, Io } from '../../src/io/contracts.js';
import { startDeadline } from '../node/deadline.js';
import type { NodeError } from '../node/options.js';
import { userName, type UserName } from './names.js';
import { readForm, type Form } from './registration-form.js';
import type { User, Users } from './contracts.js';
import {
  DEFAULT_REGISTRATION_LIMITS,
  RegistrationGate,
  type RegistrationLimits,
} from './registration-limits.js';
import { ProofDesk } from './registration-proof.js';

export interface RegistrationOptions {
  /** Where to listen, `host:port`; at least one. */
  readonly addresses: readonly string[];
  /** What the descriptor tells clients, such as `https://provider.example`; nothing when absent. */
  readonly advertise?: readonly string[];
  /** Changes to {@link DEFAULT_REGISTRATION_LIMITS}. */
  readonly limits?: Partial<RegistrationLimits>;
  /** Names that nobody gets, beside those of services; default {@link RESERVED_NAMES}. */
  readonly reserved?: readonly string[];
  /** Zero bits of the proof of work that is asked for; none when absent or 0. */
  readonly proofBits?: number;
}

export interface RegistrationDeps {
  readonly io: Io;
  readonly primitives: Primitives;
  readonly users: Users;
  readonly count: Count;
}

/** Whom people take for the operator. */
export const RESERVED_NAMES: readonly string[] = [
  ...['abuse', 'admin', 'administrator', 'hostmaster', 'mailer-daemon', 'postmaster', 'root'],
  ...['security', 'webmaster'],
];

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
const LIMITED: HttpAnswer = { status: 429, body: nothing };
const NEEDS_PROOF = 428;
/** Services are reached by names that begin so. */
const SERVICE_MARK = '+';

/**
 * Listens for registrations.
 *
 * @returns ends it
 * @errors `listen`; `bad-option`: there is no HTTP in this world, or no address
 */
export const openRegistration = (
  deps: RegistrationDeps,
  options: RegistrationOptions,
): ResultAsync<() => Promise<void>, NodeError> => {
  const { http } = deps.io;
  const { addresses } = options;
  if (http === undefined) return refuse('needs a world with HTTP');
  if (addresses.length === 0) return refuse('at least one address');
  const desk = deskOf(deps, options);
  const running: RunningBridge[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(running.map((bridge) => bridge.close()));
  };
  return safeTry<() => Promise<void>, NodeError>(async function* () {
    for (const address of addresses) running.push(yield* listen(desk, http, address));
    return ok(close);
  }).orElse((error) => ResultAsync.fromSafePromise(close()).andThen(() => errAsync(error)));
};

const refuse = (rule: string): ResultAsync<never, NodeError> =>
  errAsync({ kind: 'bad-option', option: 'registration', rule });

/** What all connections share. */
interface Desk extends RegistrationDeps {
  readonly gate: RegistrationGate;
  readonly reserved: ReadonlySet<string>;
  /** Where work is asked for. */
  readonly proofs: ProofDesk | undefined;
}

const deskOf = (
  deps: RegistrationDeps,
  { limits, reserved = RESERVED_NAMES, proofBits = 0 }: RegistrationOptions,
): Desk => ({
  ...deps,
  gate: new RegistrationGate(deps.io.clock, { ...DEFAULT_REGISTRATION_LIMITS, ...limits }),
  reserved: new Set(reserved),
  proofs: proofBits > 0 ? new ProofDesk({ ...deps.io, ...deps }, proofBits) : undefined,
});

const listen = (desk: Desk, http: Http, address: string): ResultAsync<RunningBridge, NodeError> =>
  serve({
    ...desk.io,
    address,
    module: 'registration',
    maxSessions: MAX_SESSIONS,
    session: async (duplex, signal) => {
      const leave = desk.gate.enter(duplex.remote);
      if (leave === undefined) {
        desk.count('registration.crowded');
        duplex.destroy();
        return;
      }
      await converse(desk, http, { duplex, signal });
      leave();
    },
  });

/** One connection, which is cut off when it takes its time. */
const converse = async (
  desk: Desk,
  http: Http,
  { duplex, signal }: { readonly duplex: Duplex; readonly signal: AbortSignal },
): Promise<void> => {
  const { io, count } = desk;
  const deadline = startDeadline(io.clock, DEADLINE_MS, signal);
  const forget = onAbort(deadline.signal, () => duplex.destroy());
  const outcome = await http.answer(duplex, {
    maxBody: MAX_BODY_BYTES,
    respond: async (request) => {
      const { answer, event } = await respond(desk, request, duplex.remote);
      count(`registration.${event}`);
      return answer;
    },
  });
  const isLate = deadline.signal.aborted && !signal.aborted;
  forget();
  deadline.clear();
  if (outcome !== 'answered') count(`registration.${isLate ? 'slow' : outcome}`);
};

/** An answer, and what it counts as. */
interface Verdict {
  readonly answer: HttpAnswer;
  readonly event: 'done' | 'refused' | 'limited' | 'reserved' | 'challenged' | 'bad-proof';
}

const NO: Verdict = { answer: REFUSED, event: 'refused' };

/**
 * The reference's order: path, method, command, version, user, keys; then what is our own, and
 * whether it is taken.
 */
const respond = async (desk: Desk, request: HttpRequest, remote: string): Promise<Verdict> => {
  if (request.target.split('?')[0] !== PATH) return { answer: NO_SUCH_PAGE, event: 'refused' };
  if (request.method !== 'POST') return NO;
  const form = readForm(request);
  const asked = readNewcomer(desk.primitives.x25519, form);
  if (asked === undefined) return NO;
  const { name, user } = asked;
  if (desk.reserved.has(name) || name.startsWith(SERVICE_MARK)) return { ...NO, event: 'reserved' };
  const missing = workMissing(desk, form, name);
  if (missing !== undefined) return missing;
  if (!desk.gate.admit(remote)) return { answer: LIMITED, event: 'limited' };
  return desk.users.add(name, user).match(
    (): Verdict => ({ answer: DONE, event: 'done' }),
    () => NO,
  );
};

/** Asks for the work of a registration where there is some to do. */
const workMissing = ({ proofs }: Desk, form: Form, name: UserName): Verdict | undefined => {
  if (proofs === undefined) return undefined;
  const [challenge, proof] = [form('challenge'), form('proof')];
  const isBrought = challenge !== undefined && proof !== undefined;
  if (isBrought && proofs.take({ challenge, proof, name })) return undefined;
  const body = utf8(`${proofs.ask()}\n`);
  const event = isBrought ? 'bad-proof' : 'challenged';
  return { answer: { status: NEEDS_PROOF, body }, event };
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
