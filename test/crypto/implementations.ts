/** Both implementations of the primitives: every suite here runs over each. */
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { portablePrimitives } from '../../src/crypto/portable.js';

export const fast = makeFastPrimitives();
export const portable = portablePrimitives;
export const implementations = [fast, portable];
