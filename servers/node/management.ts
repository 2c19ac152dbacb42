/**
 * A node's management socket: the operator's verbs, and JSON-RPC behind the verb `JSON`.
 * @module
 */
import { ok, type ResultAsync } from 'neverthrow';
import { holdDialogue, type VerbTable } from '../../src/control/dialogue.js';
import type { Json } from '../../src/control/json.js';
import { gives, rpcMethod, value, type RpcMethods } from '../../src/control/method.js';
import { FACTS, NOTHING } from '../../src/control/schema.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import type { Io, ListenError } from '../../src/io/contracts.js';

export interface ManagementOptions {
  readonly io: Io;
  /** `unix:/path`. */
  readonly address: string;
  /** The node's name, for the greeting. */
  readonly identifier: string;
  readonly verbs: VerbTable;
  /** What it can be asked beside its status, and to end. */
  readonly methods?: RpcMethods;
  readonly status: () => Json;
  /** Starts the end of the whole program. */
  readonly shutdown: () => void;
}

const MAX_SESSIONS = 64;

/**
 * Serves a node's management socket.
 *
 * @errors `listen`: the path is taken by a running node, or cannot be used
 */
export const serveManagement = (
  options: ManagementOptions,
): ResultAsync<RunningBridge, ListenError> => {
  const { io, address, identifier, verbs, shutdown } = options;
  const methods = methodsOf(options);
  const greeting = `${identifier} Katzenpost`;
  const dialogue = { clock: io.clock, greeting, verbs, methods, shutdown };
  return serve({
    ...io,
    address,
    module: 'management',
    maxSessions: MAX_SESSIONS,
    session: (duplex, signal, count) => holdDialogue({ ...dialogue, count }, duplex, signal),
  });
};

const methodsOf = ({ methods = {}, status, shutdown }: ManagementOptions): RpcMethods => ({
  ...methods,
  status: rpcMethod(
    { summary: 'counters, queues and connections of the node', params: {}, answer: gives(FACTS) },
    () => ok(value(status())),
  ),
  shutdown: rpcMethod(
    { summary: 'ends the node in good order', params: {}, answer: gives(NOTHING) },
    () => {
      shutdown();
      return ok(value(null));
    },
  ),
});
