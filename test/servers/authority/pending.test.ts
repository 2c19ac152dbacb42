/** Nodes that nobody has listed: they wait for the operator, who lets them in or turns them away. */
import { describe, expect, it } from 'vitest';
import { textOf } from '../../../apps/cli/cli.js';
import { toHex } from '../../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { memoryIo } from '../../../src/io/memory.js';
import {
  all,
  MINUTE,
  mixes,
  nodeOf,
  START,
  stores,
  worldOf,
  type Node,
  type World,
} from './world.js';

const idOf = ({ identityKey }: Node): string => toHex(identityKey);

/** What the management socket's methods answer; the kind of a refusal. */
const ask = async (
  { authority }: World,
  method: string,
  params: JsonObject = {},
): Promise<Json> => {
  const answer = await authority.methods[method]?.call(params, new AbortController().signal);
  if (answer === undefined) throw new Error(`no method ${method}`);
  return answer.match(
    (found) => (found.kind === 'value' ? found.value : null),
    ({ kind }) => kind,
  );
};

const nodesIn = (answer: Json): readonly JsonObject[] =>
  Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : [];

const waiting = async (world: World): Promise<readonly string[]> =>
  nodesIn(await ask(world, 'pending')).map(({ id, state }) => `${textOf(id)} ${textOf(state)}`);

const postAll = async (world: World, nodes: readonly Node[], epoch: number): Promise<void> => {
  for (const node of nodes) expect(await world.post(node, epoch)).toBe('ok');
};

describe('a node that is not listed', () => {
  const stranger = nodeOf(77, 0);

  it('is told forbidden and waits; approved, it is in the next document, over a restart too', async () => {
    const [io, store] = [memoryIo({ seed: 'approve', startMs: START }), stores()];
    const world = await worldOf(io, store);
    const now = world.now();
    expect(await world.post(stranger, now)).toBe('forbidden');
    expect(await waiting(world)).toEqual([`${idOf(stranger)} new`]);
    expect(world.authority.status().nodes).toMatchObject({ listed: 4, waiting: 1 });
    await postAll(world, all, now);
    await io.clock.advance(10);
    expect(await world.fetch(now)).toBe('genesis 0 layers 1,1,1');

    expect(await ask(world, 'approve', { node: idOf(stranger) })).toMatchObject({ kind: 'mix' });
    expect(await waiting(world)).toEqual([]);
    await world.authority.close();
    const again = await worldOf(io, store);
    await postAll(again, [...all, stranger], now + 1);
    await io.clock.advance(10 * MINUTE);
    expect(await again.fetch(now + 1)).toBe('genesis 1 layers 2,1,1');
    await again.authority.close();
  });

  it('of a name that is taken is a mismatch, and cannot be approved before the other has gone', async () => {
    const world = await worldOf();
    const [first, second] = [nodeOf(77, 255), { ...nodeOf(78, 255), name: 'P77.test' }];
    const [mix, false_] = [mixes[0]!, { ...nodeOf(79, 0), name: 'mix1' }];
    await world.post(mix, world.now());
    for (const node of [first, second, false_]) await world.post(node, world.now());
    expect(await ask(world, 'approve', { node: idOf(false_) })).toBe('mismatch');
    expect(await ask(world, 'approve', { node: idOf(first) })).toMatchObject({ name: 'p77.test' });
    expect(await waiting(world)).toEqual([`${idOf(second)} mismatch`, `${idOf(false_)} mismatch`]);
    expect(await ask(world, 'approve', { node: idOf(second) })).toBe('mismatch');

    expect(await world.post(first, world.now())).toBe('ok');
    expect(await ask(world, 'reject', { node: idOf(first) })).toEqual({ id: idOf(first) });
    expect(await world.post(first, world.now())).toBe('forbidden');
    expect(await ask(world, 'approve', { node: idOf(second) })).toMatchObject({ name: 'P77.test' });
    await world.authority.close();
  });

  it('is listed under the name and in the role that were approved only', async () => {
    const world = await worldOf();
    await world.post(stranger, world.now());
    await ask(world, 'approve', { node: idOf(stranger) });
    expect(await world.post(stranger, world.now(), { name: 'other' })).toBe('forbidden');
    expect(await world.post(stranger, world.now(), { layer: 255 })).toBe('forbidden');
    expect(await world.post(stranger, world.now(), { linkKey: new Uint8Array(32) })).toBe(
      'invalid',
    );
    expect(await world.post(stranger, world.now())).toBe('ok');
    await world.authority.close();
  });

  it('stays turned away over a restart, and is shown as such', async () => {
    const [io, store] = [memoryIo({ seed: 'reject', startMs: START }), stores()];
    const world = await worldOf(io, store);
    await world.post(stranger, world.now());
    await ask(world, 'reject', { node: idOf(stranger) });
    expect(await ask(world, 'reject', { node: idOf(mixes[0]!) })).toBe('configured-node');
    expect(await ask(world, 'reject', { node: idOf(nodeOf(99, 0)) })).toBe('no-such-node');
    expect(await ask(world, 'reject', { node: 'nonsense' })).toBe('invalid-params');
    await world.authority.close();
    const again = await worldOf(io, store);
    expect(await waiting(again)).toEqual([]);
    await again.post(stranger, again.now());
    expect(await waiting(again)).toEqual([`${idOf(stranger)} rejected`]);
    expect(await ask(again, 'approve', { node: idOf(stranger) })).toMatchObject({ kind: 'mix' });
    expect(await again.post(stranger, again.now())).toBe('ok');
    await again.authority.close();
  });
});

