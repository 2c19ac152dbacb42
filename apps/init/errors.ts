/**
 * Why `postern init` did not get to its end; a second run goes on from there.
 * @module
 */
import type { RegistrationError } from '../../src/client/link/register.js';
import type { FilesError, ListenError } from '../../src/io/contracts.js';
import type { UnknownAccount } from '../../src/index.js';
import type { ConfigFileError } from '../config/errors.js';
import type { PrivateFileError } from '../config/private-files.js';
import type { TestnetError } from '../testnet/errors.js';

export type InitError =
  | ConfigFileError
  | PrivateFileError
  | FilesError
  | ListenError
  | RegistrationError
  | TestnetError
  | DoorError
  /** A flag, or something that it lacks. */
  | { readonly kind: 'usage'; readonly option: string; readonly problem: string }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'key-file'; readonly path: string; readonly problem: string }
  | UnknownAccount
  /** The configuration that is there is of somebody else. */
  | { readonly kind: 'other-account'; readonly path: string; readonly account: string }
  /** Nobody can connect to it. */
  | { readonly kind: 'virtual-network'; readonly directory: string };

/** Why the provider could not be found. */
export type DoorError =
  | { readonly kind: 'no-directory'; readonly authority: string; readonly reason: string }
  | { readonly kind: 'bad-document'; readonly authority: string; readonly reason: string }
  | {
      readonly kind: 'provider-not-listed';
      readonly provider: string;
      readonly listed: readonly string[];
    }
  /** Its key is another than the one that was told. */
  | { readonly kind: 'provider-key-differs'; readonly provider: string };
