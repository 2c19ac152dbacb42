/**
 * Where everything lies in the module's memory, one region behind the other.
 * @module
 */

export const BLOCK_LENGTH = 16;
/** Blocks that are worked on side by side, and bit planes of them. */
export const WIDTH = 8;
export const PLANES_LENGTH = WIDTH * BLOCK_LENGTH;
const AES4_KEYS = 3;
const AES10_KEYS = 10;

let end = 0;
const region = (length: number): number => {
  const start = end;
  end += length;
  return start;
};

export const MEMORY = {
  /** I ‖ J ‖ L, written by the caller before `prepare`. */
  key: region(3 * BLOCK_LENGTH),
  /** One block, input and output of `aes4` and `aes10`, and S before `secondPass`. */
  block: region(BLOCK_LENGTH),
  /** The XOR of all X or Y after a pass. */
  sum: region(PLANES_LENGTH),
  /** 0·L to 7·L */
  multiplesOfL: region(WIDTH * BLOCK_LENGTH),
  /** 2^⌈i/8⌉·I of the present group. */
  multipleOfI: region(BLOCK_LENGTH),
  /** The round keys as planes, each in its round's arrangement. */
  aes4Keys: region(AES4_KEYS * PLANES_LENGTH),
  aes10Keys: region(AES10_KEYS * PLANES_LENGTH),
  /** I as planes: the tweak of E(0, 0, ·). */
  planesOfI: region(PLANES_LENGTH),
  /** J ^ (i mod 8)·L as planes, for i = 1..8: the same in every group. */
  tweakBase: region(PLANES_LENGTH),
  /** The same with the group's multiple of I: the tweaks of E(1, i, ·). */
  tweak: region(PLANES_LENGTH),
  /** S ^ 3·J as planes: E(2, i, S) is E(1, i, S ^ 3·J). */
  shiftedS: region(PLANES_LENGTH),
  /** T_i of the present group. */
  t: region(PLANES_LENGTH),
  /** Never written: zeros. */
  zeros: region(PLANES_LENGTH),
  scratch: region(PLANES_LENGTH),
  /** The pairs of the message, as many groups as are needed; memory is grown for them. */
  message: 4096,
} as const;

if (end > MEMORY.message) throw new Error('the regions run into the message');
