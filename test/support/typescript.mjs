/**
 * For `node --import`: see `typescript-hooks.mjs`.
 * @module
 */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
