/**
 * The mix: a node whose only packets of its own are decoys.
 * @module
 */
import { okAsync, type ResultAsync } from 'neverthrow';
import { Decoys } from '../node/decoys.js';
import { startNode, type RunningNode } from '../node/node.js';
import type { NodeError, NodeOptions } from '../node/options.js';
import type { NodeRole, NodeServices, TerminalHop } from '../node/role.js';
import type { Mixing } from '../node/strategy.js';

export interface MixOptions extends NodeOptions {
  /** When packets leave; Poisson when absent. */
  readonly mixing?: Mixing;
}

/** Starts a mix; it connects and carries packets as soon as a document names it. */
export const startMix = (options: MixOptions): ResultAsync<RunningNode, NodeError> =>
  startNode(options, {
    kind: 'mix',
    mixing: options.mixing,
    open: (services) => okAsync(openMixRole(services)),
  });

const openMixRole = (services: NodeServices): NodeRole => {
  const decoys = makeDecoys(services);
  const running = decoys.run();
  return {
    kind: 'mix',
    advertise: () => Promise.resolve({ services: new Map(), registrationAddresses: undefined }),
    isClient: () => Promise.resolve(false),
    openClient: () => {
      throw new Error('a mix has no clients');
    },
    take: (hops: readonly TerminalHop[]) => {
      for (const hop of hops) {
        if (hop.kind === 'surb-reply') decoys.take(hop);
        else services.drop('not-for-a-mix');
      }
    },
    pending: () => 0,
    health: () => decoys.health,
    ping: (names) => decoys.ping(names),
    close: () => running,
  };
};

const makeDecoys = (services: NodeServices): Decoys => {
  const { io, suite, network, identity, documents, tuning, drop, signal } = services;
  return new Decoys({
    clock: io.clock,
    random: io.random,
    suite,
    epochTime: network.epochTime,
    identityKey: identity.identityKey,
    view: () => documents.latest(),
    dispatch: services.dispatch,
    tuning,
    drop,
    count: services.count,
    signal,
  });
};
