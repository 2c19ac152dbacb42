/**
 * AES rounds over bit planes, fixsliced: ShiftRows is never carried out.
 *
 * The state is left where it is and the following steps look for the bytes where they are. After
 * s rounds the byte that belongs in row r and column c lies in row r and column c + r·s (mod 4),
 * which we call arrangement s. Four rounds bring everything home, and AES4 has four.
 *
 * A round is: S-box without inverters, MixColumns, round key. The missing inverters leave 0x63 in
 * every byte, which MixColumns keeps, so round keys are stored with 0x63 added.
 * @module
 */
import { MEMORY, PLANES_LENGTH } from './memory.js';
import { at, loadState, PLANE_NUMBERS, STATE, state, storeState } from './planes.js';
import { SBOX_GATES, SBOX_WIRES } from './sbox.js';
import {
  and,
  bytes,
  get,
  LANES,
  load,
  permute,
  set,
  splat,
  store,
  wasmFunction,
  xor,
} from './wat.js';
import type { Address, Expression, Statement } from './wat.js';

const ROWS = 4;
const LANE_NUMBERS = Array.from({ length: LANES }, (_, lane) => lane);

/** The lane of a row and column, both taken modulo 4: AES counts down the columns. */
const laneOf = (row: number, column: number): number => (row & 3) + ROWS * (column & 3);
const rowOf = (lane: number): number => lane & 3;
const columnOf = (lane: number): number => lane >> 2;

/** For every lane the lane that holds, in arrangement s, the byte `down` rows below it. */
const lanesBelow = (arrangement: number, down: number): number[] =>
  LANE_NUMBERS.map((lane) => laneOf(rowOf(lane) + down, columnOf(lane) + down * arrangement));

/** For every lane of arrangement s the lane of the plain arrangement that belongs there. */
export const lanesFromPlain = (arrangement: number): number[] =>
  LANE_NUMBERS.map((lane) => laneOf(rowOf(lane), columnOf(lane) - rowOf(lane) * arrangement));

/** The other way round. */
const lanesToPlain = (arrangement: number): number[] =>
  LANE_NUMBERS.map((lane) => laneOf(rowOf(lane), columnOf(lane) + rowOf(lane) * arrangement));

/** The state a row further down, kept while columns are mixed. */
const below = (bit: number): string => `below${bit}`;

const BELOW = PLANE_NUMBERS.map(below);
const ARRANGEMENTS = [0, 1, 2, 3];
const lanesLocal = (arrangement: number, down: number): string => `lanes${arrangement}down${down}`;
const LANES_LOCALS = ARRANGEMENTS.flatMap((s) => [lanesLocal(s, 1), lanesLocal(s, 2)]);

const ROUND_LOCALS = [...STATE, ...BELOW, ...LANES_LOCALS, ...SBOX_WIRES];

const prepareLanes = (): Statement[] =>
  ARRANGEMENTS.flatMap((s) =>
    [1, 2].map((down) => set(lanesLocal(s, down), bytes(lanesBelow(s, down)))),
  );

/** x0 is the highest bit of the circuit's input, plane 7. */
const sboxInput = (wire: string): string =>
  /^x[0-7]$/.test(wire) ? state(7 - Number(wire.slice(1))) : wire;

const substituteBytes = (): Statement[] => [
  ...SBOX_GATES.map(({ output, operation, inputs }) => {
    const [a, b] = [get(sboxInput(inputs[0])), get(sboxInput(inputs[1]))];
    return set(output, operation === '&' ? and(a, b) : xor(a, b));
  }),
  ...PLANE_NUMBERS.map((bit) => set(state(7 - bit), get(`s${bit}`))),
];

/** The planes that the reduction polynomial of doubling, 0x1b, feeds the highest bit back to. */
const FEEDBACK = [0, 1, 3, 4];

/** What doubling puts into plane `bit` of bytes that are in the state's locals. */
const doubled = (bit: number): Expression[] => [
  ...(bit === 0 ? [] : [get(state(bit - 1))]),
  ...(FEEDBACK.includes(bit) ? [get(state(7))] : []),
];

/**
 * With t = a ^ (a one below), a column's byte becomes 2·t ^ (a one below) ^ (t two below).
 * The result is in the `below` locals.
 */
const mixColumns = (arrangement: number): Statement[] => [
  ...PLANE_NUMBERS.flatMap((bit) => [
    set(below(bit), permute(get(state(bit)), get(lanesLocal(arrangement, 1)))),
    set(state(bit), xor(get(state(bit)), get(below(bit)))),
  ]),
  ...PLANE_NUMBERS.map((bit) => {
    const twoBelow = permute(get(state(bit)), get(lanesLocal(arrangement, 2)));
    return set(below(bit), xor(get(below(bit)), twoBelow, ...doubled(bit)));
  }),
];

/** Round number `round`, from 1; without a key its 0x63 stays in the state. */
const aesRound = (round: number, key: Address | undefined): Statement[] => [
  ...substituteBytes(),
  ...mixColumns(round % ROWS),
  ...PLANE_NUMBERS.map((bit) =>
    set(state(bit), key === undefined ? get(below(bit)) : xor(get(below(bit)), load(at(key, bit)))),
  ),
];

/** The planes of 0x63. */
const INVERTED_PLANES = [0, 1, 5, 6];

const addInverters = (): Statement[] =>
  INVERTED_PLANES.map((bit) => set(state(bit), xor(get(state(bit)), splat(0xff))));

const parameter = (name: string): Address => ({ base: get(name), offset: 0 });

/**
 * `aes4planes(source, tweak, addend, target)`, each the address of planes:
 * target = addend ^ AES4(source ^ tweak). The fourth round key of AES4 is zero.
 */
export const aes4Function = (): string =>
  wasmFunction({
    name: 'aes4planes',
    parameters: ['source', 'tweak', 'addend', 'target'],
    locals: ROUND_LOCALS,
    body: [
      ...prepareLanes(),
      ...PLANE_NUMBERS.map((bit) =>
        set(state(bit), xor(load(at(parameter('source'), bit)), load(at(parameter('tweak'), bit)))),
      ),
      ...[1, 2, 3].flatMap((round) => aesRound(round, roundKey(MEMORY.aes4Keys, round))),
      ...aesRound(4, undefined),
      ...addInverters(),
      ...PLANE_NUMBERS.map((bit) =>
        store(
          at(parameter('target'), bit),
          xor(get(state(bit)), load(at(parameter('addend'), bit))),
        ),
      ),
    ],
  });

export const AES10_ROUNDS = 10;

/** `aes10planes()`: AES10 over the planes in scratch, which end in arrangement 2 and are put right. */
export const aes10Function = (): string =>
  wasmFunction({
    name: 'aes10planes',
    locals: ROUND_LOCALS,
    body: [
      ...prepareLanes(),
      ...loadState(MEMORY.scratch),
      ...Array.from({ length: AES10_ROUNDS }, (_, index) => index + 1).flatMap((round) =>
        aesRound(round, roundKey(MEMORY.aes10Keys, round)),
      ),
      ...PLANE_NUMBERS.map((bit) =>
        set(state(bit), permute(get(state(bit)), bytes(lanesToPlain(AES10_ROUNDS % ROWS)))),
      ),
      ...storeState(MEMORY.scratch),
    ],
  });

const roundKey = (keys: number, round: number): number => keys + (round - 1) * PLANES_LENGTH;
