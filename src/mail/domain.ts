/**
 * Domain names: IDNA to ASCII with the STD3 rules.
 *
 * The mapping is UTS 46 as the URL parser does it, which every runtime has; what that parser lets
 * pass beyond letters, digits and hyphens is refused here.
 * @module
 */

const MAX_DOMAIN_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PLAIN_ASCII = /^[A-Za-z0-9.-]+$/;

/** Ends of a host in a URL, and what its parser removes or decodes. */
const URL_SYNTAX = /[\p{Cc}\s/?#@:\\%[\]]/u;

/** What the URL parser makes of digits in other scripts: an IPv4 address. */
const IPV4 = /^[0-9.]+$/;

/**
 * A domain in lower-case ASCII; idempotent.
 *
 * @returns `undefined` when a label is empty, too long, or holds what a host name may not
 */
export const normaliseDomain = (domain: string): string | undefined => {
  const ascii = toAscii(domain);
  if (ascii === undefined || ascii.length > MAX_DOMAIN_LENGTH) return undefined;
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : undefined;
};

/** Plain names are not given to the URL parser, which would read `1.2` as an IPv4 address. */
const toAscii = (domain: string): string | undefined => {
  if (PLAIN_ASCII.test(domain) && !/(?:^|\.)xn--/i.test(domain)) return domain.toLowerCase();
  if (URL_SYNTAX.test(domain)) return undefined;
  const url = `http://${domain}/`;
  const host = URL.canParse(url) ? new URL(url).hostname : undefined;
  return host === undefined || IPV4.test(host) ? undefined : host;
};
