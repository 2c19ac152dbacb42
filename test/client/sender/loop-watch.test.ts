import { describe, expect, it } from 'vitest';
import { LoopWatch } from '../../../src/client/sender/loop-watch.js';
import { pick, uniform } from '../../../src/crypto/sample.js';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import type { NetworkNode, NetworkView } from '../../../src/pki/view.js';

const PERIOD_MS = 1_200_000;
const node = (name: string): NetworkNode => ({ name }) as Partial<NetworkNode> as NetworkNode;
const viewOf = (layers: readonly string[]): NetworkView =>
  ({
    layers: layers.map((names) => names.split(' ').map(node)),
    exits: [node('p1'), node('p2')],
  }) as Partial<NetworkView> as NetworkView;
const VIEW = viewOf(['a1 a2', 'b1 b2 b3', 'c1 c2']);

const openRig = (seed: string) => {
  const clock = manualClock({ startMs: 0 });
  const random = seededRandom(seed);
  const watch = new LoopWatch({ clock, periodMs: PERIOD_MS });
  const dead = new Set<string>();
  const options = { loss: 0 };
  /** One loop there and back, over nodes that the watch does not avoid. */
  const loop = (): void => {
    const id = random(16);
    const { layers, exits } = watch.avoiding(VIEW);
    const mixes = [...layers, ...layers].map((nodes) => pick(random, nodes)?.name ?? '');
    const path = [...mixes, pick(random, exits)?.name ?? ''];
    watch.sent(id, path);
    const isLost = path.some((name) => dead.has(name)) || uniform(random) < options.loss;
    if (isLost) watch.lost(id);
    else watch.returned(id);
  };
  const loops = (count: number): void => {
    for (let i = 0; i < count; i++) loop();
  };
  const silent = (): readonly string[] =>
    watch.nodes(VIEW).flatMap(({ name, state }) => (state === 'silent' ? name : []));
  const usedMixes = (): readonly string[] =>
    watch.avoiding(VIEW).layers.flatMap((nodes) => nodes.map(({ name }) => name));
  return { clock, watch, dead, options, loop, loops, silent, usedMixes };
};

describe('loops', () => {
  it('show who lets them through', () => {
    const { watch, loops } = openRig('well');
    expect(watch.nodes(VIEW).map(({ state }) => state)).toEqual(Array(9).fill('unknown'));
    loops(100);
    expect(watch.nodes(VIEW)).toHaveLength(9);
    for (const { state, returned, lost, avoided } of watch.nodes(VIEW)) {
      expect({ state, lost, avoided }).toEqual({ state: 'well', lost: 0, avoided: false });
      expect(returned).toBeGreaterThan(20);
    }
    expect(watch.avoiding(VIEW)).toBe(VIEW);
  });

  it.each(['a1', 'b2', 'c2'])('find that %s is dead, and nobody else, and go round it', (name) => {
    for (let seed = 0; seed < 20; seed++) {
      const { dead, loops, silent, usedMixes, loop } = openRig(`dead ${seed}`);
      loops(30);
      dead.add(name);
      let needed = 0;
      while (silent().length === 0 && needed < 150) {
        loop();
        needed += 1;
      }
      expect(silent()).toEqual([name]);
      expect(usedMixes()).not.toContain(name);
      loops(300);
      expect(silent()).toEqual([name]);
    }
  });

  it('find two that die one after the other', () => {
    const { dead, loops, silent } = openRig('two');
    loops(50);
    dead.add('a2');
    loops(100);
    dead.add('c1');
    loops(100);
    expect(silent()).toEqual(['a2', 'c1']);
  });

  it('find a dead provider, which is where it is', () => {
    const { dead, loops, silent, watch } = openRig('provider');
    loops(50);
    dead.add('p2');
    loops(100);
    expect(silent()).toEqual(['p2']);
    expect(watch.avoiding(VIEW).exits).toEqual(VIEW.exits);
  });

  it('try a silent node again, and find it alive', async () => {
    const { dead, loops, silent, clock, usedMixes, watch } = openRig('again');
    loops(50);
    dead.add('b1');
    loops(150);
    expect(silent()).toEqual(['b1']);
    dead.clear();
    await clock.advance(2 * PERIOD_MS);
    expect(usedMixes()).toContain('b1');
    loops(20);
    expect(watch.nodes(VIEW).find(({ name }) => name === 'b1')?.state).toBe('well');
  });

  it('find it silent again where it is still dead', async () => {
    const { dead, loops, silent, clock } = openRig('still');
    loops(50);
    dead.add('b1');
    loops(60);
    await clock.advance(2 * PERIOD_MS);
    expect(silent()).toEqual([]);
    loops(150);
    expect(silent()).toEqual(['b1']);
  });
});

describe('nobody is silent', () => {
  it('because the network loses half of everything', () => {
    const { options, loops, silent } = openRig('lossy');
    options.loss = 0.5;
    for (let round = 0; round < 100; round++) {
      loops(50);
      expect(silent()).toEqual([]);
    }
  });

  it('because our own link was down for a while', () => {
    const { options, loops, silent } = openRig('down');
    for (let round = 0; round < 20; round++) {
      loops(20);
      options.loss = 1;
      loops(100);
      options.loss = 0;
      expect(silent()).toEqual([]);
    }
  });

  it('who has no other beside, since nothing tells them apart', () => {
    const watch = new LoopWatch({ clock: manualClock({ startMs: 0 }), periodMs: PERIOD_MS });
    const view = viewOf(['a', 'b', 'c']);
    for (let i = 0; i < 200; i++) {
      watch.sent(Uint8Array.of(i), ['a', 'b', 'c', 'p1']);
      watch.lost(Uint8Array.of(i));
    }
    expect(watch.nodes(view).filter(({ state }) => state === 'silent')).toEqual([]);
  });
});

describe('a layer', () => {
  it('is never left with less than half of its mixes', () => {
    const { dead, loops, usedMixes } = openRig('half');
    loops(100);
    dead.add('b1').add('b2');
    loops(2000);
    const used = usedMixes().filter((name) => name.startsWith('b'));
    expect(used).toHaveLength(2);
    expect(used).toContain('b3');
  });

  it('remembers nothing of what has not left', () => {
    const { watch } = openRig('withdrawn');
    const id = new Uint8Array(16);
    watch.sent(id, ['a1']);
    watch.withdrawn(id);
    watch.lost(id);
    expect(watch.nodes(VIEW)[0]).toMatchObject({ name: 'a1', lost: 0, state: 'unknown' });
  });
});
