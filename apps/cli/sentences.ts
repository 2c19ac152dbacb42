/**
 * Every error as a sentence for people, and the exit code that goes with it.
 * @module
 */
import { pemProblem } from '../../src/bytes/pem.js';
import type { Json } from '../../src/control/json.js';
import type { DialError, ListenError } from '../../src/io/contracts.js';
import { describeProblem } from '../config/toml.js';
import type { PrivateFileError } from '../config/private-files.js';
import type { CliError } from './errors.js';

/** Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. */
export const exitCodeOf = (error: CliError): number => {
  switch (error.kind) {
    case 'config-problems':
    case 'config-file':
    case 'config':
    case 'usage':
    case 'which-account':
    case 'bad-option':
    case 'no-address':
    case 'no-such-part':
    case 'only-virtual':
      return 2;
    default:
      return 1;
  }
};

/** What to tell; several lines where there are several problems. */
export const sentenceOf = (error: CliError): string => {
  switch (error.kind) {
    case 'config-problems':
      return error.problems.map(describeProblem).join('\n');
    case 'config-file':
      return `${error.path}: the configuration cannot be read: ${error.reason}`;
    case 'config':
      return `${error.key}: ${error.problem}`;
    case 'usage':
      return `${error.option}: ${error.problem}`;
    case 'private-file':
      return privateFile(error);
    case 'data-dir':
    case 'key-file':
      return `${error.path}: ${error.problem}`;
    case 'files':
      return `${error.path}: ${FILE_REASONS[error.reason]}`;
    case 'mail-folder':
      return `${error.key} = "${error.path}": the folder cannot be used: ${error.reason}`;
    case 'already-running':
      return `another daemon is running: it answers on ${error.socket}`;
    case 'listener':
      return `${error.key}: cannot listen on ${error.address}: ${LISTEN_REASONS[error.reason]}`;
    case 'listen':
      return `cannot listen on ${error.address}: ${LISTEN_REASONS[error.reason]}`;
    case 'management':
      return `Management.Path: cannot listen on ${error.path}: ${LISTEN_REASONS[error.reason]}`;
    case 'dial':
      return `cannot connect to ${error.address}: ${DIAL_REASONS[error.reason]}`;
    default:
      return otherSentence(error);
  }
};

type Told =
  | 'config-problems' | 'config-file' | 'config' | 'usage' | 'private-file' | 'data-dir'
  | 'key-file' | 'files' | 'mail-folder' | 'already-running' | 'listener' | 'listen'
  | 'management' | 'dial';

type OtherError = Exclude<CliError, { readonly kind: Told }>;

const otherSentence = (error: OtherError): string => {
  switch (error.kind) {
    case 'store-full':
      return 'the disk is full: nothing was stored';
    case 'store-io':
      return error.reason === 'locked'
        ? 'the store is in use by another process'
        : `the store cannot be used: ${error.reason}`;
    case 'store-corrupt':
      return `the store is damaged: its ${error.collection} cannot be read`;
    case 'store-key':
      return 'the storage key does not open the store';
    case 'store-closed':
    case 'closed':
      return 'it is shutting down';
    case 'bad-key-file':
      return `${error.path}: ${keyFileProblem(error.problem)}`;
    case 'bad-record':
      return `the store is damaged: ${error.record} cannot be read`;
    case 'bad-option':
      return `${error.option}: must be ${error.rule}`;
    case 'no-address':
      return 'Addresses: must list at least one address';
    default:
      return mailSentence(error);
  }
};

void 0;
