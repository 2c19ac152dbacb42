/**
 * Proxies that say what they are told to.
 * @module
 */
import type { DialError, Duplex, Network } from '../../src/io/contracts.js';

type Piece = Uint8Array | 'end';

export interface ScriptedProxy {
  /** What it has heard before each answer. */
  readonly heard: readonly Uint8Array[];
  /** Its ends of the connections that it has taken. */
  readonly ends: readonly Duplex[];
}

/** Listens, and gives each of the answers, perhaps in pieces, once it has heard anything. */
export const scriptedProxy = async (
  network: Network,
  address: string,
  answers: readonly (Piece | readonly Piece[])[],
): Promise<ScriptedProxy> => {
  const listener = (await network.listen(address))._unsafeUnwrap();
  const heard: Uint8Array[] = [];
  const ends: Duplex[] = [];
  void (async () => {
    for await (const duplex of listener.connections) {
      ends.push(duplex);
      for (const answer of answers) {
        const bytes = await duplex.read();
        if (bytes === undefined) break;
        heard.push(bytes);
        await say(duplex, answer);
      }
    }
  })();
  return { heard, ends };
};

const say = async (duplex: Duplex, answer: Piece | readonly Piece[]): Promise<void> => {
  const pieces = typeof answer === 'string' || answer instanceof Uint8Array ? [answer] : answer;
  for (const piece of pieces) {
    if (piece === 'end') duplex.end();
    else await duplex.write(piece);
  }
};

/** Why nobody was reached; `undefined`: somebody was. */
export const reasonOf = (
  dialled: ReturnType<Network['dial']>,
): Promise<DialError['reason'] | undefined> =>
  dialled.match(
    () => undefined,
    ({ reason }) => reason,
  );
