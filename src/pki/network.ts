/**
 * One mix network, as its members must agree on it before the first byte.
 * @module
 */
import type { SphinxGeometry } from '../sphinx/geometry.js';
import type { LinkProfile } from '../wire/profile.js';
import type { EpochTime } from './epoch.js';

/** A directory authority: where it listens, and the key that signs its documents. */
export interface AuthorityRef {
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
  /** Ed25519 identity key, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** Nothing of this is negotiated; a wrong value shows as silence. */
export interface NetworkConfig {
  readonly authority: AuthorityRef;
  readonly epochTime: EpochTime;
  readonly geometry: SphinxGeometry;
  readonly link: LinkProfile;
}
