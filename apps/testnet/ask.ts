/**
 * Asking the parts of a test network over their sockets.
 * @module
 */
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import { callDaemon, type CallError } from '../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../src/control/json.js';
import { Lines } from '../../src/control/lines.js';
import type { Network } from '../../src/io/contracts.js';

const LINE_LIMIT = 4096;
const NEVER = new AbortController().signal;

/** Calls a method that answers with an object. */
export const askObject = (
  network: Network,
  socket: string,
  method: string,
  params: JsonObject = {},
): ResultAsync<JsonObject, CallError> =>
  callDaemon({ network, path: socket }, method, params).andThen(
    (answer): Result<JsonObject, CallError> =>
      isObject(answer) ? ok(answer) : err({ kind: 'malformed-reply' }),
  );

/** A number somewhere in an answer, 0 when it is not there. */
export const numberAt = (answer: Json | undefined, ...path: readonly string[]): number => {
  const [name, ...rest] = path;
  if (name === undefined) return typeof answer === 'number' ? answer : 0;
  return isObject(answer) ? numberAt(answer[name], ...rest) : 0;
};

/**
 * Says one management command.
 *
 * @returns the first line of the answer
 */
export const sayVerb = (
  network: Network,
  socket: string,
  command: string,
): ResultAsync<string, CallError> =>
  network
    .dial(`unix:${socket}`, NEVER)
    .mapErr((error): CallError => error)
    .andThen((duplex) => new ResultAsync(converse(new Lines({ duplex }), command)));

const converse = async (lines: Lines, command: string): Promise<Result<string, CallError>> => {
  const greeting = await lines.next(LINE_LIMIT);
  await lines.write(utf8(`${command}\r\n`));
  const answer = greeting.kind === 'line' ? await lines.next(LINE_LIMIT) : greeting;
  await lines.close();
  return answer.kind === 'line' ? ok(fromUtf8(answer.bytes)) : err({ kind: 'connection-lost' });
};
