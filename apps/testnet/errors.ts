/**
 * What can go wrong with a test network.
 * @module
 */
import type { CallError } from '../../src/control/call.js';
import type { FilesError, ListenError } from '../../src/io/contracts.js';
import type { ConfigProblem } from '../config/toml.js';
import type { DaemonError } from '../daemon/errors.js';
import type { NodeRunError } from '../node/run.js';

export type TestnetError =
  | CallError
  | DaemonError
  | FilesError
  | ListenError
  | NodeRunError
  | { readonly kind: 'config-problems'; readonly problems: readonly ConfigProblem[] }
  | { readonly kind: 'part-ended'; readonly part: string; readonly log: string }
  | { readonly kind: 'not-in-time'; readonly what: string; readonly left: readonly string[] }
  | { readonly kind: 'no-test-network'; readonly directory: string }
  | { readonly kind: 'directory-in-use'; readonly directory: string }
  | { readonly kind: 'no-such-part'; readonly part: string; readonly parts: readonly string[] }
  | { readonly kind: 'only-virtual'; readonly command: string };
