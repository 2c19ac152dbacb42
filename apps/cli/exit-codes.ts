/**
 * The exit code that goes with an error.
 * @module
 */
import type { CliError } from './errors.js';

const WRONG_USAGE: readonly CliError['kind'][] = [
  'config-problems',
  'config-file',
  'config',
  'usage',
  'which-account',
  'bad-proxy',
  'bad-option',
  'no-address',
  'no-such-part',
  'only-virtual',
  'no-such-program',
  'needs-maildir',
  'no-mailproxy',
  'other-account',
  'other-config',
  'provider-not-listed',
  'virtual-network',
];

/** 1: failed; 2: wrong usage or configuration; 3: a mail still tells something. */
export const exitCodeOf = ({ kind }: CliError): number => {
  if (kind === 'leaks-left') return 3;
  return WRONG_USAGE.includes(kind) ? 2 : 1;
};
