/** The three promises of every parser of outside bytes, as tests. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Err, Ok, type Result } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { expectFlat } from './memory.js';
import { CLASSICS, cuts, flips, mutants } from './mutants.js';

export interface ParserOptions<T> {
  /** What it makes of bytes: a `Result`, or `undefined` for a refusal. Must not throw. */
  readonly read: (bytes: Uint8Array) => Result<T, unknown> | T | undefined;
  readonly valid: readonly Uint8Array[];
  /** Bytes that mean nothing by design; the caller says why. */
  readonly ignored?: (at: number, valid: Uint8Array) => boolean;
  /**
   * What a cut gives: a refusal (default), that or another value, or anything where the caller
   * fixes the length.
   */
  readonly cut?: 'another' | 'any';
  /** Random bytes that look like the real thing. */
  readonly likely?: fc.Arbitrary<Uint8Array>;
  readonly randomRuns?: number;
  /** Where it is spoilt; fewer for slow parsers. */
  readonly places?: number;
}

/** What was read; `undefined` where it was refused. */
const outcome = <T>({ read }: ParserOptions<T>, bytes: Uint8Array): T | undefined => {
  const made = read(bytes);
  return made instanceof Ok || made instanceof Err ? made.unwrapOr(undefined) : made;
};

const first = <T>(options: ParserOptions<T>, valid: Uint8Array): T => {
  const value = outcome(options, valid);
  if (value === undefined) throw new Error('the valid bytes are refused');
  return value;
};

const refusesFlips = <T>(options: ParserOptions<T>): void => {
  for (const valid of options.valid) {
    const original = first(options, valid);
    for (const { at, what, bytes } of flips(valid)) {
      const value = outcome(options, bytes);
      if (value === undefined || options.ignored?.(at, valid) === true) continue;
      if (isDeepStrictEqual(value, original)) expect.fail(`${what} changes nothing`);
    }
  }
};

const refusesCuts = <T>(options: ParserOptions<T>): void => {
  for (const valid of options.valid) {
    const original = first(options, valid);
    for (const { what, bytes } of cuts(valid)) {
      const value = outcome(options, bytes);
      if (value === undefined) continue;
      if (options.cut === undefined) expect.fail(`${what} is taken`);
      const isSame = isDeepStrictEqual(value, original);
      if (options.cut === 'another' && isSame) expect.fail(`${what} changes nothing`);
    }
  }
};

const survives = <T>(options: ParserOptions<T>): void => {
  for (const bytes of CLASSICS) options.read(bytes);
  for (const valid of options.valid) {
    for (const { bytes } of mutants(valid, options.places)) options.read(bytes);
  }
  const random = fc.uint8Array({ maxLength: 600 });
  const all = options.likely === undefined ? random : fc.oneof(random, options.likely);
  fc.assert(
    fc.property(all, (bytes) => {
      options.read(bytes);
    }),
    { numRuns: options.randomRuns ?? 3000 },
  );
};

/** Refused and taken inputs in turn, as many different ones as are cheap to make. */
const varied = <T>({ valid, places }: ParserOptions<T>): readonly Uint8Array[] => {
  const spoilt = valid.flatMap((each) => {
    const all = [...mutants(each, places)].map(({ bytes }) => bytes);
    const step = Math.max(1, Math.floor(all.length / 50));
    return all.filter((_, at) => at % step === 0);
  });
  return [...valid, ...spoilt];
};

/** Tests one parser: nothing throws, nothing changed is taken for the same, nothing piles up. */
export const describeParser = <T>(title: string, options: ParserOptions<T>): void => {
  describe(title, () => {
    it('throws at nothing', () => {
      survives(options);
    });
    it('refuses each flipped byte, or reads another value', () => {
      refusesFlips(options);
    });
    it('refuses what is cut at any byte', () => {
      refusesCuts(options);
    });
    it('keeps nothing of 100,000 inputs', async () => {
      await expectFlat(varied(options), options.read);
    });
  });
};
