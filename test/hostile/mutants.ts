/** Spoilt copies of valid bytes: every kind of damage that an attacker tries first. */
import { concat, Writer } from '../../src/bytes/writer.js';

export interface Mutant {
  /** What was done, for the message of a failure. */
  readonly what: string;
  readonly bytes: Uint8Array;
}

const changed = (valid: Uint8Array, at: number, to: number): Uint8Array => {
  const bytes = valid.slice();
  bytes[at] = to;
  return bytes;
};

/** Each byte flipped: in one bit, which changes from byte to byte, and in all. */
export function* flips(valid: Uint8Array): Generator<Mutant & { readonly at: number }> {
  for (const [at, byte] of valid.entries()) {
    for (const by of [1 << (at % 8), 0xff]) {
      yield { at, what: `byte ${at} ^ ${by}`, bytes: changed(valid, at, byte ^ by) };
    }
  }
}

/** Cut at every byte. */
export function* cuts(valid: Uint8Array): Generator<Mutant> {
  for (let length = 0; length < valid.length; length++) {
    yield { what: `cut at ${length}`, bytes: valid.slice(0, length) };
  }
}

const WIDTHS = [1, 2, 4, 8];

/** Every place read as a number of 1 to 8 bytes: one more, one less, and as large as can be. */
function* numbers(valid: Uint8Array, step: number): Generator<Mutant> {
  for (let at = 0; at < valid.length; at += step) {
    for (const width of WIDTHS.filter((each) => at + each <= valid.length)) {
      const last = valid[at + width - 1] ?? 0;
      const more = changed(valid, at + width - 1, last + 1);
      const less = changed(valid, at + width - 1, last - 1);
      const huge = valid.slice().fill(0xff, at, at + width);
      const top = changed(valid, at, 0x7f);
      for (const bytes of [more, less, huge, top]) yield { what: `number at ${at}`, bytes };
    }
  }
}

const INSERTS = [
  Uint8Array.of(0),
  Uint8Array.of(0xff, 0xfe),
  Uint8Array.of(0xc0, 0x80),
  Uint8Array.of(0xed, 0xa0, 0x80),
  new Writer(4).u32(0xffff_ffff).done(),
  Uint8Array.of(0x0d),
  Uint8Array.of(0x0a),
];

/** NUL, bytes that are no UTF-8 and line ends, put in at many places; parts twice; parts gone. */
function* splices(valid: Uint8Array, step: number): Generator<Mutant> {
  for (let at = 0; at <= valid.length; at += step) {
    const [front, back] = [valid.subarray(0, at), valid.subarray(at)];
    for (const insert of INSERTS)
      yield { what: `insert at ${at}`, bytes: concat(front, insert, back) };
    for (const length of [1, 2, 8, 32, 100]) {
      yield { what: `twice at ${at}`, bytes: concat(front, back.subarray(0, length), back) };
      yield { what: `gone at ${at}`, bytes: concat(front, back.subarray(length)) };
    }
  }
}

/** Bytes of nothing in particular that parsers choke on. */
export const CLASSICS: readonly Uint8Array[] = [
  ...[0, 1, 2, 31, 32, 33, 255, 256, 257, 4096, 65_536].flatMap((length) =>
    [0x00, 0xff, 0x20, 0x5b, 0x7b, 0x81, 0xa1, 0x0a, 0x2d].map((byte) =>
      new Uint8Array(length).fill(byte),
    ),
  ),
];

/** All of the above; long inputs are spoilt at so many `places`. */
export function* mutants(valid: Uint8Array, places = 300): Generator<Mutant> {
  const step = Math.max(1, Math.ceil(valid.length / places));
  yield* numbers(valid, step);
  yield* splices(valid, step);
  yield { what: 'twice', bytes: concat(valid, valid) };
  yield { what: 'nothing behind', bytes: concat(valid, new Uint8Array(1)) };
}
