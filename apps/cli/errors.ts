/**
 * Everything that can go wrong in a command.
 * @module
 */
import type { CallError } from '../../src/control/call.js';
import type { SendError } from '../../src/index.js';
import type { DropError } from '../../bridges/maildir/outgoing.js';
import type { ConfigProblem } from '../config/toml.js';
import type { DaemonError } from '../daemon/errors.js';
import type { NodeRunError } from '../node/run.js';
import type { QuickstartError } from '../quickstart/quickstart.js';
import type { TestnetError } from '../testnet/errors.js';

/** A configuration file with problems, or none that can be read. */
export type ConfigFileError =
  | { readonly kind: 'config-problems'; readonly problems: readonly ConfigProblem[] }
  | { readonly kind: 'config-file'; readonly path: string; readonly reason: string };

export type CliError =
  | ConfigFileError
  | DaemonError
  | NodeRunError
  | CallError
  | SendError
  | DropError
  /** An option of the command line. */
  | { readonly kind: 'usage'; readonly option: string; readonly problem: string }
  /** The command needs a running daemon or part. */
  | { readonly kind: 'not-running'; readonly socket: string }
  /** Several accounts, and none was chosen. */
  | { readonly kind: 'which-account'; readonly accounts: readonly string[] }
  | TestnetError
  | QuickstartError;
