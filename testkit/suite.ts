/**
 * What a contract suite needs of a test runner; vitest, jest and `node:test` with a matcher fit.
 * @module
 */

export interface SuiteTools {
  /** Declares one test. */
  readonly test: (name: string, run: () => Promise<void>) => void;
  /** `toEqual` compares deeply and throws when unequal. */
  readonly expect: (actual: unknown) => { toEqual(expected: unknown): void };
}
