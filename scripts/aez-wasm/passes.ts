/**
 * The two passes of AEZ-core over the pairs of a message, eight pairs at a time.
 *
 * Between the passes the message stays in planes: of each group of 256 bytes the front half holds
 * the planes of the eight left blocks, the back half those of the right ones. Pass 1 brings them
 * there and pass 2 back, so that a pair is transposed twice and not once per cipher call.
 *
 * The last group may be filled up with junk, which `lastMask` (a bit per pair) keeps out of sums.
 * @module
 */
import { double } from './key-setup.js';
import { BLOCK_LENGTH, MEMORY, PLANES_LENGTH, WIDTH } from './memory.js';
import { at, callTranspose, PLANE_NUMBERS, planeOfCopies, prepareTranspose } from './planes.js';
import { state, storeState, transpose, TRANSPOSE_LOCALS } from './planes.js';
import {
  add,
  and,
  call,
  countDown,
  get,
  i32,
  load,
  set,
  splat,
  store,
  wasmFunction,
} from './wat.js';
import { xor } from './wat.js';
import type { Address, Expression, Statement } from './wat.js';

const PAIR_LENGTH = 2 * BLOCK_LENGTH;
const GROUP_LENGTH = WIDTH * PAIR_LENGTH;
const I = MEMORY.key;
const J = MEMORY.key + BLOCK_LENGTH;

/** A place in the present group, which the local `group` points to. */
const inGroup = (offset: number): Address => ({ base: get('group'), offset });
const LEFT = inGroup(0);
const RIGHT = inGroup(PLANES_LENGTH);
const leftAddress = get('group');
const rightAddress = add(get('group'), i32(PLANES_LENGTH));

/** Where block `index` of the left or right ones lies in a group of plain pairs. */
const plainBlock = (index: number, side: 'left' | 'right'): Address =>
  inGroup(index * PAIR_LENGTH + (side === 'left' ? 0 : BLOCK_LENGTH));

const other = (index: number): string => `other${index}`;
const OTHERS = PLANE_NUMBERS.map(other);

const moveOthersToState = (): Statement[] =>
  PLANE_NUMBERS.map((index) => set(state(index), get(other(index))));

/** `split(group)`: eight plain pairs into left and right planes, in place. */
export const splitFunction = (): string =>
  wasmFunction({
    name: 'split',
    parameters: ['group'],
    locals: [...TRANSPOSE_LOCALS, ...OTHERS],
    body: [
      ...prepareTranspose(),
      ...PLANE_NUMBERS.flatMap((index) => [
        set(state(index), load(plainBlock(index, 'left'))),
        set(other(index), load(plainBlock(index, 'right'))),
      ]),
      ...transpose(),
      ...storeState(LEFT),
      ...moveOthersToState(),
      ...transpose(),
      ...storeState(RIGHT),
    ],
  });

/** `join(group)`: left and right planes into eight plain pairs, left and right exchanged. */
export const joinFunction = (): string =>
  wasmFunction({
    name: 'join',
    parameters: ['group'],
    locals: [...TRANSPOSE_LOCALS, ...OTHERS],
    body: [
      ...prepareTranspose(),
      ...PLANE_NUMBERS.flatMap((bit) => [
        set(state(bit), load(at(LEFT, bit))),
        set(other(bit), load(at(RIGHT, bit))),
      ]),
      ...transpose(),
      ...PLANE_NUMBERS.map((index) => store(plainBlock(index, 'right'), get(state(index)))),
      ...moveOthersToState(),
      ...transpose(),
      ...PLANE_NUMBERS.map((index) => store(plainBlock(index, 'left'), get(state(index)))),
    ],
  });

const aes4 = (source: Expression, tweak: number, target: Expression): Statement =>
  call('aes4planes', source, i32(tweak), target, target);

/** The tweaks of the present group: its multiple of I added to the planes that all share. */
const makeTweak = (): Statement[] =>
  PLANE_NUMBERS.map((bit) =>
    store(
      at(MEMORY.tweak, bit),
      xor(planeOfCopies(get('multiple'), bit), load(at(MEMORY.tweakBase, bit))),
    ),
  );

