/**
 * A provider's plug-ins: checked, started, and ended with the node.
 * @module
 */
import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import type { NodeError } from '../../node/options.js';
import type { NodeServices } from '../../node/role.js';
import type { Service } from '../services.js';
import {
  DEFAULT_PLUGIN_LIMITS,
  isEndpoint,
  type PluginLimits,
  type PluginOptions,
} from './options.js';
import { Plugin } from './plugin.js';

export interface OpenPlugins {
  readonly services: readonly Service[];
  /** Resolves when no process is left; the node's signal is aborted by then. */
  readonly close: () => Promise<unknown>;
}

/** CBOR around the payload of an answer. */
const ENVELOPE_BYTES = 1024;

/**
 * Starts plug-ins, and waits for them as long as one may take.
 *
 * @param builtIn - services whose names are taken
 * @errors `bad-option`: a name that is none or is taken; a world without programs or HTTP
 */
export const openPlugins = (
  node: Pick<NodeServices, 'io' | 'suite' | 'count' | 'signal'>,
  plugins: readonly PluginOptions[],
  { builtIn, limits }: { builtIn: readonly Service[]; limits?: Partial<PluginLimits> | undefined },
): ResultAsync<OpenPlugins, NodeError> => {
  if (plugins.length === 0) return okAsync({ services: [], close: () => Promise.resolve() });
  const { http, processes, ...io } = node.io;
  if (http === undefined || processes === undefined) {
    return refuse('needs a world with programs and HTTP');
  }
  const rule = brokenRule([...builtIn, ...plugins], plugins);
  if (rule !== undefined) return refuse(rule);
  const world = {
    ...{ io, http, processes, count: node.count },
    limits: { ...DEFAULT_PLUGIN_LIMITS, ...limits },
    longestAnswer: node.suite.geometry.payloadLength + ENVELOPE_BYTES,
  };
  warnOfNone(node, plugins);
  const services = plugins.map((plugin) => new Plugin(world, plugin));
  const runs = Promise.all(services.map((service) => service.run(node.signal)));
  const ready = Promise.all(services.map((service) => service.ready(node.signal)));
  return ResultAsync.fromSafePromise(ready).map(() => ({
    services,
    close: () => runs,
  }));
};

/** As in the reference none is started where nobody says how many. */
const warnOfNone = ({ io }: Pick<NodeServices, 'io'>, plugins: readonly PluginOptions[]): void => {
  for (const { capability, maxConcurrency } of plugins) {
    const problem = 'MaxConcurrency is 0: nothing is started, and requests are dropped';
    if (maxConcurrency === 0) io.log.write('warning', 'plugin', problem, { capability });
  }
};

const refuse = (rule: string): ResultAsync<never, NodeError> =>
  errAsync({ kind: 'bad-option', option: 'plugins', rule });

type Named = Pick<Service, 'capability' | 'endpoint'>;

/** What no two services may share, and what a plug-in may not be called. */
const brokenRule = (
  all: readonly Named[],
  plugins: readonly PluginOptions[],
): string | undefined => {
  const twiceNamed = repeated(all.map(({ capability }) => capability));
  if (twiceNamed !== undefined) return `two services have the capability ${twiceNamed}`;
  const twiceReached = repeated(all.map(({ endpoint }) => endpoint));
  if (twiceReached !== undefined) return `two services have the endpoint ${twiceReached}`;
  const bad = plugins.find(
    ({ capability, endpoint }) => capability === '' || !isEndpoint(endpoint),
  );
  return bad && `${bad.endpoint} is no endpoint: the local part of an address, in lower case`;
};

const repeated = (names: readonly string[]): string | undefined =>
  names.find((name, at) => names.indexOf(name) !== at);
