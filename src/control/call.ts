/**
 * The command line's side of the control socket: opens it, switches to JSON-RPC and asks.
 * @module
 */
import { err, fromSafePromise, ok, type Result, type ResultAsync } from 'neverthrow';
import { fromUtf8, utf8 } from '../bytes/text.js';
import type { DialError, Network } from '../io/contracts.js';
import {
  isObject,
  JSON_LINE_LIMIT,
  parseJson,
  STREAM,
  type Json,
  type JsonObject,
} from './json.js';
import { Lines } from './lines.js';

export type CallError =
  /** Nobody listens there. */
  | DialError
  /** Somebody listens who does not offer JSON-RPC. */
  | { readonly kind: 'no-json-rpc' }
  | { readonly kind: 'connection-lost' }
  | { readonly kind: 'malformed-reply' }
  /** The method refused; `data` are its facts. */
  | {
      readonly kind: 'refused';
      readonly code: number;
      readonly message: string;
      readonly data: Json;
    };

/** Where a daemon answers. */
export interface DaemonSocket {
  readonly network: Network;
  /** Absolute path of the control socket. */
  readonly path: string;
  /** Ends a call that is waiting. */
  readonly signal?: AbortSignal;
}

/**
 * Calls one method of the daemon.
 *
 * @errors `dial` — no daemon; `refused` — its own answer; the others: not our daemon, or it ended
 */
export const callDaemon = (
  socket: DaemonSocket,
  method: string,
  params: JsonObject = {},
): ResultAsync<Json, CallError> =>
  open(socket).andThen((lines) =>
    fromSafePromise(ask(lines, method, params).finally(() => lines.close())).andThen(
      (result) => result,
    ),
  );

/**
 * Calls a method that answers with a stream.
 *
 * @returns its items, until it ends, the daemon does, or the socket's signal is aborted
 */
export const followDaemon = (
  socket: DaemonSocket,
  method: string,
  params: JsonObject = {},
): ResultAsync<AsyncIterable<Json>, CallError> =>
  open(socket).andThen((lines) =>
    fromSafePromise(ask(lines, method, params)).andThen((result) => {
      if (result.isErr()) void lines.close();
      return result.map(() => itemsOf(lines));
    }),
  );

const NEVER = new AbortController().signal;

const open = ({ network, path, signal = NEVER }: DaemonSocket): ResultAsync<Lines, CallError> =>
  network
    .dial(`unix:${path}`, signal)
    .mapErr((error): CallError => error)
    .andThen((duplex) => {
      const lines = new Lines({ duplex, signal });
      return fromSafePromise(switchToJson(lines)).andThen((switched) => {
        if (switched) return ok(lines);
        void lines.close();
        return err<Lines, CallError>({ kind: 'no-json-rpc' });
      });
    });

const switchToJson = async (lines: Lines): Promise<boolean> =>
  (await startsWith(lines, '220 ')) &&
  (await lines.write(utf8('JSON\r\n'))) &&
  (await startsWith(lines, '250 '));

const startsWith = async (lines: Lines, code: string): Promise<boolean> => {
  const event = await lines.next(JSON_LINE_LIMIT);
  return event.kind === 'line' && fromUtf8(event.bytes).startsWith(code);
};

const ask = async (
  lines: Lines,
  method: string,
  params: JsonObject,
): Promise<Result<Json, CallError>> => {
  const request = { jsonrpc: '2.0', id: 1, method, params };
  await lines.write(utf8(`${JSON.stringify(request)}\n`));
  const message = await nextMessage(lines);
  return message.andThen(readReply);
};

const nextMessage = async (lines: Lines): Promise<Result<JsonObject, CallError>> => {
  const event = await lines.next(JSON_LINE_LIMIT);
  if (event.kind === 'too-long') return err({ kind: 'malformed-reply' });
  if (event.kind !== 'line') return err({ kind: 'connection-lost' });
  const parsed = parseJson(event.bytes);
  if (parsed.isErr() || !isObject(parsed.value)) return err({ kind: 'malformed-reply' });
  return ok(parsed.value);
};

const readReply = (message: JsonObject): Result<Json, CallError> => {
  const { result, error } = message;
  if (result !== undefined) return ok(result);
  if (!isObject(error)) return err({ kind: 'malformed-reply' });
  const { code, message: text, data = null } = error;
  if (typeof code !== 'number' || typeof text !== 'string') return err({ kind: 'malformed-reply' });
  return err({ kind: 'refused', code, message: text, data });
};

async function* itemsOf(lines: Lines): AsyncGenerator<Json, void> {
  try {
    for (;;) {
      const message = await nextMessage(lines);
      if (message.isErr() || message.value['method'] !== STREAM.item) return;
      const params = message.value['params'];
      if (isObject(params) && params['item'] !== undefined) yield params['item'];
    }
  } finally {
    await lines.close();
  }
}
