import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/bytes/text.js';
import { manualClock, seededRandom } from '../../src/io/memory.js';
import { epochAt, epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import {
  choosePair,
  choosePath,
  type ChosenPath,
  type PathDeps,
  type PathRequest,
} from '../../src/pki/path.js';
import type { NetworkNode, NetworkView } from '../../src/pki/view.js';
import { makeGeometry, KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import type { PathHop } from '../../src/sphinx/header.js';
import { repeated } from '../support/bytes.js';
import { mixKeyOf, readView } from './support.js';

const EPOCH = 250_000;
const view = readView(EPOCH, 2);
const start = epochStart(KATZENPOST_EPOCHS, EPOCH);
const surbId = repeated(0xcc, 16);

const node = (name: string): NetworkNode => {
  const all = [...view.layers.flat(), ...view.exits];
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const [alicesProvider, bobsProvider] = [node('node101'), node('node102')];

const depsWith = (seed: string | number, change: Partial<PathDeps> = {}): PathDeps => ({
  view,
  epochTime: KATZENPOST_EPOCHS,
  geometry: KATZENPOST_GEOMETRY,
  random: seededRandom(seed),
  ...change,
});

const forward: PathRequest = {
  kind: 'forward',
  source: alicesProvider,
  destination: bobsProvider,
  recipient: utf8('bob'),
  startMs: start,
};
const reply: PathRequest = {
  kind: 'reply',
  source: bobsProvider,
  destination: alicesProvider,
  recipient: utf8('alice'),
  surbId,
  startMs: start,
};

const nameOf = ({ nodeId }: PathHop): string => {
  const all = [...view.layers.flat(), ...view.exits];
  return all.find((each) => toHex(each.nodeId) === toHex(nodeId))?.name ?? '?';
};
/** Which layer each hop is in: first digit of the two of a mix, `p` for a provider. */
const shapeOf = (chosen: ChosenPath): string =>
  chosen.path.map((hop) => (nameOf(hop).length > 6 ? 'p' : nameOf(hop)[4])).join('');
const kindsOf = (chosen: ChosenPath): readonly string[] =>
  chosen.path.map(({ commands }) => commands.map(({ kind }) => kind).join('+'));
const delaysOf = (path: readonly PathHop[]): readonly number[] =>
  path.flatMap(({ commands }) =>
    commands.flatMap((command) => (command.kind === 'node-delay' ? [command.delayMs] : [])),
  );

const choose = (request: PathRequest, deps = depsWith(1)) =>
  choosePath(deps, request)._unsafeUnwrap();
const refusal = (request: PathRequest, change: Partial<PathDeps> = {}) =>
  choosePath(depsWith(1, change), request)._unsafeUnwrapErr();

describe('the hops of a path', () => {
  it.each<[string, PathRequest, string]>([
    ['from a client', forward, 'p123p'],
    ['from a client to its own provider', { ...forward, destination: alicesProvider }, 'p123p'],
    ['of a reply to a client', reply, '123p'],
    ['from a provider itself', { ...forward, fromSource: true }, '123p'],
    ['from a mix of the first layer', { ...forward, source: node('node12') }, '23p'],
    ['from a mix of the last layer', { ...forward, source: node('node31') }, 'p'],
    ['of a reply to a mix of the first layer', { ...reply, destination: node('node11') }, '1'],
    ['of a reply to a mix of the last layer', { ...reply, destination: node('node31') }, '123'],
  ])('%s', (_, request, shape) => {
    expect(shapeOf(choose(request))).toBe(shape);
  });

  it('end where they should', () => {
    expect(nameOf(choose(forward).path.at(-1) ?? { ...choose(forward).path[0]! })).toBe('node102');
    expect(nameOf(choose({ ...reply, destination: node('node31') }).path[2]!)).toBe('node31');
  });

  it('are drawn uniformly and independently', () => {
    const deps = depsWith('uniform');
    const counts = new Map<string, number>();
    const runs = 4000;
    for (let i = 0; i < runs; i++) {
      const names = choose(forward, deps).path.slice(1, 4).map(nameOf).join(' ');
      counts.set(names, (counts.get(names) ?? 0) + 1);
    }
    expect(counts.size).toBe(8);
    for (const count of counts.values()) expect(Math.abs(count - runs / 8)).toBeLessThan(100);
  });
});

describe('commands', () => {
  const delays = (count: number): readonly string[] => Array<string>(count).fill('node-delay');

  it('delay at every hop but the last', () => {
    expect(kindsOf(choose(forward))).toEqual([...delays(4), 'recipient']);
  });

  it('delay at the last hop too when a SURB goes with it', () => {
    expect(kindsOf(choose({ ...forward, surbId }))).toEqual([...delays(4), 'node-delay+recipient']);
  });

  it('end a reply with recipient and SURB id', () => {
    const chosen = choose(reply);
    expect(kindsOf(chosen)).toEqual([...delays(3), 'recipient+surb-reply']);
    const recipient = new Uint8Array(64);
    recipient.set(utf8('alice'));
    expect(chosen.path.at(-1)?.commands).toEqual([
      { kind: 'recipient', recipient },
      { kind: 'surb-reply', surbId },
    ]);
  });

  it('take recipients of any length up to the network own', () => {
    const whole = { ...forward, recipient: repeated(0x61, 64) };
    expect(choose(whole).path.at(-1)?.commands).toEqual([
      { kind: 'recipient', recipient: repeated(0x61, 64) },
    ]);
    expect(refusal({ ...forward, recipient: repeated(0x61, 65) })).toEqual({
      kind: 'recipient-too-long',
      length: 65,
    });
  });
});

describe('keys and delays', () => {
  it('follow the packet through the epochs, whatever the moment of sending', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(KATZENPOST_EPOCHS.periodMs - 1), (seed, offset) => {
        const startMs = start + offset;
        const { path, endMs } = choose({ ...forward, surbId, startMs }, depsWith(seed));
        let arrivalMs = startMs;
        for (const hop of path) {
          const number = Number(nameOf(hop).slice(4));
          const epoch = epochAt(KATZENPOST_EPOCHS, arrivalMs);
          expect(hop.mixKey).toEqual(mixKeyOf(number, epoch));
          const delay = delaysOf([hop])[0] ?? 0;
          expect(delay).toBeGreaterThanOrEqual(1);
          expect(delay).toBeLessThanOrEqual(46_051);
          arrivalMs += delay;
        }
        expect(endMs).toBe(arrivalMs);
      }),
    );
  });

  it('cross an epoch on the way', () => {
    const startMs = start + KATZENPOST_EPOCHS.periodMs - 1;
    const { path } = choose({ ...forward, startMs });
    expect(path[0]?.mixKey).toEqual(mixKeyOf(101, EPOCH));
    expect(path[4]?.mixKey).toEqual(mixKeyOf(102, EPOCH + 1));
  });

  it('are refused where a node has no key for that time', () => {
    const startMs = start + 3 * KATZENPOST_EPOCHS.periodMs;
    expect(refusal({ ...forward, startMs })).toEqual({
      kind: 'no-mix-key',
      node: 'node101',
      epoch: EPOCH + 3,
    });
  });

  it('are drawn three times where a mix lacks a key', () => {
    const keyless = (each: NetworkNode): NetworkNode =>
      each.name === 'node11' ? { ...each, mixKeys: new Map() } : each;
    const gappy: NetworkView = { ...view, layers: view.layers.map((layer) => layer.map(keyless)) };
    let failed = 0;
    const runs = 4000;
    const deps = depsWith('gaps', { view: gappy });
    for (let i = 0; i < runs; i++) {
      const chosen = choosePath(deps, forward);
      if (chosen.isErr()) failed++;
      else expect(nameOf(chosen.value.path[1]!)).toBe('node12');
    }
    expect(Math.abs(failed - runs / 8)).toBeLessThan(100);
  });

  it('do not exist without a rate', () => {
    const still = { ...view, rates: { ...view.rates, mu: { perMs: 0, maxMs: 1000 } } };
    expect(refusal(forward, { view: still }).kind).toBe('no-delay-rate');
  });
});

