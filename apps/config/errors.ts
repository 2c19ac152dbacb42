/**
 * Why a configuration file does not count.
 * @module
 */
import type { ConfigProblem } from './toml.js';

/** A configuration file with problems, or none that can be read. */
export type ConfigFileError =
  | { readonly kind: 'config-problems'; readonly problems: readonly ConfigProblem[] }
  | { readonly kind: 'config-file'; readonly path: string; readonly reason: string };
