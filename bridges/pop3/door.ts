/**
 * How a session begins where passwords must not pass in clear.
 *
 * A peer of this protocol waits for our greeting. One that speaks first, and TLS, wants it from the
 * start (RFC 8314 §3.3); the others get the greeting and find STLS among the capabilities (RFC 2595).
 * So one listener is enough for both.
 * @module
 */
import type { Clock, Duplex } from '../../src/io/contracts.js';
import { LATE, within } from '../../src/control/within.js';

/** The first byte of a handshake (RFC 8446 §5.1); no command begins with it. */
const HANDSHAKE = 22;

/** So long a peer has to speak first. */
const FIRST_WORD_MS = 300;

/** Whether the peer begins with TLS, and the connection with nothing taken out of it. */
export const beginsWithTls = async (
  clock: Clock,
  duplex: Duplex,
): Promise<{ readonly isTls: boolean; readonly duplex: Duplex }> => {
  const first = duplex.read();
  const word = await within(clock, FIRST_WORD_MS, first);
  const isTls = word !== LATE && word?.[0] === HANDSHAKE;
  return { isTls, duplex: beginningWith(first, duplex) };
};

const beginningWith = (first: Promise<Uint8Array | undefined>, duplex: Duplex): Duplex => {
  let front: typeof first | undefined = first;
  return {
    remote: duplex.remote,
    read: () => {
      const next = front ?? duplex.read();
      front = undefined;
      return next;
    },
    write: (bytes) => duplex.write(bytes),
    end: () => duplex.end(),
    destroy: () => duplex.destroy(),
  };
};
