/**
 * A node's identity before the node: an authority must know its nodes' keys, and they the authority's.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import { selectPrimitives } from '../../src/crypto/select.js';
import type { Io } from '../../src/io/contracts.js';
import { loadIdentity, type KeyError } from './keys.js';

/**
 * The Ed25519 identity key (32 bytes) of the authority, mix or provider with this data directory;
 * its keys are made when there are none.
 *
 * @errors `files`: the directory cannot be used; `bad-key-file`: a file in it holds no such key
 */
export const prepareIdentity = (io: Io, dataDir: string): ResultAsync<Uint8Array, KeyError> =>
  loadIdentity({ ...io, primitives: selectPrimitives(io.log) }, dataDir).map(
    ({ identityKey }) => identityKey,
  );
