/**
 * The server behind the filter: one connection of ours for each transaction of a mail program.
 *
 * Each command goes there as it comes, so that a refusal is heard by whom it concerns, and nobody
 * is told that something was accepted before it was.
 *
 * Source: RFC 5321; RFC 3207 for STARTTLS, RFC 4954 for AUTH.
 * @module
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { err, ok, type Result } from 'neverthrow';
import { toBase64, utf8 } from '../../src/bytes/text.js';
import { isRefusal, replyReader, type Reply } from '../mta/replies.js';
import type { UpstreamError } from './replies.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface UpstreamOptions {
  readonly host: string;
  readonly port: number;
  /** `none` only where nobody listens on the way: this machine, or a tunnel that encrypts. */
  readonly tls: 'none' | 'starttls' | 'implicit';
  readonly credentials?: Credentials;
  /** A certificate authority's PEM, for tests; default: those of the platform. */
  readonly ca?: string;
}

/** The name that every user of the filter has (HS-16). */
const EHLO_NAME = 'localhost';

/** RFC 5321 §4.5.3.2: ten minutes for the end of a mail, five for the rest; one limit for both. */
const REPLY_MS = 10 * 60_000;
const CONNECT_MS = 30_000;

/** A conversation with a server; replies come in the order of what was said. */
export class Upstream {
  #socket: Socket | TLSSocket;
  #read = replyReader();
  readonly #waiting: ((reply: Reply | undefined) => void)[] = [];
  readonly #early: Reply[] = [];
  /** What its EHLO has offered. */
  offers: readonly string[] = [];
  #isOver = false;

  constructor(socket: Socket | TLSSocket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Says one line and hears its reply; `undefined` when the connection has ended. */
  async ask(line: string): Promise<Reply | undefined> {
    return this.send(utf8(`${line}\r\n`));
  }

  /** The same for bytes. */
  async send(bytes: Uint8Array): Promise<Reply | undefined> {
    if (this.#isOver) return undefined;
    this.#socket.write(bytes);
    return this.hear();
  }

  /** The next reply. */
  hear(): Promise<Reply | undefined> {
    const early = this.#early.shift();
    if (early !== undefined || this.#isOver) return Promise.resolve(early);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Speaks TLS from here on; what was said in the clear is forgotten. */
  async secure(options: UpstreamOptions): Promise<boolean> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    this.#early.length = 0;
    const secured = connectTls({ socket: plain, ...tlsOptions(options) });
    const isSecure = await new Promise<boolean>((resolve) => {
      secured.once('secureConnect', () => resolve(true));
      secured.once('error', () => resolve(false));
      secured.once('close', () => resolve(false));
    });
    this.#socket = secured;
    this.#read = replyReader();
    this.#listen(secured);
    if (!isSecure) this.close();
    return isSecure;
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.setTimeout(REPLY_MS, () => this.close());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
    socket.on('data', (piece: Buffer) => {
      const replies = this.#read(piece.toString('latin1'));
      if (replies === 'malformed') this.close();
      else for (const reply of replies) this.#hand(reply);
    });
  }

  #hand(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#early.push(reply);
    else waiting(reply);
  }
}

/** The certificate must name the host; an IP address is not told in the clear (RFC 6066 §3). */
const tlsOptions = ({ host, ca }: UpstreamOptions): ConnectionOptions => ({
  host,
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(ca === undefined ? {} : { ca }),
});

const UNREACHABLE: UpstreamError = { kind: 'unreachable' };

/** Connects, greets and logs in. */
export const openUpstream = async (
  options: UpstreamOptions,
): Promise<Result<Upstream, UpstreamError>> => {
  const socket = await dial(options);
  if (socket === undefined) return err(UNREACHABLE);
  const upstream = new Upstream(socket);
  const begun = await begin(upstream, options);
  if (begun.isOk()) return ok(upstream);
  upstream.close();
  return err(begun.error);
};

const dial = (options: UpstreamOptions): Promise<Socket | TLSSocket | undefined> =>
  new Promise((resolve) => {
    const { host, port, tls } = options;
    const isTls = tls === 'implicit';
    const socket = isTls
      ? connectTls({ port, ...tlsOptions(options) })
      : connectTcp({ host, port });
    const fail = (): void => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(CONNECT_MS, fail);
    socket.once('error', fail);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      socket.removeListener('error', fail);
      socket.removeAllListeners('timeout');
      resolve(socket);
    });
  });

type Step = Result<void, UpstreamError>;
const DONE: Step = ok(undefined);

const begin = async (upstream: Upstream, options: UpstreamOptions): Promise<Step> => {
  const greeting = await upstream.hear();
  if (greeting === undefined) return err(UNREACHABLE);
  if (isRefusal(greeting)) return err({ kind: 'greeting', reply: greeting });
  const greeted = await greet(upstream);
  if (greeted.isErr() || options.tls !== 'starttls') {
    return greeted.isErr() ? greeted : logIn(upstream, options);
  }
  const offered = await upstream.ask('STARTTLS');
  if (offered === undefined || isRefusal(offered)) return err({ kind: 'no-tls' });
  if (!(await upstream.secure(options))) return err({ kind: 'no-tls' });
  const again = await greet(upstream);
  return again.isErr() ? again : logIn(upstream, options);
};

const greet = async (upstream: Upstream): Promise<Step> => {
  const extended = await upstream.ask(`EHLO ${EHLO_NAME}`);
  if (extended === undefined) return err(UNREACHABLE);
  if (!isRefusal(extended)) {
    upstream.offers = extended.text.toUpperCase().split(' ');
    return DONE;
  }
  const plain = await upstream.ask(`HELO ${EHLO_NAME}`);
  if (plain === undefined) return err(UNREACHABLE);
  return isRefusal(plain) ? err({ kind: 'greeting', reply: plain }) : DONE;
};

const logIn = async (upstream: Upstream, { credentials }: UpstreamOptions): Promise<Step> => {
  if (credentials === undefined) return DONE;
  const { user, password } = credentials;
  const plain = await upstream.ask(`AUTH PLAIN ${toBase64(utf8(`\0${user}\0${password}`))}`);
  if (plain === undefined) return err(UNREACHABLE);
  if (!isRefusal(plain)) return DONE;
  const asked = await upstream.ask('AUTH LOGIN');
  const named = asked?.code === 334 ? await upstream.ask(toBase64(utf8(user))) : undefined;
  const told = named?.code === 334 ? await upstream.ask(toBase64(utf8(password))) : undefined;
  return told !== undefined && !isRefusal(told)
    ? DONE
    : err({ kind: 'log-in', reply: told ?? plain });
};
