/**
 * The management bridge: a control socket over a client.
 * @module
 */
export { clientMethods } from './methods.js';
export { serveManagement, type ManagementOptions } from './serve.js';
