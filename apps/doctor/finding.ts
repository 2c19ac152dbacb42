/**
 * What a look at an installation finds: one finding per thing that was looked at.
 * @module
 */
import type { FetchError } from '../../src/pki/directory.js';
import type { DialError } from '../../src/io/contracts.js';
import type { LinkError } from '../../src/wire/contracts.js';
import type { PrivateFileError } from '../config/private-files.js';
import type { ConfigProblem } from '../config/toml.js';

/** Names of the checks, in the order of the report. */
export type CheckName =
  | 'configuration'
  | 'directory'
  | 'disk'
  | 'storage key'
  | 'keys'
  | 'recipients'
  | 'daemon'
  | 'listener'
  | 'authority'
  | 'clock'
  | 'document'
  | 'provider';

export interface Finding {
  readonly check: CheckName;
  /** What of several was looked at: a path, a label, an account. */
  readonly about: string;
  readonly verdict: Verdict;
}

/** Why a peer was not reached. */
export type Unreached = DialError | LinkError | FetchError | { readonly kind: 'bad-authority-key' };

export type Verdict =
  | { readonly kind: 'config-good' }
  | { readonly kind: 'config-bad'; readonly problem: ConfigProblem }
  | { readonly kind: 'config-refused'; readonly key: string; readonly problem: string }
  | { readonly kind: 'private' }
  | { readonly kind: 'exposed'; readonly paths: readonly string[] }
  | { readonly kind: 'not-made-yet' }
  | { readonly kind: 'private-file'; readonly error: PrivateFileError }
  | { readonly kind: 'space'; readonly freeBytes: number; readonly leastBytes: number }
  | { readonly kind: 'no-space-told' }
  | { readonly kind: 'readable' }
  | { readonly kind: 'no-keys' }
  | { readonly kind: 'damaged'; readonly path: string; readonly problem: string }
  /** `path` is the private half of one of an account's key pairs. */
  | { readonly kind: 'damaged-key'; readonly path: string; readonly problem: string }
  | { readonly kind: 'known'; readonly count: number }
  | { readonly kind: 'running'; readonly pid: number; readonly needsRestart: readonly string[] }
  | { readonly kind: 'not-running' }
  | { readonly kind: 'no-answer'; readonly reason: string }
  | { readonly kind: 'port-free' }
  | { readonly kind: 'port-taken' }
  | { readonly kind: 'reached'; readonly address: string }
  | { readonly kind: 'unreached'; readonly address: string; readonly error: Unreached }
  | { readonly kind: 'skew'; readonly skewMs: number; readonly limitMs: number }
  | { readonly kind: 'document'; readonly epoch: number; readonly providers: number }
  | { readonly kind: 'no-document'; readonly error: FetchError }
  | { readonly kind: 'bad-document'; readonly reason: string }
  | { readonly kind: 'epoch-length'; readonly seconds: number }
  | { readonly kind: 'unregistered'; readonly address: string }
  /** As a running daemon or the document says it. */
  | { readonly kind: 'connection'; readonly state: string }
  /** The running daemon could not open the account; `problem` is a kind of error. */
  | { readonly kind: 'unusable'; readonly problem: string }
  /** Something else has failed that this builds on. */
  | { readonly kind: 'not-looked' };
