/**
 * The SMTP bridge: an ordinary mail program sends through a client.
 * @module
 */
export { serveSmtp, type RunningSmtp, type SmtpOptions } from './serve.js';
export type { NodeTlsOptions } from '../../src/io/node.js';
export type { SmtpClient } from './transaction.js';
export type { ForeignFrom } from '../../src/mail/own-sender.js';
export type { LoginRules } from '../../src/control/login.js';
export type { BridgeStatus, RunningBridge } from '../../src/control/serve.js';
