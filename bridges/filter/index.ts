/**
 * The filter bridge: the sanitiser in front of any SMTP server.
 * @module
 */
export { serveFilter, type FilterOptions } from './serve.js';
export type { Credentials, UpstreamOptions } from './upstream.js';
