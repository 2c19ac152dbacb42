/**
 * The control socket: the reference's management verbs, and JSON-RPC after the verb `JSON`.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { holdDialogue, type DialogueOptions } from '../../src/control/dialogue.js';
import type { RpcMethods } from '../../src/control/method.js';
import { serve, type RunningBridge } from '../../src/control/serve.js';
import type { Clock, ListenError, Log, Network, Random } from '../../src/io/contracts.js';
import type { MixClient } from '../../src/index.js';
import { recipientVerbs } from './verbs.js';

const MODULE = 'management';
const MAX_SESSIONS = 64;

export interface ManagementOptions {
  readonly network: Network;
  /** `unix:/path`; whoever can open it commands the daemon. */
  readonly address: string;
  readonly client: MixClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is offered after `JSON`. */
  readonly methods: RpcMethods;
  /** The verbs of the documents: recipients and `SHUTDOWN`; `QUIT` and `JSON` are always there. */
  readonly enableDocumentVerbs: boolean;
  /** Called by the verb `SHUTDOWN`; it returns at once and ends the daemon afterwards. */
  readonly shutdown: () => void;
}

/**
 * Serves the control socket.
 *
 * @errors `listen` — `in-use`: another daemon answers there
 */
export const serveManagement = (
  options: ManagementOptions,
): ResultAsync<RunningBridge, ListenError> => {
  const { network, address, clock, log } = options;
  const dialogue = dialogueOf(options);
  return serve({
    network,
    address,
    clock,
    log,
    module: MODULE,
    maxSessions: MAX_SESSIONS,
    session: (duplex, signal, count) => holdDialogue({ ...dialogue, count }, duplex, signal),
  });
};

const dialogueOf = (options: ManagementOptions): DialogueOptions => {
  const { clock, methods, enableDocumentVerbs, shutdown } = options;
  return {
    clock,
    greeting: 'Katzenpost Mailproxy',
    methods,
    verbs: enableDocumentVerbs ? recipientVerbs(options) : {},
    shutdown: enableDocumentVerbs ? shutdown : undefined,
  };
};
