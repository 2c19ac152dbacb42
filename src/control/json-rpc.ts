/**
 * JSON-RPC 2.0 over lines, one JSON value per line: the server's side.
 *
 * Requests of one connection are served in turn. A method may answer with a stream: its result is
 * then `{ "stream": n }`, each item follows as a notification `stream.item` and the end as
 * `stream.end`, and other requests can be made meanwhile. The end of the connection ends its
 * streams. Batches are not offered. `rpc.discover` describes all methods.
 * @module
 */
import { utf8 } from '../bytes/text.js';
import { onAbort } from '../io/abort.js';
import type { Count } from './counts.js';
import { DISCOVER, describeMethods } from './discover.js';
import { isObject, JSON_LINE_LIMIT, parseJson, RPC_ERROR, STREAM, type Json } from './json.js';
import type { Lines } from './lines.js';
import type { RpcFailure, RpcMethods } from './method.js';
import type { ParamsError } from './params.js';

interface Request {
  readonly id: Json | undefined;
  readonly method: string;
  readonly params: Json | undefined;
}

interface Connection {
  readonly lines: Lines;
  readonly methods: RpcMethods;
  readonly count: Count;
  readonly signal: AbortSignal;
  streams: number;
}

export interface SpeakOptions {
  readonly methods: RpcMethods;
  /** Told of lines that are no requests; without it nobody counts. */
  readonly count?: Count;
}

/** Serves requests until the peer leaves or `signal` is aborted. */
export const speakJsonRpc = async (
  lines: Lines,
  { methods, count = () => undefined }: SpeakOptions,
  signal: AbortSignal,
): Promise<void> => {
  const stop = new AbortController();
  const forget = onAbort(signal, () => stop.abort());
  const connection = { lines, methods, count, signal: stop.signal, streams: 0 };
  try {
    while (await serveOne(connection));
  } finally {
    forget();
    stop.abort();
  }
};

/** Whether there may be more. */
const serveOne = async (connection: Connection): Promise<boolean> => {
  const event = await connection.lines.next(JSON_LINE_LIMIT);
  if (event.kind === 'too-long') return complain(connection, RPC_ERROR.invalidRequest);
  if (event.kind !== 'line') return false;
  const parsed = parseJson(event.bytes);
  if (parsed.isErr()) return complain(connection, RPC_ERROR.parse);
  const request = readRequest(parsed.value);
  if (request === undefined) return complain(connection, RPC_ERROR.invalidRequest);
  return answer(connection, request);
};

const complain = (connection: Connection, code: number): Promise<boolean> => {
  connection.count('garbage');
  return reply(connection, null, problem(code));
};

const readRequest = (json: Json): Request | undefined => {
  if (!isObject(json) || json['jsonrpc'] !== '2.0' || typeof json['method'] !== 'string') {
    return undefined;
  }
  const { id, method, params } = json;
  // It comes back in the reply, so it must not be anything large that is easily made.
  return typeof id === 'object' && id !== null ? undefined : { id, method, params };
};

const answer = async (connection: Connection, request: Request): Promise<boolean> => {
  const { methods, signal } = connection;
  const { id } = request;
  if (request.method === DISCOVER) {
    return reply(connection, id, { result: describeMethods(methods) });
  }
  const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (method === undefined) return reply(connection, id, problem(RPC_ERROR.methodNotFound));
  const outcome = await method.call(request.params, signal);
  if (outcome.isErr()) return reply(connection, id, refusal(outcome.error));
  if (outcome.value.kind === 'value') return reply(connection, id, { result: outcome.value.value });
  const stream = ++connection.streams;
  const alive = await reply(connection, id, { result: { stream } });
  void pump(connection, stream, outcome.value.items);
  return alive;
};

/** Sends a stream at the pace of the peer; never rejects, since nobody waits for it. */
const pump = async (
  connection: Connection,
  stream: number,
  items: AsyncIterable<Json>,
): Promise<void> => {
  try {
    for await (const item of items) {
      if (!(await notify(connection, STREAM.item, { stream, item }))) return;
    }
  } catch {
    // A stream that fails ends; whoever made it has logged why.
  }
  await notify(connection, STREAM.end, { stream });
};

const MESSAGES: Readonly<Record<number, string>> = {
  [RPC_ERROR.parse]: 'Parse error',
  [RPC_ERROR.invalidRequest]: 'Invalid Request',
  [RPC_ERROR.methodNotFound]: 'Method not found',
};

type Outgoing = Readonly<Record<string, unknown>>;

const problem = (code: number): Outgoing => ({ error: { code, message: MESSAGES[code] } });

const refusal = (failure: RpcFailure | ParamsError): Outgoing =>
  failure.kind === 'invalid-params'
    ? { error: { code: RPC_ERROR.invalidParams, message: 'Invalid params', data: failure } }
    : { error: { code: RPC_ERROR.refused, message: failure.kind, data: failure } };

/** A request without an id wants no reply. */
const reply = (
  connection: Connection,
  id: Json | undefined,
  outcome: Outgoing,
): Promise<boolean> =>
  id === undefined
    ? Promise.resolve(true)
    : writeJson(connection.lines, { jsonrpc: '2.0', id, ...outcome });

const notify = (connection: Connection, method: string, params: Json): Promise<boolean> =>
  connection.signal.aborted
    ? Promise.resolve(false)
    : writeJson(connection.lines, { jsonrpc: '2.0', method, params });

const writeJson = (lines: Lines, json: Outgoing): Promise<boolean> =>
  lines.write(utf8(`${JSON.stringify(json)}\n`));
