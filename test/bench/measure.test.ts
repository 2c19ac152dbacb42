import { describe, expect, it } from 'vitest';
import { measure } from '../../bench/measure.js';

/** Takes a moment of CPU, so that turns end. */
const spin = (): number => {
  let sum = 0;
  for (let i = 0; i < 20_000; i++) sum += i % 7;
  return sum;
};

describe('measuring', () => {
  it('gives a sample per subject and round, in turns that rotate', async () => {
    const turns: string[] = [];
    const subject = (name: string) => () => {
      if (turns.at(-1) !== name) turns.push(name);
      return spin();
    };
    const later = (): Promise<void> => Promise.resolve(subject('c')()).then(() => undefined);
    const subjects = { a: subject('a'), b: subject('b'), c: later };
    const samples = await measure(subjects, { rounds: 3, turnMs: 1, warmUpMs: 1 });
    expect(Object.values(samples).map(({ length }) => length)).toEqual([3, 3, 3]);
    expect(
      Object.values(samples)
        .flat()
        .every((us) => us >= 0),
    ).toBe(true);
    // The warm-up, then three rounds.
    expect(turns.join('')).toBe('abc' + 'abc' + 'bca' + 'cab');
  });
});
