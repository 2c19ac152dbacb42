import { describe, expect, it } from 'vitest';
import { epochStart, KATZENPOST_EPOCHS as epochTime, type Epoch } from '../../../src/pki/epoch.js';
import type { NetworkView } from '../../../src/pki/view.js';
import { destinations, judge, type Direction } from '../../../servers/node/topology.js';
import { descriptorOf, linkKeyOf, readView } from '../../pki/support.js';

const NOW = 1000;
const MINUTE = 60_000;

/** A view in which the layers are turned by `turn`, so that nodes have moved. */
const turned = (view: NetworkView, turn: number): NetworkView => ({
  ...view,
  layers: view.layers.map((_, layer) => view.layers[(layer + turn) % view.layers.length] ?? []),
});

const setUp = (self: number, views: ReadonlyMap<Epoch, NetworkView>) => {
  const deps = {
    epochTime,
    view: (epoch: Epoch) => views.get(epoch),
    identityKey: descriptorOf(self, NOW, 0).identityKey,
    onTrial: () => [],
  };
  const atMs = (minutes: number): number => epochStart(epochTime, NOW) + minutes * MINUTE;
  return {
    judge: (node: number, direction: Direction, minutes = 10) => {
      const { identityKey: ad, linkKey: publicKey } = descriptorOf(node, NOW, 0);
      return judge(deps, { ad, publicKey }, { direction, nowMs: atMs(minutes) });
    },
    judgeAsImpostor: (node: number) => {
      const peer = { ad: descriptorOf(node, NOW, 0).identityKey, publicKey: linkKeyOf(99) };
      return judge(deps, peer, { direction: 'incoming', nowMs: atMs(10) });
    },
    names: (minutes = 10) => destinations(deps, atMs(minutes)).map(({ name }) => name),
  };
};

const current = new Map([[NOW, readView(NOW, 2)]]);
const MIXES = [11, 12, 21, 22, 31, 32];
const PROVIDERS = [101, 102];

describe('neighbours', () => {
  it('are the layers before and behind, and providers at both ends', () => {
    const table = [
      { self: 11, from: PROVIDERS, to: [21, 22] },
      { self: 21, from: [11, 12], to: [31, 32] },
      { self: 31, from: [21, 22], to: PROVIDERS },
      { self: 101, from: [31, 32], to: [11, 12] },
    ];
    for (const { self, from, to } of table) {
      const topology = setUp(self, current);
      for (const node of [...MIXES, ...PROVIDERS]) {
        const expected = (nodes: number[]) => (nodes.includes(node) ? 'may-send' : 'refuse');
        expect(topology.judge(node, 'incoming')).toBe(expected(from));
        expect(topology.judge(node, 'outgoing')).toBe(expected(to));
      }
      expect(topology.names()).toEqual(to.map((node) => `node${node}`));
    }
  });

  it('must have the link key of their descriptor', () => {
    expect(setUp(21, current).judgeAsImpostor(11)).toBe('refuse');
  });

  it('are nobody without a document, or in one without us', () => {
    expect(setUp(21, new Map()).judge(11, 'incoming')).toBe('refuse');
    const stranger = setUp(77, current);
    expect(stranger.judge(11, 'incoming')).toBe('refuse');
    expect(stranger.names()).toEqual([]);
  });
});

describe('the next epoch', () => {
  // Our node 21 moves to the first layer, so that providers feed it.
  const both = new Map([
    [NOW, readView(NOW, 2)],
    [NOW + 1, turned(readView(NOW + 1, 2), 1)],
  ]);

  it('is prepared in the last sixth, and fed in the last two minutes', () => {
    const { judge: judged } = setUp(21, both);
    expect(judged(101, 'incoming', 16.6)).toBe('refuse');
    expect(judged(101, 'incoming', 16.7)).toBe('connect-only');
    expect(judged(101, 'incoming', 17.9)).toBe('connect-only');
    expect(judged(101, 'incoming', 18.1)).toBe('may-send');
    expect(judged(11, 'incoming', 18.1)).toBe('may-send');
  });

  it('gets connections early, but no packets of ours before it begins', () => {
    // Node 21 of the first layer sends to the second one, where node 31 was and is not any more.
    const { judge: judged, names } = setUp(11, both);
    expect(names(10)).toEqual(['node21', 'node22']);
    expect(names(17)).toEqual(['node101', 'node102', 'node21', 'node22']);
    expect(judged(101, 'outgoing', 17)).toBe('connect-only');
    expect(judged(101, 'outgoing', 19)).toBe('connect-only');
    expect(judged(101, 'outgoing', 20)).toBe('may-send');
    expect(judged(21, 'outgoing', 19)).toBe('may-send');
  });
});

describe('earlier epochs', () => {
  const moved = new Map([
    [NOW - 2, readView(NOW - 2, 2)],
    [NOW, turned(readView(NOW, 2), 1)],
  ]);

  it('count for nodes that are still in the network', () => {
    const { judge: judged, names } = setUp(21, moved);
    expect(judged(11, 'incoming')).toBe('may-send');
    expect(judged(101, 'incoming')).toBe('may-send');
    expect(names()).toEqual(['node31', 'node32']);
    const small = { ...turned(readView(NOW, 2), 1) };
    const gone = small.layers.map((layer) => layer.filter(({ name }) => name !== 'node11'));
    const without = setUp(21, new Map([...moved, [NOW, { ...small, layers: gone }]]));
    expect(without.judge(11, 'incoming')).toBe('refuse');
    expect(without.judge(12, 'incoming')).toBe('may-send');
  });

  it('carry on while the authority has made no document', () => {
    const { judge: judged, names } = setUp(21, new Map([[NOW - 1, readView(NOW - 1, 2)]]));
    expect(judged(11, 'incoming')).toBe('may-send');
    expect(names()).toEqual(['node31', 'node32']);
    const tooOld = setUp(21, new Map([[NOW - 3, readView(NOW - 3, 2)]]));
    expect(tooOld.judge(11, 'incoming')).toBe('refuse');
  });
});
