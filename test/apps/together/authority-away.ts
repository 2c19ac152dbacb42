/** The authority killed, away until its documents are used up, and started again. */
import { readFile } from 'node:fs/promises';
import { logFileOf } from '../../../apps/testnet/plan.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { eventually } from '../crash/eventually.js';
import type { ProcessNetwork } from '../network.js';
import { epochOf, type Ordeal } from './drill.js';

/** Documents are good for their own epoch and two more. */
const EPOCHS_AWAY = 3;
/** There is one mix in each layer, so that all mail passes it. */
const KILLED = 'mix2';
/** Longer than those epochs, ms. */
const LIMIT_MS = 180_000;

export const authorityAway: Ordeal = async (network, traffic) => {
  const problems: string[] = [];
  const expect = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    if (!(await eventually(isSo, LIMIT_MS))) problems.push(`not so: ${what}`);
  };
  const all = (state: string) => async (): Promise<boolean> =>
    (await documentsOf(network)).every((document) => document === state);
  const delivers = async (when: string): Promise<void> => {
    const before = await traffic.delivered();
    await expect(`mail arrives ${when}`, async () => (await traffic.delivered()) > before);
  };

  await expect('all have the document', all('current'));
  await expect('no next document is made yet', async () => {
    const status = await network.status('auth');
    return status?.['hasDocument'] === true && status['hasNextDocument'] === false;
  });
  const last = await epochOf(network);
  await network.kill('auth');
  await expect('all say that it is stale', all('stale'));
  await delivers('on the old document');
  await network.kill(KILLED);
  await expect(`${KILLED} comes back`, () => network.start(KILLED));
  await expect('its operator is told', async () =>
    (await network.verb(KILLED, 'status')).out.includes('the document is stale'),
  );
  await delivers('past a mix that knows the old document from its disk');
  await expect('all say that there is none', all('missing'));
  problems.push(...(await silentOnes(network)));
  const isBack = await network.start('auth');
  const away = (await epochOf(network)) - last;
  await expect('all have one again', all('current'));
  await delivers('after it has come back');
  if (!isBack || away < EPOCHS_AWAY) problems.push(`it came back after ${away} epochs`);
  return problems;
};

/** Each node's and each daemon's word on the document that it goes by. */
const documentsOf = async (network: ProcessNetwork): Promise<readonly unknown[]> => {
  const { nodes, plan } = network;
  const names = [...nodes, ...plan.users].map(({ name }) => name);
  const statuses = await Promise.all(names.map((name) => network.status(name)));
  return statuses.flatMap((status) => (status === undefined ? [undefined] : wordsOf(status)));
};

const wordsOf = ({ document, accounts }: JsonObject): readonly unknown[] =>
  Array.isArray(accounts)
    ? accounts.map((account: Json) => (isObject(account) ? account['document'] : undefined))
    : [document];

/** Everybody whose log does not tell of it. */
const silentOnes = async ({ nodes, plan }: ProcessNetwork): Promise<readonly string[]> => {
  const logs = [...nodes, ...plan.users].map(async (place) => {
    const log = await readFile(logFileOf(place), 'utf8');
    const isTold = log.includes('document is stale') && log.includes('document has expired');
    return isTold ? [] : [`${place.name} has not logged it`];
  });
  return (await Promise.all(logs)).flat();
};
