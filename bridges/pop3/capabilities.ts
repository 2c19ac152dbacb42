/**
 * What CAPA says (RFC 2449): the same before and after the log-in, and less before TLS where that
 * has to come first.
 * @module
 */

const LOGIN = ['USER', 'SASL PLAIN'];

const ALWAYS = [
  'TOP',
  'UIDL',
  'RESP-CODES',
  'AUTH-RESP-CODE',
  'PIPELINING',
  'EXPIRE NEVER',
  'LOGIN-DELAY 0',
  'UTF8 USER',
  'IMPLEMENTATION Postern',
];

export const CAPABILITIES: readonly string[] = [...LOGIN, ...ALWAYS];

export const CAPABILITIES_IN_CLEAR: readonly string[] = ['STLS', ...ALWAYS];