const addToSum = (bit: number, plane: Expression): Statement =>
  store(at(MEMORY.sum, bit), xor(load(at(MEMORY.sum, bit)), and(plane, get('mask'))));

const chooseMask = `(if (i32.eq ${get('groups')} (i32.const 1)) (then
${set('mask', `(i8x16.splat ${get('lastMask')})`)}))`;

const begin = (): Statement[] => [
  set('group', i32(MEMORY.message)),
  set('mask', splat(0xff)),
  store(MEMORY.multipleOfI, double(load(I))),
  ...PLANE_NUMBERS.map((bit) => store(at(MEMORY.sum, bit), splat(0))),
];

/** `work` for each group, between choosing its mask and tweak and going on to the next. */
const forEachGroup = (work: readonly Statement[]): Statement =>
  countDown('groups', [
    chooseMask,
    set('multiple', load(MEMORY.multipleOfI)),
    ...work,
    store(MEMORY.multipleOfI, double(load(MEMORY.multipleOfI))),
    set('group', add(get('group'), i32(GROUP_LENGTH))),
  ]);

/** The eight blocks of the sum's planes, added up in its first 16 bytes. */
const foldSum = (): Statement[] => [
  callTranspose(i32(MEMORY.sum), i32(MEMORY.sum)),
  store(
    MEMORY.sum,
    PLANE_NUMBERS.map((index) => load(at(MEMORY.sum, index))).reduce((a, b) => xor(a, b)),
  ),
];

/** A pass takes `groups` (at least 1) and `lastMask`; `group` is a variable in a parameter's place. */
const passFunction = (name: string, body: readonly Statement[]): string =>
  wasmFunction({
    name,
    exported: true,
    parameters: ['groups', 'lastMask', 'group'],
    locals: ['multiple', 'mask', 'plane', 't'],
    body,
  });

/** W_i = M_i ^ E(1, i, M'_i); X_i = M'_i ^ E(0, 0, W_i); X is their sum. */
export const firstPassFunction = (): string =>
  passFunction('firstPass', [
    ...begin(),
    forEachGroup([
      call('split', leftAddress),
      ...makeTweak(),
      aes4(rightAddress, MEMORY.tweak, leftAddress),
      aes4(leftAddress, MEMORY.planesOfI, rightAddress),
      ...PLANE_NUMBERS.map((bit) => addToSum(bit, load(at(RIGHT, bit)))),
    ]),
    ...foldSum(),
  ]);

/** S ^ 3·J, with which E(1, i, ·) does the work of E(2, i, S). */
const shiftS = (): Statement[] => [
  set('t', xor(load(MEMORY.block), load(J), double(load(J)))),
  ...PLANE_NUMBERS.map((bit) => store(at(MEMORY.shiftedS, bit), planeOfCopies(get('t'), bit))),
];

/** T_i = E(2, i, S) */
const makeT = call(
  'aes4planes',
  i32(MEMORY.shiftedS),
  i32(MEMORY.tweak),
  i32(MEMORY.zeros),
  i32(MEMORY.t),
);

/** Adds T to both halves and the left one, which is Y then, to the sum. */
const addT = (): Statement[] =>
  PLANE_NUMBERS.flatMap((bit) => [
    set('t', load(at(MEMORY.t, bit))),
    set('plane', xor(load(at(LEFT, bit)), get('t'))),
    store(at(LEFT, bit), get('plane')),
    store(at(RIGHT, bit), xor(load(at(RIGHT, bit)), get('t'))),
    addToSum(bit, get('plane')),
  ]);

/** C'_i = Y_i ^ E(0, 0, Z_i); C_i = Z_i ^ E(1, i, C'_i); Y is the sum of Y_i. */
export const secondPassFunction = (): string =>
  passFunction('secondPass', [
    ...begin(),
    ...shiftS(),
    forEachGroup([
      ...makeTweak(),
      makeT,
      ...addT(),
      aes4(rightAddress, MEMORY.planesOfI, leftAddress),
      aes4(leftAddress, MEMORY.tweak, rightAddress),
      call('join', leftAddress),
    ]),
    ...foldSum(),
  ]);
