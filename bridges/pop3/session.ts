/**
 * One POP3 session: AUTHORIZATION, TRANSACTION, UPDATE (RFC 1939).
 * @module
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import { WRONG_PASSWORDS_MAX } from '../../src/control/login.js';
import { Lines } from '../../src/control/lines.js';
import type { Count } from '../../src/control/counts.js';
import { LATE, within } from '../../src/control/within.js';
import { onAbort } from '../../src/io/abort.js';
import type { Duplex, TlsServer } from '../../src/io/contracts.js';
import {
  AUTHORIZATION,
  findCommand,
  IN_CLEAR,
  TRANSACTION,
  type Bound,
  type Outcome,
} from './commands.js';
import { beginsWithTls } from './door.js';
import { logIn, readPlain, refuseLogin, type Credentials, type LoginDeps } from './login.js';
import type { Mailbox } from './mailbox.js';
import { accept, encodeResponse, LOST, refuse, type Response } from './response.js';

/** RFC 1939 §3: an inactivity timer is at least ten minutes. */
const IDLE_MS = 10 * 60_000;

/** How long a peer may take to log in, whatever it says meanwhile: it holds a place of few. */
const LOGIN_MS = 60_000;

/** RFC 2449 §4 allows 255; an AUTH PLAIN of a long address needs more. Without the line's end. */
const LINE_LIMIT = 510;

/** So many lines that are no commands end a session. */
const BAD_LINES_MAX = 50;

type State =
  /** Before TLS, where that has to come first. */
  | { readonly kind: 'in-clear' }
  | { readonly kind: 'authorization'; readonly user: string | undefined }
  /** The next line is the client's part of AUTH PLAIN. */
  | { readonly kind: 'challenged' }
  | { readonly kind: 'transaction'; readonly box: Mailbox }
  | { readonly kind: 'over' };

const IN_THE_CLEAR: State = { kind: 'in-clear' };
const START: State = { kind: 'authorization', user: undefined };
const OVER: State = { kind: 'over' };

export interface SessionDeps extends LoginDeps {
  readonly count: Count;
  /** Where it is there, nobody logs in without it. */
  readonly tls?: TlsServer | undefined;
}

/** Speaks POP3 until the peer quits, leaves, idles or `signal` is aborted. */
export const holdSession = async (
  deps: SessionDeps,
  duplex: Duplex,
  signal: AbortSignal,
): Promise<void> => {
  const session = new Session(deps, duplex, signal);
  await (deps.tls === undefined ? session.run() : session.runWithTls(deps.tls));
};

class Session {
  readonly #deps: SessionDeps;
  readonly #signal: AbortSignal;
  #duplex: Duplex;
  #lines: Lines;
  /** On the monotonic clock. */
  readonly #loginByMs: number;
  #state: State = START;
  /** Once logged in, until the lock is given back. */
  #box: Mailbox | undefined;
  #badLines = 0;
  #wrongPasswords = 0;

  constructor(deps: SessionDeps, duplex: Duplex, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#duplex = duplex;
    this.#lines = this.#linesOf(duplex);
    this.#loginByMs = deps.clock.monotonic() + LOGIN_MS;
  }

