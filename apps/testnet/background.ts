/**
 * A test network of processes: started, found again, ended.
 * @module
 */
import { err, errAsync, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import type { Io } from '../../src/io/contracts.js';
import type { TestnetError } from './errors.js';
import type { Pids } from './exports.js';
import type { PartPlan, TestnetPlan, UserPlan } from './plan.js';
import {
  runningPid,
  startPartProcess,
  startUserProcess,
  stopProcesses,
  type Started,
} from './processes.js';
import { answering, awaitAll, connected, linked, registerUsers } from './ready.js';

/**
 * Starts all processes and waits until mail can flow.
 *
 * @errors why it cannot; nothing of it is left running
 */
export const startProcesses = (plan: TestnetPlan, io: Io): ResultAsync<Pids, TestnetError> => {
  const started = new Map<string, Started>();
  return startAll(plan, io, started)
    .map(() => new Map([...started].map(([name, { pid }]) => [name, pid])))
    .orElse((error) =>
      ResultAsync.fromSafePromise(
        stopProcesses(
          [...started.values()].map(({ pid }) => pid),
          plan.directory,
          io.clock,
        ),
      ).andThen(() => errAsync(error)),
    );
};

const startAll = (
  plan: TestnetPlan,
  io: Io,
  started: Map<string, Started>,
): ResultAsync<void, TestnetError> =>
  safeTry(async function* () {
    const nodes = plan.parts.filter(({ role }) => role !== 'authority');
    for (const part of plan.parts) started.set(part.name, startPartProcess(part));
    const of = (name: string): Started | undefined => started.get(name);
    yield* awaitAll(
      io,
      'start of the nodes',
      nodes.map((part) => answering(io, part, of(part.name))),
    );
    yield* registerUsers(plan, io);
    for (const user of plan.users) started.set(user.name, startUserProcess(user));
    yield* awaitAll(io, 'connections', [
      ...nodes.map((part) => linked(io, part, of(part.name))),
      ...plan.users.map((user) => connected(io, user, of(user.name))),
    ]);
    return ok(undefined);
  });

/** Ends every process of the network that is still there. */
export const stopAll = (plan: TestnetPlan, io: Io): ResultAsync<void, never> => {
  const pids = [...plan.users, ...plan.parts].flatMap((place) => runningPid(place) ?? []);
  return ResultAsync.fromSafePromise(stopProcesses(pids, plan.directory, io.clock));
};

type Named =
  | { readonly kind: 'part'; readonly place: PartPlan }
  | { readonly kind: 'user'; readonly place: UserPlan };

/** A part or user by its name, whatever its case. */
export const findPlace = (plan: TestnetPlan, name: string): Result<Named, TestnetError> => {
  const isNamed = (place: { readonly name: string }): boolean =>
    place.name.toLowerCase() === name.toLowerCase();
  const part = plan.parts.find(isNamed);
  if (part) return ok({ kind: 'part', place: part });
  const user = plan.users.find(isNamed);
  if (user) return ok({ kind: 'user', place: user });
  const parts = [...plan.parts, ...plan.users].map((place) => place.name);
  return err({ kind: 'no-such-part', part: name, parts });
};

/** Ends a process without letting it finish anything. */
export const crashProcess = (
  plan: TestnetPlan,
  name: string,
  io: Io,
): ResultAsync<void, TestnetError> =>
  findPlace(plan, name).asyncAndThen(({ place }) => {
    const pid = runningPid(place);
    if (pid === undefined) return okAsync(undefined);
    process.kill(pid, 'SIGKILL');
    return ResultAsync.fromSafePromise(stopProcesses([pid], plan.directory, io.clock));
  });

/** Starts a process that is not running, and waits until it takes part again. */
export const restartProcess = (
  plan: TestnetPlan,
  name: string,
  io: Io,
): ResultAsync<void, TestnetError> =>
  findPlace(plan, name).asyncAndThen((named) => {
    if (runningPid(named.place) !== undefined) return okAsync(undefined);
    if (named.kind === 'user') {
      const started = startUserProcess(named.place);
      return awaitAll(io, 'start', [connected(io, named.place, started)]);
    }
    const started = startPartProcess(named.place);
    return named.place.role === 'authority'
      ? okAsync(undefined)
      : awaitAll(io, 'start', [linked(io, named.place, started)]);
  });
