/**
 * An established link: one command per frame, and fresh keys after each.
 *
 * Life of a command: encoded, sealed behind its sealed length, written at once; at the other end the
 * length is opened, the body gathered and opened, the command decoded. Each direction has its own
 * cipher, whose counter goes on over the rekeying.
 *
 * Source: wire protocol specification, Session; core wire/session.go of v0.0.12.
 * @module
 */
import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import { concat, Writer } from '../bytes/writer.js';
import type { CipherState } from '../crypto/noise.js';
import type { SphinxGeometry } from '../sphinx/geometry.js';
import { decodeCommand, encodeCommandParts, type Command } from './commands.js';
import type { LinkError, Peer, Session } from './contracts.js';
import type { Established } from './handshake.js';
import type { LinkStream } from './stream.js';

const TAG_LENGTH = 16;
const LENGTH_LENGTH = 4;
/** A sealed length. */
const FRAME_HEADER_LENGTH = LENGTH_LENGTH + TAG_LENGTH;
/** Most bytes of a sealed command, its tag included. */
const MAX_FRAME_BODY_LENGTH = 1_048_576;

/**
 * How long a peer may take over one frame, its first byte given or room for it wanted, ms. Enough
 * for the longest frame at 9 kB/s; there is none on an idle link.
 */
const FRAME_DEADLINE_MS = 120_000;

const NO_AD = new Uint8Array(0);

/** A finished handshake, and what it ran on. */
export interface SessionParts extends Established {
  readonly geometry: SphinxGeometry;
  readonly stream: LinkStream;
}

/** Takes over the stream and the ciphers, which are wiped at the end. */
export const makeSession = (parts: SessionParts): Session => new LinkSession(parts);

type Receiver = (result: Result<Command, LinkError>) => void;

class LinkSession implements Session {
  readonly peer: Peer;
  readonly skewMs: number | undefined;
  readonly closed: Promise<void>;
  readonly #parts: SessionParts;
  readonly #receivers: Receiver[] = [];
  #error: LinkError | undefined;
  #end: () => void = () => {};

  constructor(parts: SessionParts) {
    this.peer = parts.peer;
    this.skewMs = parts.skewMs;
    this.#parts = parts;
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  send(command: Command): ResultAsync<void, LinkError> {
    return new ResultAsync(this.#send(encodeCommandParts(this.#parts.geometry, command)));
  }

  receive(): ResultAsync<Command, LinkError> {
    if (this.#error !== undefined) return errAsync(this.#error);
    const answer = new Promise<Result<Command, LinkError>>((resolve) => {
      this.#receivers.push(resolve);
    });
    if (this.#receivers.length === 1) void this.#serve();
    return new ResultAsync(answer);
  }

  close(): void {
    if (this.#error !== undefined) return;
    this.#over({ kind: 'link-ended' });
    this.#parts.stream.finish();
  }

  /** Runs up to the write without a pause, so frames leave in the order of the calls. */
  async #send(command: readonly Uint8Array[]): Promise<Result<void, LinkError>> {
    if (this.#error !== undefined) return err(this.#error);
    const { stream, sending } = this.#parts;
    const length = frameBodyLength(command);
    if (length > MAX_FRAME_BODY_LENGTH) return err(this.#fail({ kind: 'frame-too-large', length }));
    const written = stream.write(sealFrame(sending, command));
    const disarm = stream.cutAfter(FRAME_DEADLINE_MS, { kind: 'deadline', phase: 'frame' });
    const isRoom = await written;
    disarm();
    return isRoom ? ok(undefined) : err(this.#fail(stream.ending));
  }

  /** Answers the waiting receivers one after another. */
  async #serve(): Promise<void> {
    while (this.#receivers.length > 0) {
      const frame = await this.#nextFrame();
      const command = frame.andThen((bytes) => this.#decode(bytes));
      if (command.isErr()) this.#fail(command.error);
      else this.#receivers.shift()?.(command);
    }
  }

  #decode(bytes: Uint8Array): Result<Command, LinkError> {
    return decodeCommand(this.#parts.geometry, bytes).mapErr((error) => ({
      kind: 'bad-command',
      error,
    }));
  }

  async #nextFrame(): Promise<Result<Uint8Array, LinkError>> {
    const { stream } = this.#parts;
    if (this.#error !== undefined) return err(this.#error);
    if (!(await stream.ready())) return err(stream.ending);
    const disarm = stream.cutAfter(FRAME_DEADLINE_MS, { kind: 'deadline', phase: 'frame' });
    const frame = await this.#readFrame();
    disarm();
    return frame;
  }

  async #readFrame(): Promise<Result<Uint8Array, LinkError>> {
    const { receiving } = this.#parts;
    const header = await this.#open(FRAME_HEADER_LENGTH);
    if (header.isErr()) return err(header.error);
    const length = readLength(header.value);
    if (length > MAX_FRAME_BODY_LENGTH) return err({ kind: 'frame-too-large', length });
    if (length < TAG_LENGTH) return err({ kind: 'bad-frame' });
    const body = await this.#open(length);
    if (body.isOk()) receiving.rekey();
    return body;
  }

  /** Opens the next `length` bytes of the stream; fresh memory. */
  async #open(length: number): Promise<Result<Uint8Array, LinkError>> {
    const { stream, receiving } = this.#parts;
    const sealed = await stream.take(length);
    if (this.#error !== undefined) return err(this.#error);
    if (sealed === undefined) return err(stream.ending);
    const opened = receiving.open(NO_AD, sealed);
    return opened === undefined ? err({ kind: 'bad-frame' }) : ok(opened);
  }

  /** Drops the link; the first error stays the session's. */
  #fail(error: LinkError): LinkError {
    if (this.#error !== undefined) return this.#error;
    this.#over(error);
    this.#parts.stream.destroy();
    return error;
  }

  #over(error: LinkError): void {
    this.#error = error;
    for (const cipher of [this.#parts.sending, this.#parts.receiving]) {
      cipher.rekey();
      cipher.wipe();
    }
    for (const answer of this.#receivers.splice(0)) answer(err(error));
    this.#end();
  }
}

/** What a command of this length takes on a link, in bytes. */
export const frameLength = (commandLength: number): number =>
  FRAME_HEADER_LENGTH + TAG_LENGTH + commandLength;

const frameBodyLength = (command: readonly Uint8Array[]): number =>
  command.reduce((sum, part) => sum + part.length, TAG_LENGTH);

/** Joined only here, sealed, so that a packet is copied once on its way out. */
const sealFrame = (cipher: CipherState, command: readonly Uint8Array[]): Uint8Array => {
  const length = new Writer(LENGTH_LENGTH).u32(frameBodyLength(command)).done();
  const sealedLength = cipher.sealParts(NO_AD, [length]);
  const frame = concat(...sealedLength, ...cipher.sealParts(NO_AD, command));
  cipher.rekey();
  return frame;
};

const readLength = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, LENGTH_LENGTH).getUint32(0);
