/**
 * What can go wrong with a client, by what was asked of it.
 * @module
 */
import type { Unsanitisable } from '../sanitise/sanitise.js';
import type { StoreError } from '../store/store.js';
import type { MailId } from './names.js';

export interface ConfigError {
  readonly kind: 'config';
  /** Where in the configuration, such as `accounts[0].user`. */
  readonly key: string;
  readonly problem: string;
}

export type OpenError =
  | ConfigError
  | StoreError
  | { readonly kind: 'key-file'; readonly path: string; readonly problem: string }
  | { readonly kind: 'data-dir'; readonly path: string; readonly problem: string };

export type SendError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'unknown-recipient'; readonly recipient: string }
  /** No document has ever named the recipient's provider; only where bad recipients are sorted out. */
  | { readonly kind: 'unknown-provider'; readonly recipient: string }
  | { readonly kind: 'bad-address'; readonly address: string }
  | { readonly kind: 'bad-mail'; readonly problem: string }
  | { readonly kind: 'forbidden-header'; readonly header: string }
  | { readonly kind: 'mail-too-large'; readonly size: number; readonly limit: number }
  /** A path was written for it, and the configuration takes none. */
  | { readonly kind: 'paths-locked' }
  /** The path that was written for it; `problem` is the rest of a sentence about it. */
  | { readonly kind: 'bad-path'; readonly problem: string }
  /** It cannot be sanitised without being broken, and the account does not send such mails. */
  | Unsanitisable
  | { readonly kind: 'aborted' }
  | { readonly kind: 'closed' }
  | StoreError;

export type InboxError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'unknown-reader'; readonly reader: string }
  | { readonly kind: 'no-such-mail'; readonly id: MailId }
  | { readonly kind: 'closed' }
  | StoreError;

export type RestoreError =
  | Exclude<InboxError, { readonly kind: 'unknown-reader' | 'no-such-mail' }>
  | { readonly kind: 'bad-mail'; readonly problem: string };

export type AskError =
  | { readonly kind: 'unknown-account'; readonly account: string }
  | { readonly kind: 'no-document' }
  | { readonly kind: 'no-such-provider'; readonly provider: string }
  | { readonly kind: 'no-such-service'; readonly service: string }
  | { readonly kind: 'request-too-large'; readonly size: number; readonly limit: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'malformed-reply' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'closed' }
  | StoreError;
