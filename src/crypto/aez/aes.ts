/**
 * Keyed AES rounds through four tables: SubBytes, ShiftRows and MixColumns in one look-up a byte.
 *
 * Not constant time: the looked-up addresses depend on keys and data. `wasm.ts` has a core that
 * is; this one is the reference for it and serves where WebAssembly does not.
 * @module
 */
/* eslint-disable max-params -- called 8,000 and 128,000 times per packet: no objects for them */
import type { Block } from './block.js';

/** x · 2 in GF(2^8) of AES. */
const timesTwo = (x: number): number => (x << 1) ^ (x & 0x80 ? 0x11b : 0);

const rotateByte = (x: number, by: number): number => ((x << by) | (x >>> (8 - by))) & 0xff;

/** The S-box: multiplicative inverse (through powers of the generator 3), then the affine map. */
const makeSbox = (): Uint8Array => {
  const power: number[] = [];
  for (let x = 1; power.length < 255; x = timesTwo(x) ^ x) power.push(x);
  const sbox = new Uint8Array(256).fill(0x63, 0, 1);
  power.forEach((x, exponent) => {
    const y = power[(255 - exponent) % 255] ?? 0;
    sbox[x] = [1, 2, 3, 4].reduce((sum, by) => sum ^ rotateByte(y, by), y) ^ 0x63;
  });
  return sbox;
};

/** What a byte in row `row` of its column adds to the four bytes of the mixed column. */
const makeTable = (sbox: Uint8Array, row: number): Uint32Array =>
  Uint32Array.from(sbox, (s) => {
    const column = timesTwo(s) | (s << 8) | (s << 16) | ((timesTwo(s) ^ s) << 24);
    return row === 0 ? column : (column << (8 * row)) | (column >>> (32 - 8 * row));
  });

type Column = (a: number, b: number, c: number, d: number, key: number) => number;

/**
 * One column of a round; ShiftRows is the choice of the columns that its four rows come from.
 * The tables are constants of a closure, which engines fold in; bundlers make top-level constants
 * variables, and that costs a third of the speed.
 */
const makeColumn = (): Column => {
  const sbox = makeSbox();
  const row0 = makeTable(sbox, 0);
  const row1 = makeTable(sbox, 1);
  const row2 = makeTable(sbox, 2);
  const row3 = makeTable(sbox, 3);
  return (a, b, c, d, key) =>
    (row0[a & 0xff] ?? 0) ^
    (row1[(b >>> 8) & 0xff] ?? 0) ^
    (row2[(c >>> 16) & 0xff] ?? 0) ^
    (row3[d >>> 24] ?? 0) ^
    key;
};

const column = makeColumn();

/**
 * `output` = all rounds of `schedule` (four words each) over `input[at..at+4) ^ tweak`.
 *
 * Every round mixes columns, the last one too, and there is no whitening key.
 */
export const runRounds = (
  schedule: Uint32Array,
  tweak: Block,
  input: Uint32Array,
  at: number,
  output: Block,
): void => {
  let a = (input[at] ?? 0) ^ (tweak[0] ?? 0);
  let b = (input[at + 1] ?? 0) ^ (tweak[1] ?? 0);
  let c = (input[at + 2] ?? 0) ^ (tweak[2] ?? 0);
  let d = (input[at + 3] ?? 0) ^ (tweak[3] ?? 0);
  for (let k = 0; k < schedule.length; k += 4) {
    const nextA = column(a, b, c, d, schedule[k] ?? 0);
    const nextB = column(b, c, d, a, schedule[k + 1] ?? 0);
    const nextC = column(c, d, a, b, schedule[k + 2] ?? 0);
    d = column(d, a, b, c, schedule[k + 3] ?? 0);
    a = nextA;
    b = nextB;
    c = nextC;
  }
  output[0] = a;
  output[1] = b;
  output[2] = c;
  output[3] = d;
};
