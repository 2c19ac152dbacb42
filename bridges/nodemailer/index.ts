/**
 * The mix network as a transport of nodemailer: programs that send with it change one line.
 *
 * Nothing of nodemailer is imported: what it hands over is described here, so that whoever does not
 * use it does not need it.
 * @module
 */
export { mixTransport } from './transport.js';
export type { ComposedMail, MixSentInfo, MixTransport, MixTransportOptions } from './transport.js';
export type { TransportCode, TransportError } from './failures.js';
