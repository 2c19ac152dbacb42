/**
 * The connections to PostgreSQL, and what happens when one breaks: it is made again, what may be
 * repeated is repeated, and after that the caller hears of it.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import type { Options, Sql } from 'postgres';
import type { Clock } from '../../../src/io/contracts.js';
import type { StoreError } from '../../../src/store/store.js';
import type { DataSource } from './data-source.js';

/** Runs one statement or transaction, which must do no harm when it is run twice. */
export type Ask = <T>(work: (sql: Sql) => Promise<T>) => ResultAsync<T, StoreError>;

export interface Database {
  /** Durable when ok. */
  readonly durable: Ask;
  /** Survives the death of our processes; a crash of the database may cost the last moment. */
  readonly swift: Ask;
  /** The one connection that holds the locks of mailboxes; nothing is repeated on it. */
  readonly session: Ask;
  close(): Promise<void>;
}

/** Connections for what must be durable: as many writes share a flush of the disk. */
const DURABLE_CONNECTIONS = 8;
const CONNECT_TIMEOUT_S = 10;
const RECONNECT_PAUSE_S = 0.2;
const CLOSE_TIMEOUT_S = 2;
/** Longer than this nobody waits for an answer. */
const DEADLINE_MS = 15_000;
/** Pauses before a statement is tried again. */
const RETRY_MS: readonly number[] = [100, 400];

/** A peer that is gone without a word must not keep its users' locks. */
const KEEP_ALIVE = { tcp_keepalives_idle: 10, tcp_keepalives_interval: 5, tcp_keepalives_count: 3 };

/** Connects when there is something to ask; the package is loaded here and nowhere else. */
export const openDatabase = async (clock: Clock, source: DataSource): Promise<Database> => {
  const { default: postgres } = await import('postgres');
  const connect = (max: number, synchronousCommit: 'on' | 'off'): Sql =>
    postgres({ ...optionsOf(source, synchronousCommit), max });
  const durable = connect(DURABLE_CONNECTIONS, 'on');
  const swift = connect(1, 'off');
  const session = connect(1, 'off');
  return {
    durable: (work) => retry(clock, () => attempt(clock, work(durable))),
    swift: (work) => retry(clock, () => attempt(clock, work(swift))),
    session: (work) => new ResultAsync(attempt(clock, work(session)).then(withoutCode)),
    close: async () => {
      const pools = [durable, swift, session];
      await Promise.all(pools.map((sql) => sql.end({ timeout: CLOSE_TIMEOUT_S })));
    },
  };
};

const optionsOf = (
  { host, port, database, user, password, tls }: DataSource,
  synchronousCommit: 'on' | 'off',
): Options<Record<string, never>> => ({
  host,
  port,
  ...(database === undefined ? {} : { database }),
  ...(user === undefined ? {} : { user }),
  ...(password === undefined ? {} : { password }),
  ssl: tls === 'disable' || host.startsWith('/') ? false : tls,
  connect_timeout: CONNECT_TIMEOUT_S,
  backoff: () => RECONNECT_PAUSE_S,
  max_lifetime: null,
  fetch_types: false,
  onnotice: () => undefined,
  connection: {
    application_name: 'postern',
    synchronous_commit: synchronousCommit,
    ...(host.startsWith('/') ? {} : KEEP_ALIVE),
  },
});

/** What went wrong, with the code that says whether trying again may help. */
interface Failure {
  readonly code: string;
}

const LATE = 'LATE';

const attempt = async <T>(clock: Clock, work: Promise<T>): Promise<Result<T, Failure>> => {
  const done = new AbortController();
  const late = clock.sleep(DEADLINE_MS, done.signal).then(() => err({ code: LATE }));
  const answer = work.then(
    (value) => ok(value),
    (thrown: unknown) => err({ code: codeOf(thrown) }),
  );
  const outcome = await Promise.race([answer, late]);
  done.abort();
  return outcome;
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : 'unknown';

const retry = <T>(
  clock: Clock,
  run: () => Promise<Result<T, Failure>>,
): ResultAsync<T, StoreError> => {
  const untilDone = async (): Promise<Result<T, Failure>> => {
    for (const pauseMs of RETRY_MS) {
      const outcome = await run();
      if (outcome.isOk() || !isPassing(outcome.error)) return outcome;
      await clock.sleep(pauseMs);
    }
    return run();
  };
  return new ResultAsync(untilDone().then(withoutCode));
};

const UNREACHABLE = /^(?:CONNECT|E[A-Z]+$|57P|08)/;
/**
 * Deadlocks and serialisation; and an item of ours that an attempt of ours which seemed lost has put
 * there after all.
 */
const COLLISIONS: readonly string[] = ['40P01', '40001', '23505'];

const isPassing = ({ code }: Failure): boolean =>
  UNREACHABLE.test(code) || COLLISIONS.includes(code);

const withoutCode = <T>(outcome: Result<T, Failure>): Result<T, StoreError> =>
  outcome.mapErr(storeErrorOf);

const SENTENCES: Readonly<Record<string, string>> = {
  '28P01': 'the database refuses the password',
  '28000': 'the database refuses the user',
  '3D000': 'there is no such database',
  '42501': 'the user has too few rights in the database',
  '53300': 'the database takes no more connections',
  [LATE]: 'the database does not answer',
};

/** Messages of the database are not passed on: they may quote what was asked. */
const storeErrorOf = ({ code }: Failure): StoreError => {
  if (code === '53100') return { kind: 'store-full' };
  if (code === 'CONNECTION_ENDED') return { kind: 'store-closed' };
  const unreachable = UNREACHABLE.test(code) ? 'the database cannot be reached' : undefined;
  const reason = SENTENCES[code] ?? unreachable ?? `the database gave error ${code}`;
  return { kind: 'store-io', reason };
};
