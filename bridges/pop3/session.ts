/**
 * One POP3 session: AUTHORIZATION, TRANSACTION, UPDATE (RFC 1939).
 * @module
 */
import { fromUtf8 } from '../../src/bytes/text.js';
import { WRONG_PASSWORDS_MAX } from '../../src/control/login.js';
import { Lines } from '../../src/control/lines.js';
import type { Count } from '../../src/control/counts.js';
import type { Duplex } from '../../src/io/contracts.js';
import { AUTHORIZATION, findCommand, TRANSACTION, type Bound, type Outcome } from './commands.js';
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
  | { readonly kind: 'authorization'; readonly user: string | undefined }
  /** The next line is the client's part of AUTH PLAIN. */
  | { readonly kind: 'challenged' }
  | { readonly kind: 'transaction'; readonly box: Mailbox }
  | { readonly kind: 'over' };

const START: State = { kind: 'authorization', user: undefined };
const OVER: State = { kind: 'over' };

export interface SessionDeps extends LoginDeps {
  readonly count: Count;
}

/** Speaks POP3 until the peer quits, leaves, idles or `signal` is aborted. */
export const holdSession = async (
  deps: SessionDeps,
  duplex: Duplex,
  signal: AbortSignal,
): Promise<void> => {
  const patience = { clock: deps.clock, idleMs: IDLE_MS };
  const lines = new Lines({ duplex, patience, signal });
  const session = new Session(deps, lines);
  await session.run();
  await lines.close();
};

class Session {
  readonly #deps: SessionDeps;
  readonly #lines: Lines;
  /** On the monotonic clock. */
  readonly #loginByMs: number;
  #state: State = START;
  /** Once logged in, until the lock is given back. */
  #box: Mailbox | undefined;
  #badLines = 0;
  #wrongPasswords = 0;

  constructor(deps: SessionDeps, lines: Lines) {
    this.#deps = deps;
    this.#lines = lines;
    this.#loginByMs = deps.clock.monotonic() + LOGIN_MS;
  }

  async run(): Promise<void> {
    await this.#respond(accept('POP3 server ready'), START);
    try {
      while (this.#state.kind !== 'over') await this.#turn(this.#state);
    } finally {
      // A session that ends without QUIT deletes nothing.
      this.#box?.close();
    }
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
      case 'quit':
        return this.#quit();
    }
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

const commandOf = (verb: string, state: State): Bound | undefined =>
  state.kind === 'transaction'
    ? findCommand(TRANSACTION, verb, state.box)
    : findCommand(AUTHORIZATION, verb, undefined);
