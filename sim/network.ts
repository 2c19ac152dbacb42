/**
 * A network that exists in its document only: nodes without keys, and where each of them stands.
 * @module
 */
import { parametersOf } from '../apps/node/config.js';
import type { EpochTime } from '../src/pki/epoch.js';
import type { NetworkNode, NetworkView } from '../src/pki/view.js';
import type { Settings } from './settings.js';

/** One epoch for the whole run: what a change of keys loses is not simulated. */
export const ENDLESS_EPOCH: EpochTime = { zeroMs: 0, periodMs: 2 ** 52 };

const KEY_LENGTH = 32;
const LOOP = new Map([['loop', { endpoint: '+loop' }]]);

const node = (index: number, name: string, services: NetworkNode['services']): NetworkNode => {
  const key = new Uint8Array(KEY_LENGTH);
  new DataView(key.buffer).setUint32(0, index);
  return {
    nodeId: key,
    name,
    identityKey: key,
    linkKey: key,
    addresses: new Map(),
    mixKeys: new Map([[0, key]]),
    services,
    registrationAddresses: undefined,
  };
};

/** The index of a node among providers first, then the mixes layer by layer. */
export const indexOf = (nodeId: Uint8Array): number =>
  new DataView(nodeId.buffer, nodeId.byteOffset).getUint32(0);

export const networkView = ({ Simulation, Parameters }: Settings): NetworkView => {
  const { Providers, Layers, MixesPerLayer } = Simulation;
  const providers = Array.from({ length: Providers }, (_, i) => node(i, `provider${i}`, LOOP));
  const layers = Array.from({ length: Layers }, (_, layer) =>
    Array.from({ length: MixesPerLayer }, (_, i) =>
      node(Providers + layer * MixesPerLayer + i, `mix${layer}.${i}`, new Map()),
    ),
  );
  const { rates, sendRatePerMinute } = parametersOf(Parameters);
  const edge = { entries: providers, exits: providers };
  return { epoch: 0, validUntilMs: Infinity, layers, ...edge, rates, sendRatePerMinute };
};
