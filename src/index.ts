/**
 * Postern: anonymous mail over a mix network, for programs.
 * @module
 */
export type * from './client/types.js';
