/**
 * Hosts: who shares an address, so that one machine with many connections counts as one.
 * @module
 */
import { toHex } from '../../src/bytes/text.js';
import { parseAddress } from '../../src/io/address.js';
import { ipBytes } from '../../src/io/ip.js';

const V4_LENGTH = 4;
/** What one customer of a network is given of IPv6: 64 of 128 bits. */
const V6_PREFIX = 8;
/** IPv4 as a socket for both shows it. */
const MAPPED_PREFIX = '00000000000000000000ffff';

/** The name under which a connection's other end is counted; `remote` is that of the connection. */
export const hostOf = (remote: string): string => {
  const address = parseAddress(remote);
  if (address?.kind !== 'tcp') return remote;
  const bytes = ipBytes(address.host);
  if (bytes === undefined) return address.host;
  const isMapped = toHex(bytes).startsWith(MAPPED_PREFIX);
  return toHex(isMapped ? bytes.subarray(-V4_LENGTH) : bytes.subarray(0, V6_PREFIX));
};
