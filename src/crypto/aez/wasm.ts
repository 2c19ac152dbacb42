/** Placeholder until the core is generated. @module */
import { tableWideBlock } from '../aez.js';
import type { WideBlock } from '../primitives.js';
export const makeWasmWideBlock = (): WideBlock => tableWideBlock;
