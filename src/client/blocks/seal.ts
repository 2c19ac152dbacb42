/**
 * Sealing: a block encrypted to its recipient's identity key by one Noise X message.
 *
 * The block is the handshake's payload; there is no transport phase. The name says SHA256 where
 * end_to_end.rst says BLAKE2b: every deployed client (minclient/block/block.go) uses SHA-256.
 * @module
 */
import type { Result } from 'neverthrow';
import type { ParseError } from '../../bytes/reader.js';
import { type NoiseError, startHandshake, X } from '../../crypto/noise.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Random } from '../../io/contracts.js';
import type { SphinxGeometry } from '../../sphinx/geometry.js';
import { type Block, decodeBlock, encodeBlock } from './block.js';

const PROTOCOL_NAME = 'Noise_X_25519_ChaChaPoly_SHA256';
const NO_PROLOGUE = new Uint8Array();

export interface SealDeps {
  readonly primitives: Primitives;
  readonly random: Random;
  readonly geometry: SphinxGeometry;
}

/** A block, and whose identity key sealed it (X25519, 32 bytes, authenticated to us alone). */
export interface OpenedBlock {
  readonly block: Block;
  readonly senderKey: Uint8Array;
}

export type OpenBlockError = NoiseError | ParseError;

/**
 * Encrypts a block for its recipient; each call gives other bytes.
 *
 * @param keys - the sender's identity secret and the recipient's identity key, which throws when it
 * is a low-order point: recipients' keys are checked where they are stored
 * @returns exactly `geometry.userPayloadLength` bytes
 */
export const sealBlock = (
  { primitives, random, geometry }: SealDeps,
  block: Block,
  keys: { readonly senderSecret: Uint8Array; readonly recipientKey: Uint8Array },
): Uint8Array => {
  const handshake = startHandshake({
    primitives,
    random,
    pattern: X,
    protocolName: PROTOCOL_NAME,
    prologue: NO_PROLOGUE,
    initiator: true,
    static: keys.senderSecret,
    remoteStatic: keys.recipientKey,
  });
  const sealed = handshake.write(encodeBlock(geometry, block));
  handshake.wipe();
  return sealed;
};

/**
 * Decrypts a sealed block; any bytes may come in.
 *
 * @returns the block and its sender; the block's bytes are nobody else's
 * @errors `noise`: not for us, or changed; others: sealed to us by somebody, but no block
 */
export const openBlock = (
  { primitives, random, geometry }: SealDeps,
  sealed: Uint8Array,
  recipientSecret: Uint8Array,
): Result<OpenedBlock, OpenBlockError> => {
  const handshake = startHandshake({
    primitives,
    random,
    pattern: X,
    protocolName: PROTOCOL_NAME,
    prologue: NO_PROLOGUE,
    initiator: false,
    static: recipientSecret,
  });
  const read = handshake.read(sealed);
  const senderKey = handshake.remoteStatic ?? new Uint8Array();
  handshake.wipe();
  return read
    .mapErr((error): OpenBlockError => error)
    .andThen((plaintext) => decodeBlock(geometry, plaintext))
    .map((block) => ({ block, senderKey }));
};
