/**
 * `prepare`: everything that depends on the key alone, made from I ‖ J ‖ L.
 * @module
 */
import { BLOCK_LENGTH, MEMORY, PLANES_LENGTH, WIDTH } from './memory.js';
import { at, callTranspose, PLANE_NUMBERS, planeOfCopies } from './planes.js';
import { AES10_ROUNDS, lanesFromPlain } from './rounds.js';
import { and, bytes, call, get, i32, LANES, load, permute, set, splat, store } from './wat.js';
import { wasmFunction, xor } from './wat.js';
import type { Address, Expression, Statement } from './wat.js';

const I = MEMORY.key;
const J = MEMORY.key + BLOCK_LENGTH;
const L = MEMORY.key + 2 * BLOCK_LENGTH;

const NO_LANE = 255;
const CARRY_LANES = Array.from({ length: LANES }, (_, lane) => (lane === 15 ? NO_LANE : lane + 1));
const FIRST_LANE_TO_LAST = Array.from({ length: LANES }, (_, lane) => (lane === 15 ? 0 : NO_LANE));
const REDUCTION = Array.from({ length: LANES }, (_, lane) => (lane === 15 ? 0x87 : 0));

/**
 * `double(block)`: times two in GF(2^128), big-endian. Every byte shifts left; its top bit goes to
 * the byte before it, and the first byte's comes back as 0x87 in the last.
 */
export const doubleFunction = (): string => {
  const carried = permute(get('carry'), bytes(CARRY_LANES));
  const overflow = `(i8x16.neg ${permute(get('carry'), bytes(FIRST_LANE_TO_LAST))})`;
  return `(func $double (param $block v128) (result v128) (local $carry v128)
${set('carry', `(i8x16.shr_u ${get('block')} (i32.const 7))`)}
${xor(`(i8x16.add ${get('block')} ${get('block')})`, carried, and(overflow, bytes(REDUCTION)))})`;
};

export const double = (block: Expression): Expression => call('double', block);

const multipleOfL = (factor: number): Address => at(MEMORY.multiplesOfL, factor % WIDTH);

/** n·L is twice (n/2)·L, plus L where n is odd; 0·L was never written and is zero. */
const multiplesOfL = (): Statement[] => [
  store(multipleOfL(1), load(L)),
  ...[2, 3, 4, 5, 6, 7].map((factor) => {
    const even = double(load(multipleOfL(factor >> 1)));
    return store(multipleOfL(factor), factor & 1 ? xor(even, load(L)) : even);
  }),
];

/** Stores the planes of eight copies of `block`; uses the local `block`. */
const storeCopies = (target: number, block: Expression): Statement[] => [
  set('block', block),
  ...PLANE_NUMBERS.map((bit) => store(at(target, bit), planeOfCopies(get('block'), bit))),
];

/** A round key, moved to the arrangement of its round and with the S-box's inverters. */
const storeRoundKey = (keys: number, round: number, block: number): Statement[] => {
  const arranged = permute(load(block), bytes(lanesFromPlain(round % 4)));
  return storeCopies(keys + (round - 1) * PLANES_LENGTH, xor(arranged, splat(0x63)));
};

const AES4_ORDER = [J, I, L];
const AES10_ORDER = [I, J, L];

const roundKeys = (): Statement[] => [
  ...AES4_ORDER.flatMap((block, index) => storeRoundKey(MEMORY.aes4Keys, index + 1, block)),
  ...Array.from({ length: AES10_ROUNDS }, (_, index) => AES10_ORDER[index % 3] ?? I).flatMap(
    (block, index) => storeRoundKey(MEMORY.aes10Keys, index + 1, block),
  ),
];

/** Planes of J ^ (i mod 8)·L for i = 1..8, which are the eight blocks of every group. */
const tweakBase = (): Statement[] => [
  ...PLANE_NUMBERS.map((index) =>
    store(at(MEMORY.scratch, index), xor(load(J), load(multipleOfL(index + 1)))),
  ),
  callTranspose(i32(MEMORY.scratch), i32(MEMORY.tweakBase)),
];

export const prepareFunction = (): string =>
  wasmFunction({
    name: 'prepare',
    exported: true,
    locals: ['block'],
    body: [
      ...multiplesOfL(),
      ...roundKeys(),
      ...storeCopies(MEMORY.planesOfI, load(I)),
      ...tweakBase(),
    ],
  });
