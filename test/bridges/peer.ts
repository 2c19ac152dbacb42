/** The other end of a duplex in memory, as a script drives it. */
import { fromUtf8, utf8 } from '../../src/bytes/text.js';
import type { Duplex } from '../../src/io/contracts.js';

/** Sends `text`, ends, and gives all that is heard until the other side has ended. */
export const transcript = async (duplex: Duplex, text: string | Uint8Array): Promise<string> => {
  const hearing = hearAll(duplex);
  await duplex.write(typeof text === 'string' ? utf8(text) : text.slice());
  duplex.end();
  return hearing;
};

/** Everything that the other side says until it ends. */
export const hearAll = async (duplex: Duplex): Promise<string> => {
  const pieces: string[] = [];
  for (;;) {
    const piece = await duplex.read();
    if (piece === undefined) return pieces.join('');
    pieces.push(fromUtf8(piece));
  }
};

/** A script that reads replies line by line. */
export class Peer {
  readonly duplex: Duplex;
  #held = '';

  constructor(duplex: Duplex) {
    this.duplex = duplex;
  }

  async say(line: string): Promise<void> {
    await this.duplex.write(utf8(`${line}\r\n`));
  }

  /** The next line without its end; `undefined` when the other side has ended. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#held.indexOf('\n');
      if (end >= 0) {
        const line = this.#held.slice(0, end).replace(/\r$/, '');
        this.#held = this.#held.slice(end + 1);
        return line;
      }
      const piece = await this.duplex.read();
      if (piece === undefined) return undefined;
      this.#held += fromUtf8(piece);
    }
  }

  async ask(line: string): Promise<string | undefined> {
    await this.say(line);
    return this.line();
  }

  /** The lines of a dot-terminated block, still stuffed. */
  async block(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== '.'; line = await this.line()) {
      if (line === undefined) throw new Error(`ended within ${lines.join('|')}`);
      lines.push(line);
    }
    return lines;
  }
}
