/**
 * Why a daemon did not start.
 * @module
 */
import type { FilesError, ListenError } from '../../src/io/contracts.js';
import type { OpenError } from '../../src/index.js';
import type { PrivateFileError } from '../config/private-files.js';

/** A setting that says where mail programs connect. */
export type ListenerKey = 'Proxy.SMTPAddress' | 'Proxy.POP3Address' | 'Proxy.LMTPAddress';

export type DaemonError =
  | OpenError
  | PrivateFileError
  | FilesError
  /** Another daemon answers on our control socket. */
  | { readonly kind: 'already-running'; readonly socket: string }
  | {
      readonly kind: 'listener';
      /** The setting that says where. */
      readonly key: ListenerKey | 'Management.Path';
      readonly address: string;
      readonly reason: ListenError['reason'];
    }
  /** A socket passed by the service manager is not on loopback. */
  | {
      readonly kind: 'exposed-socket';
      readonly key: ListenerKey;
      readonly address: string;
    }
  /** A file of the listeners' certificate; `no-pair`: the two do not belong together. */
  | {
      readonly kind: 'tls-file';
      readonly key: 'Proxy.TLSCertFile' | 'Proxy.TLSKeyFile';
      readonly path: string;
      readonly problem: FilesError['reason'] | 'no-pair';
    }
  | {
      readonly kind: 'mail-folder';
      readonly key: 'Maildir' | 'DropFolder' | 'Mbox' | 'DropMbox';
      readonly path: string;
      readonly reason: string;
    };
