/**
 * Why a daemon did not start.
 * @module
 */
import type { FilesError, ListenError } from '../../src/io/contracts.js';
import type { OpenError } from '../../src/index.js';
import type { PrivateFileError } from '../config/private-files.js';

export type DaemonError =
  | OpenError
  | PrivateFileError
  | FilesError
  /** Another daemon answers on our control socket. */
  | { readonly kind: 'already-running'; readonly socket: string }
  | {
      readonly kind: 'listener';
      /** The setting that says where. */
      readonly key: 'Proxy.SMTPAddress' | 'Proxy.POP3Address' | 'Management.Path';
      readonly address: string;
      readonly reason: ListenError['reason'];
    }
  /** A socket passed by the service manager is not on loopback. */
  | {
      readonly kind: 'exposed-socket';
      readonly key: 'Proxy.SMTPAddress' | 'Proxy.POP3Address';
      readonly address: string;
    }
  | {
      readonly kind: 'mail-folder';
      readonly key: 'Maildir' | 'DropFolder';
      readonly path: string;
      readonly reason: string;
    };
