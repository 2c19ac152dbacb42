/**
 * The SMTP bridge: an ordinary mail program sends through a client.
 * @module
 */
export { serveSmtp, type SmtpOptions } from './serve.js';
