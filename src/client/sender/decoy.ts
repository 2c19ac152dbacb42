/**
 * Decoys: packets that mean nothing and look like all others.
 *
 * A loop goes to the `loop` service of a random provider and comes back; a drop goes there and ends.
 * Where no provider offers the service, a decoy is a block to ourselves.
 *
 * Source: Katzenpost's decoy traffic draft. Where it fires drops at λP ours are loops, since a drop
 * there would show real mail by its acknowledgements.
 * @module
 */
import { equal } from '../../bytes/compare.js';
import { utf8 } from '../../bytes/text.js';
import { pick } from '../../crypto/sample.js';
import type { Random } from '../../io/contracts.js';
import { LOOP_SERVICE, loopExits } from '../../pki/through.js';
import type { NetworkNode, NetworkView } from '../../pki/view.js';
import { MESSAGE_ID_LENGTH } from '../blocks/block.js';
import type { Parcel } from '../packets/compose.js';
import type { KeyPair } from '../keys.js';
import { openBlock, type SealDeps, sealBlock } from '../blocks/seal.js';

export interface DecoyDeps extends SealDeps {
  readonly identity: KeyPair;
  /** Our own user name as it is on the wire. */
  readonly user: Uint8Array;
}

/** A loop request to any provider that answers one, our own included. */
export const loopParcel = (
  view: NetworkView,
  source: NetworkNode,
  { random, geometry }: { readonly random: Random; readonly geometry: SealDeps['geometry'] },
): Parcel | undefined => {
  const destination = pick(random, loopExits(view));
  const endpoint = destination?.services.get(LOOP_SERVICE)?.endpoint;
  if (destination === undefined || endpoint === undefined) return undefined;
  const body = new Uint8Array(geometry.userPayloadLength);
  return { source, destination, recipient: utf8(endpoint), body };
};

/** An empty block to ourselves. */
export const selfParcel = (deps: DecoyDeps, source: NetworkNode): Parcel => {
  const block = {
    messageId: deps.random(MESSAGE_ID_LENGTH),
    total: 1,
    index: 0,
    payload: new Uint8Array(),
  };
  const { secretKey, publicKey } = deps.identity;
  const body = sealBlock(deps, block, { senderSecret: secretKey, recipientKey: publicKey });
  return { source, destination: source, recipient: deps.user, body };
};

/** Whether a received block is one of {@link selfParcel}: no mail is empty. */
export const isSelfDecoy = (deps: DecoyDeps, sealed: Uint8Array): boolean =>
  openBlock(deps, sealed, deps.identity.secretKey).match(
    ({ block, senderKey }) =>
      block.total === 1 && block.payload.length === 0 && equal(senderKey, deps.identity.publicKey),
    () => false,
  );
