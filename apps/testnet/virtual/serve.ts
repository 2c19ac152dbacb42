/**
 * The process of a network on virtual time: its control socket, and the idling of its clock.
 * @module
 */
import { join } from 'node:path';
import { ok, ResultAsync, safeTry } from 'neverthrow';
import { utf8 } from '../../../src/bytes/text.js';
import { holdDialogue } from '../../../src/control/dialogue.js';
import {
  gives,
  integer,
  rpcMethod,
  text,
  value,
  type RpcMethods,
} from '../../../src/control/method.js';
import { INTEGER, record } from '../../../src/control/schema.js';
import { serve } from '../../../src/control/serve.js';
import type { Io } from '../../../src/io/contracts.js';
import { nodeIo } from '../../../src/io/node.js';
import type { TestnetError } from '../errors.js';
import { controlSocketOf, logFileOf, type TestnetPlan } from '../plan.js';
import { VirtualNetwork } from './network.js';

/** Between two turns of a clock that nobody advances: what is due at once is done then, real ms. */
const IDLE_TURN_MS = 20;
const MAX_SESSIONS = 16;

/** Serves until it is told to end. */
export const serveVirtual = (
  plan: TestnetPlan,
  stop: { readonly requested: Promise<void>; readonly request: () => void },
): ResultAsync<void, TestnetError> =>
  safeTry(async function* () {
    process.umask(0o077);
    const io = nodeIo({ log: { file: logFileOf(plan), level: 'notice' } });
    yield* io.files.write(join(plan.directory, 'pid'), utf8(`${process.pid}\n`));
    const network = new VirtualNetwork(plan, io, io.log);
    yield* network.start();
    const bridge = yield* serveControl(plan, io, methodsOf(network, stop.request));
    const idle = new AbortController();
    const turning = turn(network, io, idle.signal);
    await stop.requested;
    await bridge.close();
    await network.close();
    idle.abort();
    await turning;
    return ok(undefined);
  });

const serveControl = (plan: TestnetPlan, io: Io, methods: RpcMethods) =>
  serve({
    ...io,
    address: `unix:${controlSocketOf(plan)}`,
    module: 'testnet',
    maxSessions: MAX_SESSIONS,
    session: (duplex, signal) =>
      holdDialogue(
        { clock: io.clock, greeting: 'Postern test network', verbs: {}, methods },
        duplex,
        signal,
      ),
  }).mapErr((error): TestnetError => error);

const turn = async (network: VirtualNetwork, { clock }: Io, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await network.advance(0);
    await clock.sleep(IDLE_TURN_MS, signal);
  }
};

const TIME = gives(record({ nowMs: INTEGER }));
const DONE = gives(record({}));
const NAME = { name: text('the part or user') };

const methodsOf = (network: VirtualNetwork, shutdown: () => void): RpcMethods => ({
  status: rpcMethod(
    {
      summary: 'that it is there, and its time',
      params: {},
      answer: gives(record({ pid: INTEGER, nowMs: INTEGER })),
    },
    () => ok(value({ pid: process.pid, nowMs: network.nowMs })),
  ),
  advance: rpcMethod(
    { summary: 'lets time pass', params: { ms: integer('how much, ms') }, answer: TIME },
    ({ ms }) =>
      ResultAsync.fromSafePromise(network.advance(ms)).map(() => value({ nowMs: network.nowMs })),
  ),
  settle: rpcMethod({ summary: 'waits until no mail is under way', params: {}, answer: TIME }, () =>
    network.settle().map(() => value({ nowMs: network.nowMs })),
  ),
  inject: rpcMethod(
    {
      summary: 'delivers captured blocks once more',
      params: {},
      answer: gives(record({ blocks: INTEGER })),
    },
    () => network.inject().map((blocks) => value({ blocks })),
  ),
  crash: rpcMethod(
    { summary: 'ends a part without letting it finish', params: NAME, answer: DONE },
    ({ name }) => network.crash(name).map(() => value({})),
  ),
  start: rpcMethod({ summary: 'starts a part again', params: NAME, answer: DONE }, ({ name }) =>
    network.restart(name).map(() => value({})),
  ),
  shutdown: rpcMethod({ summary: 'ends the network', params: {}, answer: DONE }, () => {
    shutdown();
    return ok(value({}));
  }),
});
