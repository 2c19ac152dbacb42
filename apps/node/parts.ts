/**
 * The parts of a network as their operator sees them: one shape for authority, mix and provider.
 * @module
 */
import { ok, type ResultAsync } from 'neverthrow';
import { startAuthority, type AuthorityStatus } from '../../servers/authority/authority.js';
import type { AuthorityError, AuthorityOptions } from '../../servers/authority/options.js';
import { startMix } from '../../servers/mix/mix.js';
import type { RunningNode } from '../../servers/node/node.js';
import type { NodeError } from '../../servers/node/options.js';
import { POISSON } from '../../servers/node/strategy.js';
import type { SpoolCounts } from '../../servers/provider/contracts.js';
import {
  startProvider,
  type ProviderOptions,
  type RunningProvider,
} from '../../servers/provider/provider.js';
import type { VerbTable } from '../../src/control/dialogue.js';
import type { JsonObject } from '../../src/control/json.js';
import type { RpcMethods } from '../../src/control/method.js';
import { nodeMethods } from './methods.js';
import type { Apply } from './reload.js';

/** A part that runs. */
export interface Part {
  readonly addresses: readonly string[];
  /** Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  readonly status: () => JsonObject;
  /** By name, for statistics; see `Counters`. */
  readonly counters: () => Readonly<Record<string, number>>;
  /** The documents' verbs. */
  readonly verbs: VerbTable;
  /** What only such a part can be asked. */
  readonly methods: RpcMethods;
  readonly apply: Apply;
  close(): Promise<void>;
}

export const openAuthority = (options: AuthorityOptions): ResultAsync<Part, AuthorityError> =>
  startAuthority(options).map((authority) => ({
    ...authority,
    status: () => ({ ...authorityJson(authority.status()), members: [...authority.nodes()] }),
    counters: () => authority.status().counters,
    apply: (config) =>
      authority
        .revise(config.kind === 'authority' ? config.options : options)
        .mapErr((error) => asBadOption(error)),
    close: () => authority.close(),
  }));

export const openServer = (
  kind: 'mix' | 'provider',
  options: ProviderOptions,
): ResultAsync<Part, NodeError> =>
  kind === 'mix' ? startMix(options).map(mixPart) : startProvider(options).map(providerPart);

const mixPart = (node: RunningNode): Part => ({
  addresses: node.addresses,
  identityKey: node.identityKey,
  status: () => ({ ...nodeJson(node), spooled: 0 }),
  counters: () => node.status().counters,
  verbs: {},
  methods: nodeMethods(node),
  apply: (config) => {
    if (config.kind !== 'authority') {
      node.retune(config.options.tuning ?? {});
      node.remix(config.options.mixing ?? POISSON);
    }
    return ok(undefined);
  },
  close: () => node.close(),
});

const providerPart = (provider: RunningProvider): Part => {
  const part = mixPart(provider);
  return {
    ...part,
    status: () => ({ ...nodeJson(provider), spooled: waitingOf(provider.spooled()) }),
    verbs: provider.verbs,
    apply: (config) => {
      if (config.kind !== 'authority') provider.limitSpool(config.options);
      return part.apply(config);
    },
  };
};

/** Mail blocks; all items where nobody but the users can tell them apart. */
const waitingOf = ({ items, messages = items }: SpoolCounts): number => messages;

/** Of what is checked when a policy is revised, all is an option of the file. */
const asBadOption = (error: AuthorityError) =>
  error.kind === 'bad-option'
    ? error
    : ({ kind: 'bad-option', option: 'Addresses', rule: 'at least one' } as const);

const authorityJson = (status: AuthorityStatus): JsonObject => ({
  role: 'authority',
  ...status,
  descriptors: { ...status.descriptors },
  nodes: { ...status.nodes },
});

/** A node's numbers; its place is told by whether it has one. */
const nodeJson = (node: RunningNode): JsonObject => {
  const { place, ...status } = node.status();
  return {
    ...status,
    mixing: { ...status.mixing },
    onTrial: [...status.onTrial],
    health: status.health.map((counts) => ({ ...counts })),
    inDocument: place !== undefined,
  };
};
