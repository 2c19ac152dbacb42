/**
 * What CAPA says, before and after the log-in (RFC 2449).
 * @module
 */

export const CAPABILITIES: readonly string[] = [
  'USER',
  'SASL PLAIN',
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
