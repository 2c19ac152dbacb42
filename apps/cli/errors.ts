/**
 * Everything that can go wrong in a command.
 * @module
 */
import type { CallError } from '../../src/control/call.js';
import type {
  InboxError,
  MakeReplyBlockError,
  RecipientError,
  ReplyBlockSendError,
  SendError,
  StoreError,
} from '../../src/index.js';
import type { FolderError } from '../../bridges/files/disk.js';
import type { ApproveError } from '../../servers/authority/registry.js';
import type { MemberError } from '../../servers/authority/members.js';
import type { DropError } from '../../bridges/files/outgoing.js';
import type { ConfigFileError } from '../config/errors.js';
import type { DaemonError } from '../daemon/errors.js';
import type { BadPassword } from '../daemon/passwords.js';
import type { ImportError } from '../import/mailproxy.js';
import type { InitError } from '../init/errors.js';
import type { PingError } from '../../servers/node/ping.js';
import type { BadProxy } from '../node/environment-proxy.js';
import type { NodeRunError } from '../node/run.js';
import type { QuickstartError } from '../quickstart/quickstart.js';
import type { SetupError } from '../setup/setup.js';
import type { TestnetError } from '../testnet/errors.js';

export type CliError =
  | ConfigFileError
  | DaemonError
  | NodeRunError
  | CallError
  | SendError
  | MakeReplyBlockError
  | ReplyBlockSendError
  | RecipientError
  /** A provider has told no key. */
  | { readonly kind: 'key-not-found'; readonly address: string; readonly reason: string }
  | DropError
  | InboxError
  /** A file or folder of mails. */
  | FolderError
  /** A mail tells what cannot be taken out of it; each leak has been said. */
  | { readonly kind: 'leaks-left'; readonly count: number }
  /** What was asked of an account was not done, or nobody knows. */
  | { readonly kind: 'not-done'; readonly account: string; readonly reason: string }
  | BadPassword
  /** Of a new password and its repetition. */
  | { readonly kind: 'passwords-differ' }
  /** An option of the command line. */
  | { readonly kind: 'usage'; readonly option: string; readonly problem: string }
  /** A part in the background has ended before it was ready. */
  | { readonly kind: 'not-started'; readonly message: string; readonly log: string }
  /** A part was asked to end, and has not. */
  | { readonly kind: 'still-running'; readonly pid: number }
  | { readonly kind: 'no-store'; readonly path: string }
  | { readonly kind: 'no-such-key'; readonly epoch: number }
  | BadProxy
  /** A file that is no good descriptor. */
  | { readonly kind: 'bad-descriptor-file'; readonly path: string; readonly problem: string }
  | PingError
  | { readonly kind: 'no-statistics' }
  /** The command needs a running daemon or part. */
  | { readonly kind: 'not-running'; readonly socket: string }
  /** The doctor has found what must be put right, and has said it. */
  | { readonly kind: 'not-well'; readonly failed: number }
  /** Nothing of this id is queued. */
  | { readonly kind: 'no-such-message'; readonly messageId: string }
  /** Several accounts, and none was chosen. */
  | { readonly kind: 'which-account'; readonly accounts: readonly string[] }
  /** One of a configuration's stores. */
  | { readonly kind: 'upgrade'; readonly path: string; readonly error: StoreError }
  /** What the operator of an authority asked for. */
  | ApproveError
  | MemberError
  | InitError
  | ImportError
  /** What could not be taken over has been said. */
  | { readonly kind: 'import-incomplete'; readonly problems: number }
  | TestnetError
  | SetupError
  | QuickstartError;