  /** As {@link Session.run}; TLS comes first, from the first byte or by STLS. */
  async runWithTls(tls: TlsServer): Promise<void> {
    this.#lines.release();
    const { isTls, duplex } = await beginsWithTls(this.#deps.clock, this.#duplex);
    this.#duplex = duplex;
    this.#lines = this.#linesOf(duplex);
    if (!isTls) return this.run(IN_THE_CLEAR);
    if (await this.#secure(tls)) return this.run();
  }

  /** Greets, and goes on until the session is over. */
  async run(start: State = START): Promise<void> {
    await this.#respond(accept('POP3 server ready'), start);
    try {
      while (this.#state.kind !== 'over') await this.#turn(this.#state);
    } finally {
      // A session that ends without QUIT deletes nothing.
      this.#box?.close();
    }
    await this.#lines.close();
  }

  async #turn(state: State): Promise<void> {
    const byMs = state.kind === 'transaction' ? undefined : this.#loginByMs;
    const event = await this.#lines.next(LINE_LIMIT, byMs);
    switch (event.kind) {
      case 'line':
        return this.#obey(fromUtf8(event.bytes), state);
      case 'too-long':
        return this.#complain('Line too long');
      case 'aborted':
        return this.#respond(refuse('Shutting down', 'SYS/TEMP'), OVER);
      case 'idle':
        this.#deps.count('slow');
        return this.#respond(refuse('Idle for too long'), OVER);
      case 'end':
        this.#deps.count('left');
        this.#state = OVER;
    }
  }

  async #obey(line: string, state: State): Promise<void> {
    if (state.kind === 'challenged') return this.#takeToken(line);
    const [verb = '', ...words] = line.split(' ');
    const command = commandOf(verb.toUpperCase(), state);
    if (command === undefined) return this.#complain('No such command here');
    const [least, most] = command.words;
    if (words.length < least || words.length > most) return this.#complain('Wrong arguments');
    return this.#follow(await command.run(words), state);
  }

  #follow(outcome: Outcome, state: State): Promise<void> {
    switch (outcome.kind) {
      case 'respond':
        return this.#respond(outcome.response, state);
      case 'user':
        return this.#respond(accept('Now the password'), {
          kind: 'authorization',
          user: outcome.name,
        });
      case 'password':
        return this.#takePassword(outcome.password, state);
      case 'auth':
        return this.#authenticate(outcome.words);
      case 'tls':
        return this.#startTls();
      case 'quit':
        return this.#quit();
    }
  }

  #linesOf(duplex: Duplex): Lines {
    const patience = { clock: this.#deps.clock, idleMs: IDLE_MS };
    return new Lines({ duplex, patience, signal: this.#signal });
  }

  /** RFC 2595 §4. What was sent behind STLS in clear was not sent by whoever will have logged in. */
  async #startTls(): Promise<void> {
    const { tls } = this.#deps;
    if (tls === undefined) return this.#complain('No TLS here');
    await this.#respond(accept('Begin TLS'), START);
    if (!(await this.#secure(tls))) this.#state = OVER;
  }

  /** Puts TLS below the lines; false when the connection is of no use any more. */
  async #secure(tls: TlsServer): Promise<boolean> {
    const secured = this.#lines.release() ? await this.#shakeHands(tls) : undefined;
    if (secured === undefined) {
      this.#deps.count('no-tls');
      this.#duplex.destroy();
      return false;
    }
    this.#duplex = secured;
    this.#lines = this.#linesOf(secured);
    return true;
  }

  async #shakeHands(tls: TlsServer): Promise<Duplex | undefined> {
    const { clock } = this.#deps;
    const forget = onAbort(this.#signal, () => this.#duplex.destroy());
    const shaken = tls.secure(this.#duplex).unwrapOr(undefined);
    const secured = await within(clock, this.#loginByMs - clock.monotonic(), shaken);
    forget();
    return secured === LATE ? undefined : secured;
  }

  #takePassword(password: string, state: State): Promise<void> {
    const user = state.kind === 'authorization' ? state.user : undefined;
    return user === undefined
      ? this.#complain('USER comes first')
      : this.#logIn({ user, password });
  }

  #authenticate([mechanism, token]: readonly string[]): Promise<void> {
    if (mechanism === undefined) {
      return this.#respond({ kind: 'listing', text: 'Mechanisms', lines: ['PLAIN'] }, START);
    }
    if (mechanism.toUpperCase() !== 'PLAIN') return this.#complain('No such mechanism');
    if (token === undefined) return this.#respond({ kind: 'challenge' }, { kind: 'challenged' });
    return this.#takeToken(token);
  }

  #takeToken(token: string): Promise<void> {
    this.#state = START;
    const credentials = readPlain(token);
    return credentials === undefined
      ? this.#complain('That is no PLAIN message')
      : this.#logIn(credentials);
  }

  async #logIn(credentials: Credentials): Promise<void> {
    const opened = await logIn(this.#deps, credentials);
    if (opened.isOk()) {
      this.#box = opened.value;
      return this.#respond(accept('Logged in'), { kind: 'transaction', box: opened.value });
    }
    if (opened.error.kind === 'wrong-password') {
      this.#wrongPasswords++;
      this.#deps.count('wrong-password');
    }
    const over = this.#wrongPasswords >= WRONG_PASSWORDS_MAX;
    return this.#respond(refuseLogin(opened.error), over ? OVER : START);
  }

  /** The UPDATE state: what was marked is gone for good before we say so. */
  async #quit(): Promise<void> {
    const committed = await this.#box?.commit();
    this.#box?.close();
    const kept = committed?.isErr() === true;
    const response = kept
      ? refuse('Nothing was deleted: the mailbox cannot be written', 'SYS/TEMP')
      : accept('Goodbye');
    return this.#respond(response, OVER);
  }

  #complain(problem: string): Promise<void> {
    this.#badLines++;
    this.#deps.count('garbage');
    const over = this.#badLines >= BAD_LINES_MAX;
    return this.#respond(refuse(problem), over ? OVER : this.#state);
  }

  /** Writes at the pace of the peer; one that is gone ends the session. */
  async #respond(response: Response, next: State): Promise<void> {
    this.#state = next;
    for await (const piece of encodeResponse(response)) {
      if (piece !== LOST && (await this.#lines.write(piece))) continue;
      this.#deps.count(piece === LOST ? 'lost' : 'not-reading');
      this.#state = OVER;
      return;
    }
  }
}

const commandOf = (verb: string, state: State): Bound | undefined => {
  if (state.kind === 'transaction') return findCommand(TRANSACTION, verb, state.box);
  return findCommand(state.kind === 'in-clear' ? IN_CLEAR : AUTHORIZATION, verb, undefined);
};
