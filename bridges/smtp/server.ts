/**
 * The library's server, with replies that bring their own enhanced codes.
 *
 * The library derives the enhanced code from the code alone, so every 550 would say "no such
 * mailbox". A text that begins with such a code keeps it here. Nor does it bound how long a peer
 * may take: its time-out starts anew with every byte. And it offers log-in before TLS.
 * @module
 */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import type { Count } from '../../src/control/counts.js';
import type { Clock } from '../../src/io/contracts.js';
import { DataParser } from './data.js';
import type { Reply } from './replies.js';

type Socket = Parameters<SMTPServer['connect']>[0];
type SendArguments = Parameters<SMTPConnection['send']>;

const FIRST_FAILURE = 400;
/** Also what STARTTLS is answered with. */
const GREETING = 220;
/** Replies behind which a session ends. */
const LAST_WORDS: readonly number[] = [221, 421];
const ENHANCED_CODE = /^[245]\.\d{1,3}\.\d{1,3} /;

/** How long a peer may take for a whole command or mail (RFC 5321 §4.5.3.2). */
const TURN_MS = 5 * 60_000;

/** How long a peer may take to log in, whatever it says meanwhile: it holds a place of few. */
const LOGIN_MS = 60_000;

const TOO_SLOW: Reply = { code: 421, text: '4.4.2 Too slow, try again later' };

const NOTHING = (): void => undefined;

/** What looks after the connections. */
export interface Watch {
  readonly clock: Clock;
  readonly count: Count;
  /** Whether nobody has to log in. */
  readonly isOpen: () => boolean;
  /** Whether log-in is only for those who speak TLS. */
  readonly needsTls: boolean;
  /** Whether a mail of this session is in the client's hands. */
  readonly isBusy: (sessionId: string) => boolean;
}

class Connection extends SMTPConnection {
  /** Whether we have said our last word. */
  isOver = false;
  readonly #watch: Watch;
  readonly #startedMs: number;
  /** When we last said something. */
  #spokeMs: number;

  constructor(server: BridgeServer, socket: Socket, options: SMTPConnectionOptions | undefined) {
    super(server, socket, options);
    this.#watch = server.watch;
    this.#startedMs = server.watch.clock.monotonic();
    this.#spokeMs = this.#startedMs;
  }

  override send(...[code, data, context]: SendArguments): void {
    this.#spokeMs = this.#watch.clock.monotonic();
    this.isOver ||= LAST_WORDS.includes(code);
    if (code >= FIRST_FAILURE) this.#watch.count(`reply.${code}`);
    const ownCode = typeof data === 'string' && ENHANCED_CODE.test(data);
    const needsCode = code >= FIRST_FAILURE && context === false;
    const codeless = ownCode ? false : needsCode ? undefined : context;
    if (code !== GREETING) this.#holdBack();
    super.send(code, Array.isArray(data) ? this.#offered(data) : data, codeless);
  }

  /** Replies to commands that came together leave together; before TLS begins nothing may wait. */
  #holdBack(): void {
    const socket = this._socket;
    socket.cork();
    queueMicrotask(() => socket.uncork());
  }

  /** What EHLO offers: no log-in that would pass in clear. */
  #offered(lines: readonly string[]): string[] {
    const isHidden = this.#watch.needsTls && !this.secure;
    return lines.filter((line) => !isHidden || !line.startsWith('AUTH '));
  }

  override _createParser(): SMTPStream {
    const parser = new DataParser();
    parser.oncommand = (command, callback) => this._onCommand(command, callback ?? NOTHING);
    parser.on('error', ({ message }) => this.send(421, `4.5.2 ${message}`));
    return parser;
  }

  /** Ends the session when the peer has kept us waiting for too long. */
  async patrol(gone: AbortSignal): Promise<void> {
    const { clock, count } = this.#watch;
    for (let leftMs = this.#leftMs(); leftMs > 0; leftMs = this.#leftMs()) {
      await clock.sleep(leftMs, gone);
      if (gone.aborted) return;
    }
    count('slow');
    this.send(TOO_SLOW.code, TOO_SLOW.text);
  }

  #leftMs(): number {
    const { clock, isBusy } = this.#watch;
    if (isBusy(this.id)) return TURN_MS;
    const isKnown = this.#watch.isOpen() || Boolean(this.session.user);
    const dueMs = this.#spokeMs + TURN_MS;
    return (isKnown ? dueMs : Math.min(dueMs, this.#startedMs + LOGIN_MS)) - clock.monotonic();
  }
}

/** Serves SMTP; it can also say goodbye to those who are connected. */
export class BridgeServer extends SMTPServer {
  readonly watch: Watch;
  readonly #sockets = new Set<Socket>();

  constructor(options: SMTPServerOptions, watch: Watch) {
    super(options);
    this.watch = watch;
  }

  /** Connections that are open in any way. */
  get open(): number {
    return this.#sockets.size;
  }

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    this.watch.count('accepted');
    // The library comes a turn late: it would keep a socket that has closed meanwhile for ever.
    if (socket.destroyed) {
      this.watch.count('left');
      return;
    }
    const gone = new AbortController();
    this.#sockets.add(socket);
    const connection = new Connection(this, socket, options ?? undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      gone.abort();
      if (!connection.isOver) this.watch.count('left');
    });
    this.connections.add(connection);
    connection.on('error', (error: Error) => this.emit('error', error));
    connection.init();
    void connection.patrol(gone.signal);
  }

  /** From now on nobody has to log in. */
  trustAll(): void {
    this.options.authOptional = true;
  }

  /** Sends a last reply to every session but the `busy` ones, and ends them. */
  dismiss(reply: Reply, busy: ReadonlyMap<string, unknown>): void {
    for (const connection of this.connections) {
      if (busy.has(connection.id)) continue;
      connection.send(reply.code, reply.text);
      connection.close();
    }
  }

  /** Drops the connections that are still open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Settings that leak neither host nor version, and ask nobody about anybody. */
export const PRIVATE_SETTINGS = {
  name: 'localhost',
  heloResponse: '%s',
  disableReverseLookup: true,
  logger: false,
  disabledCommands: ['XCLIENT', 'XFORWARD', 'WIZ', 'SHELL', 'KILL'],
  authMethods: ['PLAIN', 'LOGIN'],
  hideENHANCEDSTATUSCODES: false,
  hideREQUIRETLS: true,
} as const satisfies Readonly<Partial<Record<keyof SMTPServerOptions, unknown>>>;