describe('the pending list', () => {
  const crowd = Array.from({ length: 90 }, (_, index) => nodeOf(index + 100, 0));

  it('gives one host few places, and nobody more looks than there is time for', async () => {
    const world = await worldOf();
    await world.post(nodeOf(77, 0), world.now());
    for (const node of crowd.slice(0, 20)) {
      expect(await world.postFrom('greedy', node, world.now())).toBe('forbidden');
    }
    const seen = await waiting(world);
    expect(seen).toHaveLength(9);
    expect(seen).toContain(`${idOf(nodeOf(77, 0))} new`);
    expect(seen).toContain(`${idOf(crowd[19]!)} new`);
    for (const node of crowd.slice(20)) await world.postFrom('greedy', node, world.now());
    // 32 looks at once, then one each second, and no time has passed.
    expect(await waiting(world)).not.toContain(`${idOf(crowd[89]!)} new`);
    await world.io.clock.advance(1000);
    await world.postFrom('greedy', crowd[89]!, world.now());
    expect(await waiting(world)).toContain(`${idOf(crowd[89]!)} new`);
    await world.authority.close();
  });

  it('is never longer than 64, whoever comes', async () => {
    const world = await worldOf();
    for (const [index, node] of crowd.entries()) {
      await world.io.clock.advance(1000);
      await world.postFrom(`host${index}`, node, world.now());
    }
    const seen = await waiting(world);
    expect(seen).toHaveLength(64);
    expect(seen.at(-1)).toBe(`${idOf(crowd[89]!)} new`);
    await world.authority.close();
  });
});

describe('the attendance of listed nodes', () => {
  it('says since when they post, in how many epochs they were, and who is missing', async () => {
    const [io, store] = [memoryIo({ seed: 'attendance', startMs: START }), stores()];
    const world = await worldOf(io, store);
    const [lazy, ...eager] = all;
    const nodeNow = async (from: World, node: Node) =>
      nodesIn(await ask(from, 'nodes')).find(({ id }) => id === idOf(node));
    expect(await nodeNow(world, lazy!)).toMatchObject({ missing: true, sinceMs: null, name: null });
    await postAll(world, all, world.now());
    for (let epoch = 0; epoch < 33; epoch++) {
      await postAll(world, eager, world.now() + 1);
      await io.clock.advance(20 * MINUTE);
    }
    await world.authority.close();
    const again = await worldOf(io, store);
    expect(await nodeNow(again, eager[0]!)).toMatchObject({
      ...{ name: 'mix2', missing: false, attended: 32, outOf: 32, missedInRow: 0 },
    });
    const absent = await nodeNow(again, lazy!);
    expect(absent).toMatchObject({ name: 'mix1', missing: true, attended: 0, missedInRow: 33 });
    expect(Number(absent?.['sinceMs'])).toBeGreaterThanOrEqual(START);
    expect(again.authority.status().nodes).toEqual({ listed: 4, missing: 1, waiting: 0 });
    await again.authority.close();
  });
});
