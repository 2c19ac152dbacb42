/**
 * Why `postern sendmail` did not take a mail.
 * @module
 */
import type { CliError } from '../cli/errors.js';
import type { ArgumentError } from './arguments.js';
import type { LetterError } from './mail.js';

export type SendmailError = CliError | ArgumentError | LetterError;
