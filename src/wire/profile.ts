/**
 * Link profiles: what both ends of a link must agree on before its first byte.
 *
 * Source: katzenpost core wire/session.go of v0.0.12 (01) and v0.0.13 to v0.0.16 (02); the two
 * differ in the prologue byte and in one letter of the Noise protocol name.
 * @module
 */

/** Nothing of this is negotiated; ends that differ abort the handshake. */
export interface LinkProfile {
  /** For people. */
  readonly name: string;
  /** One byte: sent in clear before the first handshake message and hashed by both ends. */
  readonly prologue: Uint8Array;
  /** Noise protocol name, ASCII, at most 64 bytes. */
  readonly protocolName: string;
  readonly kem: 'kyber1024';
}

/** Core v0.0.12, and our default. */
export const LINK_PROFILE_01: LinkProfile = {
  name: '01',
  prologue: Uint8Array.of(0x01),
  protocolName: 'Noise_XXhfs_25519+kyber1024_ChaChaPoly_BLAKE2b',
  kem: 'kyber1024',
};

/** Core v0.0.13 to v0.0.16, whose networks have another geometry too (2048-byte payload). */
export const LINK_PROFILE_02: LinkProfile = {
  name: '02',
  prologue: Uint8Array.of(0x02),
  protocolName: 'Noise_XXhfs_25519+Kyber1024_ChaChaPoly_BLAKE2b',
  kem: 'kyber1024',
};
