/** The incidents: what is done to a part while mail flows, and what must be so afterwards. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { numberAt } from '../../../apps/testnet/ask.js';
import { logFileOf } from '../../../apps/testnet/plan.js';
import type { Json, JsonObject } from '../../../src/control/json.js';
import { makeFormer } from '../../support/former-store.js';
import { eventually } from '../crash/eventually.js';
import type { ProcessNetwork } from '../network.js';
import { publishedKeys } from './published.js';
import type { Incident, IncidentKind } from './plan.js';

/** Long enough for a busy machine, and for keys to go through three epochs, ms. */
const LIMIT_MS = 120_000;

/** When it is killed in its start, in shares of the pause before. */
const STARTS = [0.1, 0.3, 1];

/** @returns what is wrong */
type Perform = (
  network: ProcessNetwork,
  part: string,
  pauseMs: number,
) => Promise<readonly string[]>;

/** Lets an incident happen. @returns what is wrong */
export const perform = async (
  network: ProcessNetwork,
  { kind, part, pauseMs }: Incident,
): Promise<readonly string[]> => {
  await network.io.clock.sleep(pauseMs);
  const problems = await PERFORM[kind](network, part, pauseMs);
  return problems.map((problem) => `${kind} ${part}: ${problem}`);
};

/** What is said where something is not so. */
const unless = (isSo: boolean, problem: string): readonly string[] => (isSo ? [] : [problem]);

const kill: Perform = async (network, part) => [
  ...unless(await network.kill(part), 'it had ended by itself'),
  ...unless(await network.start(part), 'it does not come back'),
];

/** Its files are half made, its keys half changed, its socket is there or not. */
const killInStart: Perform = async (network, part, pauseMs) => {
  const problems: string[] = [];
  for (const share of STARTS) {
    problems.push(...unless(await network.kill(part), 'it had ended by itself'));
    network.launch(part);
    await network.io.clock.sleep(pauseMs * share);
  }
  return [...problems, ...(await kill(network, part, pauseMs))];
};

const stop: Perform = async (network, part) => {
  const { code, err } = await network.verb(part, 'stop');
  return [
    ...unless(code === 0, `exit ${code}: ${err}`),
    ...unless(!(await network.kill(part)), 'its process has not ended'),
    ...unless(await network.start(part), 'it does not come back'),
  ];
};

/** What a node holds for another one outlives its stop. */
const stopHolding: Perform = async (network, away) => {
  if (!(await eventually(() => areLinked(network), LIMIT_MS))) return ['not all are linked'];
  await network.kill(away);
  const holder = await holderOf(network, away);
  if (holder === undefined) return ['nobody holds packets for it'];
  const before = outgoingIn((await network.verb(holder, 'queue', '--json')).out);
  const stopped = await network.verb(holder, 'stop');
  network.launch(holder);
  const isBack = await network.answers(holder);
  const after = outgoingIn((await network.verb(holder, 'queue', '--json')).out);
  const isThere = await network.start(away);
  const isEmpty = await eventually(
    async () => numberAt(await network.status(holder), 'queuedOnDisk') === 0,
    LIMIT_MS,
  );
  return [
    ...unless(stopped.code === 0, `${holder} does not stop: ${stopped.err}`),
    ...unless(isBack && isThere, 'not both are back'),
    ...unless(before > 0 && after >= before, `${holder} held ${before} packets, then ${after}`),
    ...unless(isEmpty, `${holder} keeps what it held`),
  ];
};

/** Before that, a node without a link may be one that only waits for another. */
const areLinked = async (network: ProcessNetwork): Promise<boolean> => {
  const statuses = await Promise.all(network.nodes.map(({ name }) => network.status(name)));
  return statuses.every((status) => unlinked(status) === 0 && planned(status) > 0);
};

/** A node that cannot reach the one that is away, and has packets for it. */
const holderOf = async (network: ProcessNetwork, away: string): Promise<string | undefined> => {
  let holder: string | undefined;
  await eventually(async () => {
    for (const { name } of network.nodes.filter((node) => node.name !== away)) {
      const status = await network.status(name);
      if (outgoing(status) > 0 && unlinked(status) > 0) holder = name;
    }
    return holder !== undefined;
  }, LIMIT_MS);
  return holder;
};

const planned = (status: Json | undefined): number =>
  numberAt(status, 'connections', 'outgoingPlanned');

const unlinked = (status: Json | undefined): number =>
  planned(status) - numberAt(status, 'connections', 'outgoingUp');

const outgoing = (status: Json | undefined): number => numberAt(status, 'queues', 'outgoing');

const outgoingIn = (text: string): number => numberAt(JSON.parse(text) as Json, 'outgoing');