describe('impossible paths', () => {
  const stranger = { ...alicesProvider, identityKey: repeated(1, 32) };

  it.each<[string, PathRequest, object]>([
    ['from a stranger', { ...forward, source: stranger }, { which: 'source' }],
    ['to a stranger', { ...forward, destination: stranger }, { which: 'destination' }],
    ['to a mix', { ...forward, destination: node('node11') }, { which: 'destination' }],
    ['of a reply from a mix', { ...reply, source: node('node11') }, { which: 'source' }],
  ])('%s', (_, request, expected) => {
    expect(refusal(request)).toEqual({ kind: 'misplaced-node', ...expected });
  });

  it('through an empty layer', () => {
    const empty = { ...view, layers: [view.layers[0] ?? [], [], view.layers[2] ?? []] };
    expect(refusal(forward, { view: empty })).toEqual({ kind: 'empty-layer', layer: 1 });
  });

  it('with more hops than a header has', () => {
    const geometry = makeGeometry({ ...KATZENPOST_GEOMETRY, hops: 4 });
    expect(refusal(forward, { geometry })).toEqual({ kind: 'too-many-hops', hops: 5 });
  });
});

describe('pairs of paths', () => {
  const pairAt = (offsetMs: number, change: Partial<PathDeps> = {}, withReply = true) => {
    const clock = manualClock({ startMs: start + offsetMs });
    const request = {
      source: alicesProvider,
      destination: bobsProvider,
      recipient: utf8('bob'),
      ...(withReply ? { reply: { recipient: utf8('alice'), surbId } } : {}),
    };
    return choosePair({ ...depsWith(offsetMs, change), clock }, request);
  };

  it('go there and back, and add up', () => {
    fc.assert(
      fc.property(fc.nat(KATZENPOST_EPOCHS.periodMs - 1), (offsetMs) => {
        const { forward: there, reply: back, roundTripMs } = pairAt(offsetMs)._unsafeUnwrap();
        expect([there.length, back?.length]).toEqual([5, 4]);
        const all = [...delaysOf(there), ...delaysOf(back ?? [])];
        expect(all.length).toBe(8);
        expect(roundTripMs).toBe(all.reduce((sum, ms) => sum + ms, 0));
      }),
      { numRuns: 30 },
    );
  });

  it('go there only, where no answer is wanted', () => {
    const pair = pairAt(0, {}, false)._unsafeUnwrap();
    expect(pair.reply).toBeUndefined();
    expect(delaysOf(pair.forward).length).toBe(4);
  });

  it('begin at a whole second', () => {
    const offsetMs = KATZENPOST_EPOCHS.periodMs - 1;
    const { forward: there } = pairAt(offsetMs)._unsafeUnwrap();
    expect(there[0]?.mixKey).toEqual(mixKeyOf(101, EPOCH));
  });

  it('are given up when they take two epochs, without end', () => {
    const slow = { perMs: 1e-9, maxMs: KATZENPOST_EPOCHS.periodMs / 4 };
    const keys = Array.from({ length: 9 }, (_, i): [number, Uint8Array] => [EPOCH + i, surbId]);
    const patient = (each: NetworkNode) => ({ ...each, mixKeys: new Map(keys) });
    const crawling = {
      ...view,
      layers: view.layers.map((layer) => layer.map(patient)),
      rates: { ...view.rates, mu: slow },
    };
    const edge = { entries: view.entries.map(patient), exits: view.exits.map(patient) };
    const clock = manualClock({ startMs: start });
    const [source, destination] = [patient(alicesProvider), patient(bobsProvider)];
    const chosen = choosePair(
      { ...depsWith('slow', { view: { ...crawling, ...edge } }), clock },
      { source, destination, recipient: utf8('bob'), reply: { recipient: utf8('a'), surbId } },
    );
    expect(chosen._unsafeUnwrapErr()).toEqual({ kind: 'too-slow' });
  });

  it('are drawn again when the epoch has ended meanwhile', () => {
    const clock = manualClock({ startMs: start });
    let readings = 0;
    const slowOnce = {
      ...clock,
      now: () => clock.now(),
      monotonic: () => (readings++ === 1 ? 9e9 : 0),
    };
    const chosen = choosePair(
      { ...depsWith(1), clock: slowOnce },
      { source: alicesProvider, destination: bobsProvider, recipient: utf8('bob') },
    );
    expect(chosen.isOk()).toBe(true);
    expect(readings).toBe(4);
  });
});
