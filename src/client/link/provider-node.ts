/**
 * Our provider in the document: found by name, held to a pinned key, reached by its addresses.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { equal } from '../../bytes/compare.js';
import { type NetworkNode, type NetworkView, nodeNamed } from '../../pki/view.js';
import type { Peer } from '../../wire/contracts.js';
import type { ConnectionState } from '../types.js';

/** Which provider an account is at. */
export interface ProviderRef {
  /** As documents name it. */
  readonly name: string;
  /** Its Ed25519 identity key, where no other is accepted. */
  readonly pin: Uint8Array | undefined;
  /** Names of the transports to use, in order. */
  readonly transports: readonly string[];
}

/** @errors the connection state that says why there is none */
export const findProvider = (
  view: NetworkView | undefined,
  { name, pin }: ProviderRef,
): Result<NetworkNode, ConnectionState> => {
  if (view === undefined) return err({ kind: 'no-document' });
  const node = nodeNamed(view.entries, name);
  if (node === undefined) return err({ kind: 'provider-missing' });
  if (pin !== undefined && !equal(node.identityKey, pin)) return err({ kind: 'pin-mismatch' });
  return ok(node);
};

/** Its addresses, in the order in which to try them; at least one. @errors `no-usable-address` */
export const addressesOf = (
  node: NetworkNode,
  { transports }: ProviderRef,
): Result<readonly string[], ConnectionState> => {
  const addresses = transports.flatMap((transport) => node.addresses.get(transport) ?? []);
  return addresses.length > 0 ? ok(addresses) : err({ kind: 'no-usable-address' });
};

/** What a node must prove to be on a link. */
export const peerOf = ({ identityKey, linkKey }: NetworkNode): Peer => ({
  ad: identityKey,
  publicKey: linkKey,
});

/** Whether the other end of a link is this node. */
export const isNode = (node: NetworkNode, peer: Peer): boolean =>
  equal(peer.ad, node.identityKey) && equal(peer.publicKey, node.linkKey);
