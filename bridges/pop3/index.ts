/**
 * The POP3 bridge: an ordinary mail program fetches what a client has received.
 * @module
 */
export { servePop3, type Pop3Options } from './serve.js';
export type { LoginRules } from '../../src/control/login.js';
export type { TlsServer } from '../../src/io/contracts.js';
export type { BridgeStatus, RunningBridge } from '../../src/control/serve.js';
