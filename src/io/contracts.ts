/**
 * What the world must give: time, chance, connections, files, threads and a log.
 *
 * Everything else in the project takes these as values; `node.ts` implements them on Node.js and
 * `memory.ts` in memory, where a whole network runs in one process on a clock turned by hand.
 * @module
 */
import type { Result, ResultAsync } from 'neverthrow';

/** Time in milliseconds. */
export interface Clock {
  /** Wall time, ms since the Unix epoch; may jump. */
  now(): number;
  /** Ms since some fixed moment; never jumps, for measuring and for deadlines. */
  monotonic(): number;
  /**
   * Resolves after `ms` (any finite value; at most 0 is the next turn), or as soon as `signal` is
   * aborted. It never rejects: look at `signal.aborted` when the difference matters.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `length` bytes from a cryptographically secure source. */
export type Random = (length: number) => Uint8Array;

/** One two-way byte stream. */
export interface Duplex {
  /** Where the other end is; for people, counters and limits, never a proof of who it is. */
  readonly remote: string;
  /**
   * The next bytes in whatever pieces they came; the caller owns them. `undefined` when the peer
   * has ended, the connection broke or was destroyed. At most one read at a time.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Hands bytes on; the caller must not touch them any more. Resolves when there is room for more:
   * `true`, or `false` when the connection is gone.
   */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Ends our direction after what was written; the peer's bytes can still be read. */
  end(): void;
  /** Drops the connection at once; pending reads and writes resolve. */
  destroy(): void;
}

export interface DialError {
  readonly kind: 'dial';
  readonly address: string;
  /** `proxy`: the one in between is not there, does not let us in, or makes no sense. */
  readonly reason: 'refused' | 'timeout' | 'unreachable' | 'aborted' | 'bad-address' | 'proxy';
}

export interface ListenError {
  readonly kind: 'listen';
  readonly address: string;
  readonly reason: 'in-use' | 'denied' | 'bad-address' | 'aborted';
}

export interface Listener {
  /** The address really bound, with the port that was picked where 0 was asked for. */
  readonly address: string;
  /** Connections as they come, until {@link Listener.close}. */
  readonly connections: AsyncIterable<Duplex>;
  /** Stops listening; open connections go on. */
  close(): Promise<void>;
}

/** Addresses are `host:port` (IPv6 in brackets) or `unix:/path`. */
export interface Network {
  dial(address: string, signal: AbortSignal): ResultAsync<Duplex, DialError>;
  /** Also at `fd:3`, a socket that the process was given open, where the platform has them. */
  listen(address: string): ResultAsync<Listener, ListenError>;
}

export interface FilesError {
  readonly kind: 'files';
  readonly path: string;
  readonly reason: 'missing' | 'denied' | 'full' | 'exists' | 'io';
}

/** Small private files (0600) in private directories (0700). Paths are absolute. */
export interface Files {
  read(path: string): ResultAsync<Uint8Array, FilesError>;
  /** Durable when ok: written beside, synced, renamed over, directory synced. */
  write(path: string, bytes: Uint8Array): ResultAsync<void, FilesError>;
  /** Ok also when there was none. */
  remove(path: string): ResultAsync<void, FilesError>;
  /** Names of the plain files in a directory, sorted; none when it is missing. */
  list(directory: string): ResultAsync<readonly string[], FilesError>;
  /** Makes a private directory and its parents; ok when it is there. */
  makeDirectory(path: string): ResultAsync<void, FilesError>;
}

/** One thread of {@link Workers}; messages are structured clones, buffers listed are moved. */
export interface WorkerThread {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Called with each message from the thread, or with `undefined` once when it has died. */
  onMessage(receive: (message: unknown) => void): void;
  close(): Promise<void>;
}

/** Threads, where there are any. */
export interface Workers {
  /** How many threads are worth starting; 0: do the work in place. */
  readonly count: number;
  /** Starts a built entry point by its name, such as `unwrap-worker`. */
  start(
    entry: string,
  ): Result<WorkerThread, { readonly kind: 'no-worker'; readonly entry: string }>;
}

export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** Facts beside a log message: counts, reasons and {@link Identifier}s, never raw names or keys. */
export type LogFacts = Readonly<Record<string, string | number | boolean | Identifier | undefined>>;

/** An address, id or key that prints as a short keyed hash unless a person asked for clear text. */
export interface Identifier {
  readonly identifier: string | Uint8Array;
}

export interface Log {
  write(level: LogLevel, module: string, message: string, facts?: LogFacts): void;
}

/** TLS as the side that has the certificate. */
export interface TlsServer {
  /**
   * Takes a connection over, whose next bytes are the other side's first ones of TLS. It has no
   * deadline: whoever calls destroys the connection when it takes too long.
   *
   * @errors `tls` — the other side speaks no TLS, has no version in common with us, or has left
   */
  secure(duplex: Duplex): ResultAsync<Duplex, { readonly kind: 'tls' }>;
}

export interface HttpError {
  readonly kind: 'http';
  readonly url: string;
  readonly reason:
    | DialError['reason']
    | 'bad-url'
    /** Not who they say they are, or no TLS at all. */
    | 'tls'
    /** The connection ended before the answer. */
    | 'ended'
    | 'malformed';
}

/** One request, read whole. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** Empty where none was sent. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Plain text in UTF-8 where absent. */
  readonly contentType?: string;
}

