/** One-way handshakes for the Noise suites. */
import { N, startHandshake, X } from '../../src/crypto/noise.js';
import type { Handshake, HandshakeOptions } from '../../src/crypto/noise.js';
import type { Primitives } from '../../src/crypto/primitives.js';
import type { Random } from '../../src/io/contracts.js';
import { recordedRandom } from '../support/bytes.js';

export const NOTHING = new Uint8Array(0);
export const NO_RANDOM = recordedRandom();
export const X_NAME = 'Noise_X_25519_ChaChaPoly_SHA256';
export const N_NAME = 'Noise_N_25519_ChaChaPoly_SHA256';

/** The sender's and the recipient's end of a one-way pattern. */
export const oneWay = (
  primitives: Primitives,
  keys: {
    sender?: Uint8Array;
    recipient: Uint8Array;
    random: Random;
    trace?: HandshakeOptions['trace'];
  },
): { write: () => Handshake; read: () => Handshake } => {
  const { x25519 } = primitives;
  const common = {
    primitives,
    pattern: keys.sender ? X : N,
    protocolName: keys.sender ? X_NAME : N_NAME,
    prologue: NOTHING,
    trace: keys.trace,
  };
  const remoteStatic = x25519.publicKey(x25519.scalar(keys.recipient));
  return {
    write: () =>
      startHandshake({
        ...common,
        initiator: true,
        static: keys.sender,
        remoteStatic,
        random: keys.random,
      }),
    read: () =>
      startHandshake({ ...common, initiator: false, static: keys.recipient, random: NO_RANDOM }),
  };
};
