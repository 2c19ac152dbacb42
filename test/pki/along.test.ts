/** Paths written by hand: their grammar, and what of them a network has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewAlong } from '../../src/pki/along.js';
import {
  parsePathSpec,
  type PathProblem,
  pathProblemText,
  givenItem,
  writePathSpec,
} from '../../src/pki/path-spec.js';
import { epochStart, KATZENPOST_EPOCHS } from '../../src/pki/epoch.js';
import { KATZENPOST_GEOMETRY } from '../../src/sphinx/geometry.js';
import { primitives, readView, signedDescriptor } from './support.js';

/** Mixes 11 and 12, 21 and 22, 31 and 32; providers 101 and 102. */
const EPOCH = 250_000;
const view = readView(EPOCH, 2);
const EXIT = 'node102';
const LAYERS = view.layers.map((nodes) => nodes.map(({ name }) => name));
const MIXES = LAYERS.flat();
const NAMES = [...MIXES, 'node101', EXIT];

const START_MS = epochStart(KATZENPOST_EPOCHS, EPOCH);
const reading = { geometry: KATZENPOST_GEOMETRY, primitives, nowMs: START_MS };
const along = (path: string, exit = EXIT) => viewAlong(view, { path, exit }, reading);

/** The mixes left in each layer: `1` or `2` for a named one, `?` for both. */
const shapeOf = (path: string, exit?: string): string =>
  along(path, exit)
    ._unsafeUnwrap()
    .layers.map((nodes) => (nodes.length === 1 ? nodes[0]?.name.at(-1) : '?'))
    .join('');

