/**
 * Chooses the primitives of this process: the fast ones as far as they pass the self-test.
 * @module
 */
import type { Log } from '../io/contracts.js';
import { makeFastPrimitives } from './fast.js';
import { portablePrimitives } from './portable.js';
import type { Primitives } from './primitives.js';
import { passes, PRIMITIVE_NAMES } from './self-test.js';

const MODULE = 'crypto';

/** `preferred`, but with portable parts in place of those that fail their known answers. */
export const repair = (preferred: Primitives, log?: Log): Primitives => {
  let primitives = preferred;
  for (const primitive of PRIMITIVE_NAMES) {
    if (passes(preferred, primitive)) continue;
    log?.write('warning', MODULE, 'primitive refused by its self-test', { primitive });
    primitives = { ...primitives, [primitive]: portablePrimitives[primitive] };
  }
  return primitives;
};

const makeOrFallBack = (log?: Log): Primitives => {
  try {
    return repair(makeFastPrimitives(), log);
  } catch {
    // No WebAssembly or a crippled node:crypto: everything still works, only slower.
    log?.write('warning', MODULE, 'fast primitives are not to be had here');
    return portablePrimitives;
  }
};

let chosen: Primitives | undefined;

/** The primitives to use. The first call tests them (some milliseconds); later ones only answer. */
export const selectPrimitives = (log?: Log): Primitives => {
  if (chosen === undefined) {
    chosen = makeOrFallBack(log);
    if (!chosen.wideBlock.constantTime) {
      log?.write('warning', MODULE, 'AEZ is not constant time on this machine');
    }
  }
  return chosen;
};
