/**
 * What is wrong with a mail that a command was given.
 * @module
 */
import type { SanitiseError } from '../../src/sanitise/sanitise.js';
import type { CliError } from './errors.js';

export const mailError = (error: SanitiseError): CliError =>
  error.kind === 'bad-mail'
    ? { kind: 'bad-mail', problem: `${error.problem}, line ${error.line}` }
    : error;
