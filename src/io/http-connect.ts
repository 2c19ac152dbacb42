/**
 * A network behind an HTTP proxy: every connection leaves through it by CONNECT, and names are
 * resolved there.
 *
 * Source: RFC 9110 §9.3.6 and §11.7; RFC 7617 for the log-in.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { fromUtf8, toBase64, utf8 } from '../bytes/text.js';
import { formatAddress } from './address.js';
import type { Duplex, Network } from './contracts.js';
import { Lookahead } from './lookahead.js';
import { proxiedNetwork, type ProxyOptions, type Reason, type Wanted } from './proxied.js';

export interface HttpConnectOptions extends ProxyOptions {
  /** Sent to the proxy unasked, in clear. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

/** Of all header lines together. */
const MAX_ANSWER_LENGTH = 16_384;
const END = utf8('\r\n\r\n');
const STATUS = /^HTTP\/1\.[01] (\d{3})[ \r]/;

/** What a refusal says of the target; any other says something of the proxy. */
const REFUSALS: ReadonlyMap<number, Reason> = new Map([
  [502, 'unreachable'],
  [503, 'unreachable'],
  [504, 'timeout'],
]);

/** The same network from behind a proxy. Nothing is ever dialled but the proxy, and nobody listens. */
export const httpConnectNetwork = (network: Network, options: HttpConnectOptions): Network =>
  proxiedNetwork(network, options, (duplex, wanted) => negotiate(duplex, wanted, options));

const negotiate = async (
  duplex: Duplex,
  wanted: Wanted,
  options: HttpConnectOptions,
): Promise<Result<Duplex, Reason>> => {
  const from = new Lookahead(duplex);
  await duplex.write(utf8(requestOf(wanted, options)));
  const answer = await from.takeThrough(END, MAX_ANSWER_LENGTH);
  const refusal = refusalOf(answer === undefined ? '' : fromUtf8(answer));
  if (refusal === undefined) return ok(from.rest(wanted.address));
  duplex.destroy();
  return err(refusal);
};

const requestOf = ({ target }: Wanted, { credentials }: HttpConnectOptions): string => {
  const authority = formatAddress(target);
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (credentials !== undefined) {
    const logIn = toBase64(utf8(`${credentials.user}:${credentials.password}`));
    lines.push(`Proxy-Authorization: Basic ${logIn}`);
  }
  return [...lines, '', ''].join('\r\n');
};

/** Any 2xx is consent. */
const refusalOf = (answer: string): Reason | undefined => {
  const status = Number(STATUS.exec(answer)?.[1] ?? 0);
  return status >= 200 && status < 300 ? undefined : (REFUSALS.get(status) ?? 'proxy');
};
