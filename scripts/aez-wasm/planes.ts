/**
 * Bit planes: eight blocks side by side, one v128 for each bit of a byte.
 *
 * Lane j of plane b holds, in its bit k, bit b of byte j of block k. A byte of AES thus stays in
 * one lane, so that its S-box is logic between planes and ShiftRows and MixColumns move lanes.
 * @module
 */
import { BLOCK_LENGTH, WIDTH } from './memory.js';
import { and, call, get, load, set, splat, store, wasmFunction, xor } from './wat.js';
import type { Address, Expression, Statement } from './wat.js';

export const PLANE_NUMBERS = Array.from({ length: WIDTH }, (_, bit) => bit);

/** The locals that hold the state: plane 0 is the lowest bit. */
export const STATE = PLANE_NUMBERS.map((bit) => `p${bit}`);

export const state = (bit: number): string => `p${bit}`;

/** The place of plane (or block) `index` in a region. */
export const at = (region: Address, index: number): Address =>
  typeof region === 'number'
    ? region + index * BLOCK_LENGTH
    : { base: region.base, offset: region.offset + index * BLOCK_LENGTH };

export const loadState = (region: Address): Statement[] =>
  PLANE_NUMBERS.map((bit) => set(state(bit), load(at(region, bit))));

export const storeState = (region: Address): Statement[] =>
  PLANE_NUMBERS.map((bit) => store(at(region, bit), get(state(bit))));

/** Plane `bit` of eight copies of one block. */
export const planeOfCopies = (block: Expression, bit: number): Expression =>
  `(i8x16.eq ${and(block, splat(1 << bit))} ${splat(1 << bit)})`;

/** Exchanges the bits of `a` under `mask << shift` with the bits of `b` under `mask`. */
const exchange = (a: string, b: string, shift: number): Statement[] => [
  set(
    'moved',
    and(xor(`(i64x2.shr_u ${get(a)} (i32.const ${shift}))`, get(b)), get(`mask${shift}`)),
  ),
  set(b, xor(get(b), get('moved'))),
  set(a, xor(get(a), `(i64x2.shl ${get('moved')} (i32.const ${shift}))`)),
];

const SHIFTS = [1, 2, 4];
const MASKS: Readonly<Record<number, number>> = { 1: 0x55, 2: 0x33, 4: 0x0f };

export const TRANSPOSE_LOCALS = [...STATE, 'moved', ...SHIFTS.map((shift) => `mask${shift}`)];

export const prepareTranspose = (): Statement[] =>
  SHIFTS.map((shift) => set(`mask${shift}`, splat(MASKS[shift] ?? 0)));

/**
 * Turns eight blocks in the state's locals into planes, or back: an 8 by 8 bit matrix in each
 * lane is transposed by exchanging halves, quarters and eighths.
 */
export const transpose = (): Statement[] =>
  SHIFTS.flatMap((shift) =>
    PLANE_NUMBERS.filter((index) => (index & shift) === 0).flatMap((index) =>
      exchange(state(index), state(index + shift), shift),
    ),
  );

/** `transpose(source, target)`: eight blocks into planes, or planes into blocks. */
export const transposeFunction = (): string =>
  wasmFunction({
    name: 'transpose',
    parameters: ['source', 'target'],
    locals: TRANSPOSE_LOCALS,
    body: [
      ...prepareTranspose(),
      ...loadState({ base: get('source'), offset: 0 }),
      ...transpose(),
      ...storeState({ base: get('target'), offset: 0 }),
    ],
  });

export const callTranspose = (source: Expression, target: Expression): Statement =>
  call('transpose', source, target);
