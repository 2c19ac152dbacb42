/**
 * Reasons in words: why a file, a folder, an address or a connection could not be used.
 * @module
 */
import type { FolderError } from '../../bridges/files/disk.js';
import type { DialError, FilesError, HttpError, ListenError } from '../../src/io/contracts.js';
import type { PrivateFileError } from '../config/private-files.js';

export const LISTEN: Readonly<Record<ListenError['reason'], string>> = {
  'in-use': 'it is in use',
  denied: 'permission denied',
  'bad-address': 'no such address here, or a path that is too long',
  aborted: 'interrupted',
};

export const DIAL: Readonly<Record<DialError['reason'], string>> = {
  refused: 'nobody answers there',
  timeout: 'no answer in time',
  unreachable: 'it cannot be reached',
  aborted: 'interrupted',
  'bad-address': 'this is no address',
  proxy: 'the upstream proxy is not there, or refuses',
};

export const FILES: Readonly<Record<FilesError['reason'], string>> = {
  missing: 'there is no such file',
  denied: 'permission denied',
  full: 'the disk is full',
  exists: 'something else is there',
  io: 'reading or writing failed',
};

export const FOLDER: Readonly<Record<FolderError['reason'], string>> = {
  missing: 'there is no such file or folder',
  denied: 'permission denied',
  full: 'the disk is full',
  symlink: 'it is a link, which is not followed',
  locked: 'another program has locked it',
  io: 'reading or writing failed',
};

export const PRIVATE: Readonly<Record<PrivateFileError['problem'], string>> = {
  'not-a-directory': 'this is no directory',
  'not-a-file': 'this is no file',
  'open-to-others': 'other users can read it; take their rights away with chmod go=',
  'unsafe-parent': 'other users can change what is in it; take their rights away with chmod go-w',
  'of-another-user': 'it belongs to another user',
  'wrong-length': 'a storage key has 32 bytes',
  'lost-key': 'the storage key is missing, and the store that it sealed is still there',
  'salt-length': 'a salt has 32 bytes',
  'lost-salt':
    'the salt of the passphrase is missing, and stores are still there: without it they cannot be opened',
  'empty-passphrase': 'the passphrase is empty',
  'no-passphrase': 'nobody gives a passphrase: there is no terminal, and no line on standard input',
  'passphrases-differ': 'these are two passphrases: nothing has been made',
  aborted: 'interrupted',
  missing: 'there is no such file',
  denied: 'permission denied',
  io: 'reading or writing failed',
};

export const HTTP: Readonly<Record<HttpError['reason'], string>> = {
  ...DIAL,
  'bad-url': 'this is no address',
  tls: 'the connection is not secure: wrong certificate, or no TLS there',
  ended: 'the connection ended before the answer',
  malformed: 'the answer makes no sense',
};
