/** A drill: mail between everybody the whole time, and meanwhile something befalls the nodes. */
import { numberAt } from '../../../apps/testnet/ask.js';
import type { Json } from '../../../src/control/json.js';
import { eventually } from '../crash/eventually.js';
import { soon } from '../crash/network.js';
import { PACE, prepareNetwork, type ProcessNetwork } from '../network.js';
import { perform } from './incidents.js';
import type { Incident } from './plan.js';
import { Traffic } from './traffic.js';

/** Short enough for keys to go and come in a test, and long enough for a start to fit in a half. */
const EPOCH_MS = 20_000;
const SETTLE_LIMIT_MS = 240_000;
/** What has been received is filed in a moment. */
const FILING_LIMIT_MS = 10_000;
/** Over so many epochs mail flows: no key of the first is left then. */
const EPOCHS = 3;

/** What the nodes go through. @returns what is wrong */
export type Ordeal = (network: ProcessNetwork, traffic: Traffic) => Promise<readonly string[]>;

export interface DrillReport {
  readonly accepted: number;
  readonly problems: readonly string[];
}

/** A network with short epochs in an empty directory; nothing runs. */
export const prepareDrill = async (
  directory: string,
  epoch = EPOCH_MS,
): Promise<ProcessNetwork> => {
  const network = await prepareNetwork(directory, { ...PACE, epoch });
  for (const { name } of network.plan.users) await network.configure(name, soon);
  return network;
};

/**
 * Starts a network, has it go through an ordeal under traffic, and reckons up every mail.
 *
 * @param blind - providers that cannot tell whether mail waits in their spools
 */
export const drill = async (
  network: ProcessNetwork,
  ordeal: Ordeal,
  blind: readonly string[] = [],
): Promise<DrillReport> => {
  try {
    await network.up();
    const traffic = new Traffic(network);
    await traffic.start();
    const faults = await ordeal(network, traffic);
    await traffic.stop();
    const left = await network.settle(SETTLE_LIMIT_MS, blind);
    await eventually(async () => (await traffic.problems()).length === 0, FILING_LIMIT_MS);
    return {
      accepted: traffic.ledger.count('accepted'),
      problems: [...faults, ...(left === undefined ? [] : [left]), ...(await traffic.problems())],
    };
  } finally {
    await network.down();
  }
};

/** Incidents in turn, and then as much time as all keys need to be others. */
export const incidentsInTurn =
  (incidents: readonly Incident[]): Ordeal =>
  async (network) => {
    const first = await epochOf(network);
    const faults: string[] = [];
    for (const incident of incidents) faults.push(...(await perform(network, incident)));
    return [...faults, ...(await outlive(network, first + EPOCHS))];
  };

export const epochOf = async (network: ProcessNetwork): Promise<number> =>
  numberAt(await network.status('auth'), 'epoch');

/** Waits for an epoch. @returns nodes that have no key of it, or still one of before its last */
const outlive = async (network: ProcessNetwork, epoch: number): Promise<readonly string[]> => {
  const wrong = async (): Promise<readonly string[]> => {
    const now = await epochOf(network);
    const nodes = network.nodes.map(async ({ name }) => {
      const keys = (await network.status(name))?.['mixKeys'];
      const isRight = Array.isArray(keys) && keys.includes(now) && !keys.some(isBefore(now - 1));
      return isRight && now >= epoch ? [] : [`${name} has the mix keys ${JSON.stringify(keys)}`];
    });
    return (await Promise.all(nodes)).flat();
  };
  await eventually(async () => (await wrong()).length === 0, SETTLE_LIMIT_MS);
  return wrong();
};

const isBefore =
  (epoch: number) =>
  (key: Json): boolean =>
    typeof key === 'number' && key < epoch;