const republish: Perform = async (network, part) => {
  const posts = async (name: string, counter: string): Promise<number> =>
    numberAt(await network.status(name), 'counters', counter);
  const [seen, accepted] = [
    await posts('auth', 'answered.post-descriptor'),
    await posts(part, 'publish.accepted'),
  ];
  const { code, out } = await network.verb(part, 'republish', '--json');
  if (code !== 0) return [`exit ${code}`];
  const { epochs } = JSON.parse(out) as { readonly epochs: readonly number[] };
  const isPosted = await eventually(
    async () =>
      (await posts('auth', 'answered.post-descriptor')) >= seen + epochs.length &&
      (await posts(part, 'publish.accepted')) >= accepted + epochs.length,
    LIMIT_MS,
  );
  return unless(epochs.length > 0 && isPosted, `${epochs.length} descriptors were not all taken`);
};

/** By the verb, by SIGHUP, and by a file that is broken. */
const reload: Perform = async (network, part) => {
  const set = (from: RegExp, to: (found: string) => string): Promise<void> =>
    network.configure(part, (text) => text.replace(from, to));
  const hangUp = (): boolean => process.kill(network.pid(part) ?? 0, 'SIGHUP');
  const needs = (keys: string): Promise<boolean> =>
    eventually(async () => {
      const status = await network.status(part);
      return JSON.stringify(status?.['needsRestart']) === keys;
    }, LIMIT_MS);
  const log = (): Promise<string> => readFile(logFileOf(network.part(part)), 'utf8');

  await set(/(?<=^SendSlack = )\d+/m, (slack) => String(Number(slack) + 1));
  const { out } = await network.verb(part, 'reload', '--json');
  await set(/^NumSphinxWorkers = 1$/m, () => 'NumSphinxWorkers = 2');
  hangUp();
  const isTold = await needs('["Debug.NumSphinxWorkers"]');
  await set(/^NumSphinxWorkers = 2$/m, () => 'NumSphinxWorkers = 1');
  hangUp();
  const isSettled = await needs('[]');
  const before = (await log()).length;
  await set(/^SendSlack/m, () => 'SendSlak');
  hangUp();
  const isLogged = await eventually(
    async () => (await log()).slice(before).includes('Debug.SendSlak'),
    LIMIT_MS,
  );
  await set(/^SendSlak/m, () => 'SendSlack');
  return [
    ...unless(out.includes('Debug.SendSlack'), `reload says: ${out}`),
    ...unless(isTold && isSettled, 'SIGHUP was not heard'),
    ...unless(isLogged, 'a broken file is not told of'),
    ...unless((await network.status(part)) !== undefined, 'it is gone'),
  ];
};

/** The old keys are nowhere any more, and those that packets are made for are new. */
const deleteKeys: Perform = async (network, part) => {
  const old = await publishedKeys(network, part);
  await network.verb(part, 'stop');
  const deleted = await network.verb(part, 'delkeys', '--all', '--yes', '--json');
  if (deleted.code !== 0) return [`delkeys: ${deleted.err}`];
  const { epochs } = JSON.parse(deleted.out) as { readonly epochs: readonly number[] };
  const isBack = await network.start(part);
  // The authority keeps the descriptors that it has: the new keys come in an epoch or two.
  const isNew = await eventually(async () => {
    const keys = await publishedKeys(network, part);
    return keys.length > 0 && keys.every((key) => !old.includes(key));
  }, LIMIT_MS);
  return [
    ...unless(old.length > 0 && epochs.length >= old.length, `${epochs.length} keys were deleted`),
    ...unless(isBack, 'it does not come back'),
    ...unless(isNew, 'its old keys stay published'),
  ];
};

/** A store of the first format is refused, brought up once, and used. */
const upgrade: Perform = async (network, part) => {
  const place = network.part(part);
  await network.verb(part, 'stop');
  makeFormer(join(place.dataDir, place.role === 'authority' ? 'authority.db' : 'node.db'));
  const refused = await network.verb(part, 'start');
  const upgraded = [
    await network.verb(part, 'upgrade', '--json'),
    await network.verb(part, 'upgrade', '--json'),
  ].map(({ out }) => (JSON.parse(out) as readonly JsonObject[])[0]);
  const isBack = await network.start(part);
  const [first, second] = upgraded;
  return [
    ...unless(refused.code === 1 && refused.err.includes('run postern upgrade'), 'not refused'),
    ...unless(first?.['from'] === 1 && first['to'] === second?.['from'], 'not upgraded'),
    ...unless(second?.['backup'] === null, 'upgraded twice'),
    ...unless(isBack, 'it does not come back'),
  ];
};

const PERFORM: Readonly<Record<IncidentKind, Perform>> = {
  'kill a mix': kill,
  'kill a provider': kill,
  'kill the authority': kill,
  'kill in its start': killInStart,
  'stop and start': stop,
  'stop a node that holds packets for': stopHolding,
  republish,
  reload,
  'delete the mix keys of': deleteKeys,
  upgrade,
};
