/**
 * What `sendmail` says of an error, for people.
 * @module
 */
import { sentenceOf } from '../cli/sentences.js';
import type { SendmailError } from './errors.js';

export const sentenceFor = (error: SendmailError): string => {
  if (error.kind === 'foreign-envelope') return `${error.sender} is none of your accounts`;
  if (error.kind === 'no-account') return 'the configuration has no account';
  if (error.kind !== 'foreign-from') return sentenceOf(error);
  const { field, named } = error;
  return named === ''
    ? `the header ${field} names nobody`
    : `the header ${field} names ${named}, which is not the account that sends`;
};