/** What is posted. */
export interface HttpBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Bytes for a program at the other end of a connection. */
export interface HttpQuestion {
  readonly path: string;
  readonly body: Uint8Array;
  /** Most bytes of the answer's body. */
  readonly maxAnswer: number;
}

/** Why there is no answer; `ended`: the connection broke before it was whole. */
export type HttpAskError = 'aborted' | 'ended' | 'malformed' | 'too-large';

/** What became of a connection on which one request was waited for. */
export type HttpOutcome = 'answered' | 'malformed' | 'too-large' | 'ended';

/** The little that we need of HTTP/1.1, over connections that others make. */
export interface Http {
  /**
   * Posts a form (URL-encoded), or a body as it is, to an `http:` or `https:` address, dialling
   * through `network`. Nothing is redirected. Of a body over 4 KiB, or one that breaks off, nothing is given.
   */
  post(
    network: Network,
    url: string,
    content: Readonly<Record<string, string>> | HttpBody,
    signal: AbortSignal,
  ): ResultAsync<HttpAnswer, HttpError>;
  /**
   * Posts bytes (`application/octet-stream`) over a fresh connection, and reads what comes back,
   * whatever its status; the connection is gone afterwards.
   */
  ask(
    duplex: Duplex,
    question: HttpQuestion,
    signal: AbortSignal,
  ): ResultAsync<Uint8Array, HttpAskError>;
  /**
   * Reads one request off a fresh connection, answers it and ends the connection; the caller has
   * the deadline, and destroys the connection then.
   *
   * @param options - `respond` must not reject; it is not called for what is no request, or has a
   *   body over `maxBody` bytes
   */
  answer(
    duplex: Duplex,
    options: {
      readonly maxBody: number;
      readonly respond: (request: HttpRequest) => Promise<HttpAnswer>;
    },
  ): Promise<HttpOutcome>;
}

/** A program of somebody else's that we have started. */
export interface ChildProcess {
  /** What it prints; to be read, or it waits. */
  readonly output: AsyncIterable<Uint8Array>;
  /** What it prints to its standard error; to be read too. */
  readonly complaints: AsyncIterable<Uint8Array>;
  /** Resolves when it is gone, or could not be started; never rejects. */
  readonly gone: Promise<'ended' | 'not-started'>;
  /** Asks it, and what it has started, to end. */
  terminate(): void;
  /** Ends it, and what it has started. */
  kill(): void;
}

/** Programs, where they can be started. */
export interface Processes {
  /**
   * Starts a program, by its path or its name. It gets no environment but what programs need, and
   * its standard input ends with our process: whatever happens to us, it can tell.
   */
  start(command: string, args: readonly string[]): ChildProcess;
}

/** Everything at once, for those who assemble; others take the one that they use. */
export interface Io {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly files: Files;
  readonly workers: Workers;
  readonly log: Log;
  /** Absent where there is no web. */
  readonly http?: Http;
  /** Absent where no programs can be started. */
  readonly processes?: Processes;
}
