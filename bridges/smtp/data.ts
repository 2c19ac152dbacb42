/**
 * DATA: the bytes of a mail as they were meant, whatever pieces they come in.
 *
 * Only CR LF ends a line (RFC 5321 §2.3.8). A mail ends with CR LF dot CR LF and with nothing else,
 * and an escape dot is one only behind CR LF; a lone CR or LF is a byte like any other and stays. So
 * nothing that one program takes for content is an end here, and no mail can hold another.
 * @module
 */
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';

type Done = (error?: Error | null) => void;

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;
const LINE_START = Buffer.from('\r\n.');
const END = Buffer.from('.\r\n');

/** What is at the start of a line; `open`: more bytes have to tell. */
type Start = 'content' | 'escaped' | 'end' | 'open';

/** The library's parser, which would also unstuff behind a lone LF, with a stricter DATA. */
export class DataParser extends SMTPStream {
  #isLineStart = false;
  /** What could not be told apart yet; at most four bytes. */
  #held: Buffer = Buffer.alloc(0);

  override startDataMode(maxBytes?: number | string | null) {
    this.#isLineStart = true;
    this.#held = Buffer.alloc(0);
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Buffer, done: Done): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const { content, rest } = this.#read(bytes);
    this._countDataBytes(content.length);
    if (rest === undefined) this.#hand(content, done);
    else this._endDataMode(content, rest, done);
  }

  /** @returns the content, unstuffed, and where the mail has ended what follows it */
  #read(bytes: Buffer): { readonly content: Buffer; readonly rest: Buffer | undefined } {
    const pieces: Buffer[] = [];
    for (let at = 0; ;) {
      const start = this.#isLineStart ? startOf(bytes.subarray(at, at + END.length)) : 'content';
      if (start === 'end')
        return { content: joined(pieces), rest: bytes.subarray(at + END.length) };
      if (start === 'open') return this.#hold(pieces, bytes.subarray(at));
      if (start === 'escaped') at += 1;
      this.#isLineStart = false;
      const next = bytes.indexOf(LINE_START, at);
      const end = next < 0 ? bytes.length - openEnd(bytes.subarray(at)) : next + 2;
      pieces.push(bytes.subarray(at, end));
      if (next < 0) return this.#hold(pieces, bytes.subarray(end));
      this.#isLineStart = true;
      at = end;
    }
  }

  #hold(pieces: readonly Buffer[], held: Buffer) {
    this.#held = held;
    return { content: joined(pieces), rest: undefined };
  }

  /** Waits for a reader that is slower; one that has gone never asks for more. */
  #hand(content: Buffer, done: Done): void {
    const stream = this._dataStream;
    if (stream === null || content.length === 0 || !stream.writable || stream.write(content)) {
      done();
      return;
    }
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      done();
    };
    stream.on('drain', go).on('close', go);
  }
}

const startOf = (line: Buffer): Start => {
  if (line.length > 0 && line[0] !== DOT) return 'content';
  if (line.length > 1 && line[1] === DOT) return 'escaped';
  if (END.equals(line)) return 'end';
  return END.subarray(0, line.length).equals(line) ? 'open' : 'content';
};

/** How many bytes at the end could be the beginning of a line's end and a dot. */
const openEnd = (bytes: Buffer): number => {
  const [before, last] = [bytes.at(-2), bytes.at(-1)];
  if (last === CR) return 1;
  return before === CR && last === LF ? 2 : 0;
};

const joined = (pieces: readonly Buffer[]): Buffer =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
