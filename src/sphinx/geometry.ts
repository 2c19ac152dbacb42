/**
 * Geometry: every length and rule of the packet format, as one value.
 *
 * Lengths are sums of named parts, here and nowhere else. The default is the 51200-byte payload of
 * Katzenpost core v0.0.12; tests use small ones; the networks of today are another value.
 * @module
 */

/** What a network chooses; the rest of {@link SphinxGeometry} follows from it. */
export interface SphinxChoices {
  /** Most hops on a path. */
  readonly hops: number;
  /** Bytes of a service request or a sealed block that one packet carries. */
  readonly userPayloadLength: number;
  readonly macLength: number;
  readonly payloadTagLength: number;
  /** AES key of the header stream: 16 or 32 bytes. */
  readonly streamKeyLength: number;
  readonly recipientLength: number;
  /** Whether the blinding factor is key material as it is, or the start of a ChaCha20 stream of it. */
  readonly blinding: 'raw' | 'chacha20';
  /** How a node is named in a header: by its identity key, or by the BLAKE2b-256 of it. */
  readonly nodeId: 'identity-key' | 'blake2b-256';
}

export interface SphinxGeometry extends SphinxChoices {
  readonly adLength: number;
  readonly groupElementLength: number;
  readonly nodeIdLength: number;
  readonly surbIdLength: number;
  readonly streamIvLength: number;
  readonly sprpKeyLength: number;
  readonly sprpIvLength: number;
  readonly blindingLength: number;
  readonly kdfLength: number;
  readonly nextNodeLength: number;
  readonly recipientCommandLength: number;
  readonly surbReplyLength: number;
  readonly nodeDelayLength: number;
  /** One hop's slot in the routing info. */
  readonly perHopLength: number;
  readonly routingInfoLength: number;
  readonly headerLength: number;
  /** SPRP key and IV of one payload layer. */
  readonly payloadKeyLength: number;
  readonly surbLength: number;
  /** Flags and reserved byte in front of a payload. */
  readonly plaintextHeaderLength: number;
  /** The plaintext that a packet carries, without its tag. */
  readonly payloadLength: number;
  /** What a SURB reply is delivered as: tag and payload, still encrypted. */
  readonly taggedPayloadLength: number;
  readonly packetLength: number;
}

const COMMAND_ID_LENGTH = 1;
const DELAY_LENGTH = 4;
const MAC_KEY_LENGTH = 32;

/** Lengths that no network chooses. */
const FIXED = {
  adLength: 2,
  groupElementLength: 32,
  nodeIdLength: 32,
  surbIdLength: 16,
  streamIvLength: 16,
  sprpKeyLength: 48,
  sprpIvLength: 16,
  blindingLength: 32,
  nodeDelayLength: COMMAND_ID_LENGTH + DELAY_LENGTH,
  plaintextHeaderLength: 2,
} as const;

/** Derives every length from a network's choices. */
export const makeGeometry = (choices: SphinxChoices): SphinxGeometry => {
  const { adLength, groupElementLength, nodeIdLength, surbIdLength, streamIvLength } = FIXED;
  const { sprpKeyLength, sprpIvLength, blindingLength, plaintextHeaderLength } = FIXED;
  const { hops, macLength, payloadTagLength, streamKeyLength, recipientLength } = choices;
  const nextNodeLength = COMMAND_ID_LENGTH + nodeIdLength + macLength;
  const recipientCommandLength = COMMAND_ID_LENGTH + recipientLength;
  const surbReplyLength = COMMAND_ID_LENGTH + surbIdLength;
  const perHopLength = Math.max(nextNodeLength, recipientCommandLength) + surbReplyLength;
  const routingInfoLength = hops * perHopLength;
  const headerLength = adLength + groupElementLength + routingInfoLength + macLength;
  const payloadKeyLength = sprpKeyLength + sprpIvLength;
  const surbLength = headerLength + nodeIdLength + payloadKeyLength;
  const payloadLength = plaintextHeaderLength + surbLength + choices.userPayloadLength;
  const taggedPayloadLength = payloadTagLength + payloadLength;
  return {
    ...choices,
    ...FIXED,
    kdfLength: MAC_KEY_LENGTH + streamKeyLength + streamIvLength + sprpKeyLength + blindingLength,
    nextNodeLength,
    recipientCommandLength,
    surbReplyLength,
    perHopLength,
    routingInfoLength,
    headerLength,
    payloadKeyLength,
    surbLength,
    payloadLength,
    taggedPayloadLength,
    packetLength: headerLength + taggedPayloadLength,
  };
};

const KATZENPOST_CHOICES: SphinxChoices = {
  hops: 5,
  userPayloadLength: 50_642,
  macLength: 16,
  payloadTagLength: 16,
  streamKeyLength: 16,
  recipientLength: 64,
  blinding: 'raw',
  nodeId: 'identity-key',
};

/** Katzenpost core v0.0.12: 51200-byte payload, 51676-byte packet. */
export const KATZENPOST_GEOMETRY: SphinxGeometry = makeGeometry(KATZENPOST_CHOICES);

/** The same rules around another user payload, for tests and small networks. */
export const smallGeometry = (userPayloadLength: number): SphinxGeometry =>
  makeGeometry({ ...KATZENPOST_CHOICES, userPayloadLength });

/** The networks of 2026: 2000-byte user payload, 3082-byte packet. */
export const TODAY_GEOMETRY: SphinxGeometry = makeGeometry({
  hops: 5,
  userPayloadLength: 2000,
  macLength: 32,
  payloadTagLength: 32,
  streamKeyLength: 32,
  recipientLength: 32,
  blinding: 'chacha20',
  nodeId: 'blake2b-256',
});
