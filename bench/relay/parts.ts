/**
 * The primitives that relaying one packet cannot do without, each as often as it takes: what is
 * left of a relay's cost is ours to answer for.
 * @module
 */
import { nodeRandom } from '../../src/io/node.js';
import { measure, type Rounds, type Subject } from '../measure.js';
import { geometry, primitives } from './world.js';

const COMMAND_HEADER_LENGTH = 6;
const FRAME_LENGTH_LENGTH = 4;

const REKEY_INPUT = new Uint8Array(32);
const NO_AD = new Uint8Array(0);

const curveParts = (): Record<'dh' | 'blinding', Subject> => {
  const { x25519 } = primitives;
  const secret = nodeRandom(32);
  const mixKey = x25519.scalar(nodeRandom(32));
  const element = x25519.publicKey(x25519.scalar(nodeRandom(32)));
  const loaded = x25519.point(element);
  return {
    dh: () => x25519.multiply(mixKey, x25519.point(element)),
    blinding: () => x25519.multiply(x25519.scalar(secret), loaded),
  };
};

const headerParts = (): Record<'hkdf' | 'hmac' | 'ctr' | 'sha512_256', Subject> => {
  const secret = nodeRandom(32);
  const key = nodeRandom(geometry.streamKeyLength);
  const iv = nodeRandom(geometry.streamIvLength);
  const covered = nodeRandom(geometry.headerLength - geometry.macLength);
  const routing = nodeRandom(geometry.routingInfoLength + geometry.perHopLength);
  const info = nodeRandom(29);
  return {
    hkdf: () => primitives.hkdfExpand(secret, info, geometry.kdfLength),
    hmac: () => primitives.hmacSha256(secret, covered),
    ctr: () => primitives.aesCtr(key, iv, routing),
    sha512_256: () => primitives.hash.sha512_256(secret),
  };
};

const aezPart = (): Record<'aez', Subject> => {
  const key = nodeRandom(geometry.sprpKeyLength);
  const iv = nodeRandom(geometry.sprpIvLength);
  const payload = nodeRandom(geometry.taggedPayloadLength);
  return { aez: () => primitives.wideBlock.decrypt(key, iv, payload) };
};

/** Length, body and the next key, sealed or opened. */
const frameParts = (): Record<'open' | 'seal', Subject> => {
  const { aead } = primitives;
  const key = nodeRandom(32);
  const nonce = nodeRandom(12);
  const command = nodeRandom(COMMAND_HEADER_LENGTH + geometry.packetLength);
  const length = nodeRandom(FRAME_LENGTH_LENGTH);
  const sealed = [length, command].map((part) => aead.seal(key, nonce, NO_AD, part));
  const rekey = (): unknown => aead.sealParts(key, nonce, NO_AD, [REKEY_INPUT]);
  return {
    open: () => {
      for (const part of sealed) aead.open(key, nonce, NO_AD, part);
      rekey();
    },
    seal: () => {
      for (const part of [length, command]) aead.sealParts(key, nonce, NO_AD, [part]);
      rekey();
    },
  };
};

export const PARTS = [
  'dh',
  'blinding',
  'hkdf',
  'hmac',
  'ctr',
  'sha512_256',
  'aez',
  'open',
  'seal',
  'together',
] as const;

export type RelayPart = (typeof PARTS)[number];

/** µs per packet and round, of the parts that were asked for. */
export type PartTimes = Readonly<Partial<Record<RelayPart, readonly number[]>>>;

/** Each part by itself, and `together` all of them one after another, as a packet needs them. */
const relayParts = (): Record<RelayPart, Subject> => {
  const singles = { ...curveParts(), ...headerParts(), ...aezPart(), ...frameParts() };
  const inOrder = Object.values(singles);
  const together = (): void => {
    for (const part of inOrder) part();
  };
  return { ...singles, together };
};

/** Measures some of the parts in this process. */
export const measureParts = (names: readonly RelayPart[], rounds: Rounds): Promise<PartTimes> => {
  const parts = relayParts();
  return measure(Object.fromEntries(names.map((name) => [name, parts[name]])), rounds);
};
