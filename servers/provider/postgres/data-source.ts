/**
 * Where the database is: `DataSourceName` as the reference's driver takes it, an URL or `key=value`
 * words. Nothing here or in an error repeats the text, which may hold a password.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';

export interface DataSource {
  /** A host's name or address, or the absolute path of a directory with a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsMode;
}

/** As libpq names them, without those that it does not advise. */
export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-full';

export type DataSourceProblem =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'unknown-key'; readonly key: string }
  | { readonly kind: 'bad-port' }
  | { readonly kind: 'bad-sslmode' };

const DEFAULT_PORT = '5432';
const MAX_PORT = 65_535;
const TLS_MODES: readonly string[] = ['disable', 'prefer', 'require', 'verify-full'];
const KEYS: readonly string[] = ['host', 'port', 'dbname', 'user', 'password', 'sslmode'];

/** `key=value`, where a value with spaces stands between single quotes and `\` escapes. */
const WORD = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?:\s|$)/y;

/** Reads a data source name. */
export const parseDataSource = (text: string): Result<DataSource, DataSourceProblem> =>
  (/^postgres(?:ql)?:\/\//.test(text) ? wordsOfUrl(text) : wordsOf(text)).andThen(dataSourceOf);

/** The same as words, for people to see. */
export const withoutPassword = (text: string): string =>
  parseDataSource(text).match(
    ({ host, port, database, user, tls }) =>
      Object.entries({ host, port, dbname: database, user, sslmode: tls })
        .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${quoted(String(value))}`]))
        .join(' '),
    () => '',
  );

const quoted = (value: string): string =>
  /^[\w./:-]+$/.test(value) ? value : `'${value.replace(/['\\]/g, '\\$&')}'`;

type Words = ReadonlyMap<string, string>;

const wordsOfUrl = (text: string): Result<Words, DataSourceProblem> => {
  if (!URL.canParse(text)) return err({ kind: 'unreadable' });
  const url = new URL(text);
  const words = new Map(url.searchParams);
  const put = (key: string, value: string): void => {
    if (value !== '') words.set(key, value);
  };
  try {
    put('host', decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''));
    put('port', url.port);
    put('dbname', decodeURIComponent(url.pathname.slice(1)));
    put('user', decodeURIComponent(url.username));
    put('password', decodeURIComponent(url.password));
  } catch {
    return err({ kind: 'unreadable' });
  }
  return ok(words);
};

const wordsOf = (text: string): Result<Words, DataSourceProblem> => {
  const words = new Map<string, string>();
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const [, key = '', inQuotes, plain = ''] = WORD.exec(text) ?? [];
    if (key === '') return err({ kind: 'unreadable' });
    words.set(key, (inQuotes ?? plain).replace(/\\(.)/g, '$1'));
  }
  return ok(words);
};

const isTlsMode = (text: string): text is TlsMode => TLS_MODES.includes(text);

const dataSourceOf = (words: Words): Result<DataSource, DataSourceProblem> => {
  const unknown = [...words.keys()].find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return err({ kind: 'unknown-key', key: unknown });
  const port = words.get('port') ?? DEFAULT_PORT;
  if (!/^\d{1,5}$/.test(port) || Number(port) === 0 || Number(port) > MAX_PORT) {
    return err({ kind: 'bad-port' });
  }
  const tls = words.get('sslmode') ?? 'prefer';
  if (!isTlsMode(tls)) return err({ kind: 'bad-sslmode' });
  return ok({
    host: words.get('host') ?? 'localhost',
    port: Number(port),
    database: words.get('dbname'),
    user: words.get('user'),
    password: words.get('password'),
    tls,
  });
};