describe('a path written by hand', () => {
  it.each([
    // Names and single mixes.
    ['node11,node21,node31', '111'],
    ['node12,node22,node32', '222'],
    ['?,?,?', '???'],
    ['node11,?,?', '1??'],
    ['?,node22,?', '?2?'],
    ['?,?,node31', '??1'],
    [' node11 , ? ,node32', '1?2'],
    // As many as are left.
    ['*', '???'],
    ['node11,*', '1??'],
    ['*,node31', '??1'],
    ['*,node22,?', '?2?'],
    ['node12,*,node31', '2?1'],
    ['*,node11,?,?', '1??'],
    ['node11,node21,node31,*', '111'],
    ['?,?,?,*', '???'],
    // About so many.
    ['~2', '???'],
    ['~3', '???'],
    ['~4', '???'],
    ['~1,node22,~1', '?2?'],
    ['~1,node11,~2', '1??'],
    ['~1,node31', '??1'],
    ['~1,~1', '???'],
    ['node12,~1,node32', '2?2'],
    ['node12,node22,~1,node32', '222'],
    ['~1,*', '???'],
    ['~2,node31,*', '??1'],
    // With the exit.
    ['node11,?,?,node102', '1??'],
    ['*,node102', '???'],
    ['?,?,node31,node102', '??1'],
  ])('%s is one mix of each layer: %s', (path, shape) => {
    expect(shapeOf(path)).toBe(shape);
    expect(along(path)._unsafeUnwrap()).toMatchObject({ entries: view.entries, exits: view.exits });
  });

  it.each<[string, number, PathProblem]>([
    ['', 1, { kind: 'empty' }],
    [' ', 1, { kind: 'empty' }],
    ['node11,,node31', 2, { kind: 'empty' }],
    ['*,', 2, { kind: 'empty' }],
    [',*', 1, { kind: 'empty' }],
    [':', 1, { kind: 'swap-point' }],
    ['node11,*:?,node31', 2, { kind: 'swap-point' }],
    ['*,*', 2, { kind: 'two-stars' }],
    ['*,node21,*', 3, { kind: 'two-stars' }],
    ['~', 1, { kind: 'bad-count' }],
    ['~0', 1, { kind: 'bad-count' }],
    ['~x', 1, { kind: 'bad-count' }],
    ['~-1', 1, { kind: 'bad-count' }],
    ['~1.5', 1, { kind: 'bad-count' }],
    ['~100', 1, { kind: 'bad-count' }],
    ['node11,*3', 2, { kind: 'bad-count' }],
    ['??', 1, { kind: 'bad-count' }],
    ['node11?,*', 1, { kind: 'unknown-node' }],
    ['node99,*', 1, { kind: 'unknown-node' }],
    ['*,NODE31', 2, { kind: 'unknown-node' }],
    ['*,node103', 2, { kind: 'unknown-node' }],
    ['node11,./node.desc,*', 2, { kind: 'unknown-node' }],
    ['node101,*', 1, { kind: 'edge-inside' }],
    ['node102,?,?,?', 1, { kind: 'edge-inside' }],
    ['*,node102,node102', 2, { kind: 'edge-inside' }],
    ['*,node101', 2, { kind: 'other-exit', exit: 'node102' }],
    ['node21,*', 1, { kind: 'other-layer', layer: 1, first: 0, last: 0 }],
    ['node11,node12,?', 2, { kind: 'other-layer', layer: 0, first: 1, last: 1 }],
    ['node11,node11,*', 2, { kind: 'other-layer', layer: 0, first: 1, last: 1 }],
    ['?,*,node11', 3, { kind: 'other-layer', layer: 0, first: 1, last: 2 }],
    ['node11,node31', 2, { kind: 'other-layer', layer: 2, first: 1, last: 1 }],
    ['node31,node21,node11', 1, { kind: 'other-layer', layer: 2, first: 0, last: 0 }],
    ['~1,*,node11,node31', 4, { kind: 'other-layer', layer: 2, first: 1, last: 1 }],
    ['?', 1, { kind: 'too-few', left: 2 }],
    ['node11', 1, { kind: 'too-few', left: 2 }],
    ['?,node21', 2, { kind: 'too-few', left: 1 }],
    ['node11,?,node102', 2, { kind: 'too-few', left: 1 }],
    ['~1', 1, { kind: 'too-few', left: 1 }],
    ['node102', 1, { kind: 'too-few', left: 3 }],
    ['?,?,?,?', 4, { kind: 'too-many', layers: 3 }],
    ['?,?,?,node31', 4, { kind: 'too-many', layers: 3 }],
    ['node11,node21,node31,?', 4, { kind: 'too-many', layers: 3 }],
    ['~5', 1, { kind: 'too-many', layers: 3 }],
    ['node21,~4', 1, { kind: 'other-layer', layer: 1, first: 0, last: 0 }],
    ['*,node21,~3', 3, { kind: 'too-many', layers: 3 }],
    [Array.from({ length: 33 }, () => '~1').join(), 33, { kind: 'too-long' }],
  ])('%j is none: item %i', (path, position, problem) => {
    const refused = along(path)._unsafeUnwrapErr();
    expect(refused).toMatchObject({ position, problem });
    expect(pathProblemText(refused)).toMatch(/^item \d+( \(.+\))? (is|has|leaves) .+[^.]$/);
  });

  it('is told what to do', () => {
    const told = (path: string) => pathProblemText(along(path)._unsafeUnwrapErr());
    expect(told('node11,node31')).toBe(
      'item 2 (node31) is a mix of layer 2, and stands in layer 1: name one mix for each layer, in their order, with ? or * for others',
    );
    expect(told('node11')).toBe('item 1 (node11) leaves 2 layers uncrossed: add ? for each, or *');
    expect(told('?,~1.')).toMatch(/^item 2 \(~1\.\) is no sign of a path/);
  });

  it('is kept without spaces', () => {
    const kept = (path: string) => parsePathSpec(path).map(writePathSpec)._unsafeUnwrap();
    expect(kept(' node11 ,~2,  *')).toBe('node11,~2,*');
  });

  it('can have a mix that the document does not list, by its descriptor', () => {
    const unlisted = givenItem(signedDescriptor(77, EPOCH, 0));
    const namesOf = (path: string) =>
      along(path)
        ._unsafeUnwrap()
        .layers.map((nodes) => nodes.map(({ name }) => name).join('+'));
    const [first = '', second = '', third = ''] = LAYERS.map((names) => names.join('+'));
    expect(namesOf(`${unlisted},*`)).toEqual(['node77', second, third]);
    expect(namesOf(`?,${unlisted},node31`)).toEqual([first, 'node77', 'node31']);
    expect(namesOf(`*,${unlisted}`)).toEqual([first, second, 'node77']);
    expect(namesOf(`~2,${unlisted}`)).toEqual([first, second, 'node77']);
    expect(namesOf(`*,${unlisted},?`)).toEqual([first, 'node77', third]);
    expect(namesOf(`~1,${unlisted},node31`)).toEqual([first, 'node77', 'node31']);
    expect(along(`${unlisted},*`)._unsafeUnwrap().layers[0]?.[0]?.mixKeys.size).toBe(3);
    // One that the document lists is where it is listed.
    expect(namesOf(`*,${givenItem(signedDescriptor(22, EPOCH, 0))},?`)).toEqual([
      ...[first, 'node22', third],
    ]);
  });

  it.each<[string, string, PathProblem]>([
    ['garbage', '@garbage!', { kind: 'bad-descriptor' }],
    ['too long', `@${'A'.repeat(2000)}`, { kind: 'bad-descriptor' }],
    ['nothing', '@', { kind: 'given-node', why: 'no-descriptor' }],
    ['no descriptor', '@AAAA', { kind: 'given-node', why: 'no-descriptor' }],
    [
      'a changed one',
      givenItem(signedDescriptor(77, EPOCH, 0).map((byte, at) => (at === 200 ? byte ^ 1 : byte))),
      { kind: 'given-node', why: 'no-descriptor' },
    ],
    [
      'a provider',
      givenItem(signedDescriptor(77, EPOCH, 255)),
      { kind: 'given-node', why: 'provider' },
    ],
    [
      'one of former epochs',
      givenItem(signedDescriptor(77, EPOCH - 5, 0)),
      { kind: 'given-node', why: 'expired' },
    ],
    [
      'one of later epochs',
      givenItem(signedDescriptor(77, EPOCH + 1, 0)),
      { kind: 'given-node', why: 'no-key' },
    ],
  ])('has no descriptor that is %s', (_, item, problem) => {
    const refused = along(`?,${item},*`)._unsafeUnwrapErr();
    expect(refused).toMatchObject({ position: 2, problem });
    const told = pathProblemText(refused);
    expect(told).toMatch(/^item 2 \(@.*\) is .+[^.]$/);
    expect(told.length).toBeLessThan(200);
  });

  it('never throws; what is taken crosses one mix of every layer, its names in order', () => {
    const item = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('?', '*', '~1', '~2', ...NAMES) },
      fc.string({ unit: 'binary', maxLength: 6 }),
    );
    const text = fc.array(item, { maxLength: 6 }).map((items) => items.join(','));
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (path) => {
        along(path).match(
          ({ layers }) => {
            const named = path.split(',').map((each) => each.trim());
            const mixes = named.filter((name) => MIXES.includes(name));
            expect(layers.length).toBe(LAYERS.length);
            const alone = layers.flatMap((nodes) => (nodes.length === 1 ? nodes : []));
            expect(alone.map(({ name }) => name)).toEqual(mixes);
            const whole = layers.filter((nodes) => nodes.length > 1);
            for (const nodes of whole) expect(view.layers).toContain(nodes);
            expect(alone.length + whole.length).toBe(LAYERS.length);
          },
          (error) => expect(pathProblemText(error)).toMatch(/^item \d/),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('can be any choice of mixes, however the drawn ones are written', () => {
    const choices = fc.tuple(...LAYERS.map((names) => fc.constantFrom('?', ...names)));
    const written = fc.record({ choices, isShort: fc.boolean(), hasExit: fc.boolean() });
    fc.assert(
      fc.property(written, ({ choices: wanted, isShort, hasExit }) => {
        const long = wanted.join(',');
        const short = long.replace(/\?(,\?)*/, '*');
        const path = (isShort ? short : long) + (hasExit ? `,${EXIT}` : '');
        expect(shapeOf(path)).toBe(wanted.map((name) => name.at(-1)).join(''));
      }),
    );
  });
});
