/** One session without a handshake, and the bare other end with its cipher. */
import { concat, Writer } from '../../src/bytes/writer.js';
import { makeFastPrimitives } from '../../src/crypto/fast.js';
import { CipherState } from '../../src/crypto/noise.js';
import type { Duplex } from '../../src/io/contracts.js';
import { duplexPair, manualClock } from '../../src/io/memory.js';
import { encodeCommand, type Command } from '../../src/wire/commands.js';
import { makeSession } from '../../src/wire/session.js';
import { LinkStream } from '../../src/wire/stream.js';
import { repeated } from './bytes.js';
import { GEOMETRY } from './link.js';

const { aead } = makeFastPrimitives();
export const NO_AD = new Uint8Array(0);

const cipher = (value: number): CipherState => new CipherState(aead, repeated(value, 32));

/** Seals as a peer would, whatever the bytes; `length` is what the header claims. */
export const sealer = () => {
  const sealing = cipher(2);
  return (plain: Uint8Array, length = plain.length + 16): Uint8Array => {
    const header = sealing.seal(NO_AD, new Writer(4).u32(length).done());
    const frame = concat(header, sealing.seal(NO_AD, plain));
    sealing.rekey();
    return frame;
  };
};

/** A session without a handshake, and the bare other end with its cipher. */
export const setting = (capacity = 1 << 20) => {
  const clock = manualClock();
  const [near, far] = duplexPair({ capacity });
  const seen = { writes: 0, destroyed: false };
  const duplex: Duplex = {
    ...near,
    write: (bytes) => {
      seen.writes++;
      return near.write(bytes);
    },
    destroy: () => {
      seen.destroyed = true;
      near.destroy();
    },
  };
  const keys = { sending: cipher(1), receiving: cipher(2) };
  const session = makeSession({
    geometry: GEOMETRY,
    stream: new LinkStream(duplex, clock),
    peer: { ad: NO_AD, publicKey: repeated(9, 32) },
    skewMs: undefined,
    ...keys,
  });
  return { clock, session, keys, seen, far, seal: sealer() };
};

export const retrieve = (sequence: number): Command => ({ kind: 'retrieve-message', sequence });
export const encoded = (sequence: number): Uint8Array =>
  encodeCommand(GEOMETRY, retrieve(sequence));
