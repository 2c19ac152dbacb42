/**
 * Commands to a network on virtual time, over its control socket.
 * @module
 */
import { err, errAsync, ResultAsync, type Result } from 'neverthrow';
import type { CallError } from '../../../src/control/call.js';
import { isObject, type JsonObject } from '../../../src/control/json.js';
import type { Io } from '../../../src/io/contracts.js';
import { askObject, numberAt } from '../ask.js';
import type { TestnetError } from '../errors.js';
import type { Pids } from '../exports.js';
import { controlSocketOf, type TestnetPlan } from '../plan.js';
import { runningPid, startProgram, stopProcesses } from '../processes.js';
import { awaitAll } from '../ready.js';

/** Starts the process and waits until mail can flow. */
export const startVirtual = (plan: TestnetPlan, io: Io): ResultAsync<Pids, TestnetError> => {
  const started = startProgram(['testnet', 'serve', '--dir', plan.directory], plan);
  const place = { name: 'the network', directory: plan.directory };
  const isThere = (): Promise<boolean> =>
    ask(plan, io, 'status').match(
      () => true,
      () => false,
    );
  return awaitAll(io, 'start', [{ place, started, isThere }])
    .map(() => new Map([...plan.parts, ...plan.users].map(({ name }) => [name, started.pid])))
    .orElse((error) =>
      ResultAsync.fromSafePromise(stopProcesses([started.pid], plan.directory, io.clock)).andThen(
        () => errAsync(error),
      ),
    );
};

/** Ends the process; ok when there is none. */
export const stopVirtual = (plan: TestnetPlan, io: Io): ResultAsync<void, never> => {
  const pid = runningPid({ ...plan, dataDir: plan.directory });
  const pids = pid === undefined ? [] : [pid];
  return ResultAsync.fromSafePromise(stopProcesses(pids, plan.directory, io.clock));
};

/** @returns the time afterwards, ms since the Unix epoch */
export const advanceVirtual = (
  plan: TestnetPlan,
  io: Io,
  ms: number,
): ResultAsync<number, TestnetError> =>
  ask(plan, io, 'advance', { ms }).map((answer) => numberAt(answer, 'nowMs'));

export const settleVirtual = (plan: TestnetPlan, io: Io): ResultAsync<void, TestnetError> =>
  ask(plan, io, 'settle')
    .map(() => undefined)
    .orElse((error): Result<void, TestnetError> => err(unsettled(error)));

/** What is left comes over the socket as the facts of a refusal. */
const unsettled = (error: CallError): TestnetError => {
  if (error.kind !== 'refused' || !isObject(error.data)) return error;
  const { left } = error.data;
  if (!Array.isArray(left)) return error;
  return { kind: 'not-in-time', what: 'settle', left: left.map(String) };
};

/** @returns how many blocks were delivered again */
export const injectVirtual = (plan: TestnetPlan, io: Io): ResultAsync<number, TestnetError> =>
  plan.kind === 'virtual'
    ? ask(plan, io, 'inject').map((answer) => numberAt(answer, 'blocks'))
    : errAsync({ kind: 'only-virtual', command: 'inject' });

export const crashVirtual = (
  plan: TestnetPlan,
  name: string,
  io: Io,
): ResultAsync<void, TestnetError> => ask(plan, io, 'crash', { name }).map(() => undefined);

export const restartVirtual = (
  plan: TestnetPlan,
  name: string,
  io: Io,
): ResultAsync<void, TestnetError> => ask(plan, io, 'start', { name }).map(() => undefined);

const ask = (
  plan: TestnetPlan,
  { network }: Io,
  method: string,
  params: JsonObject = {},
): ResultAsync<JsonObject, CallError> => askObject(network, controlSocketOf(plan), method, params);
