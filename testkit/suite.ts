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

/** A place for each test, made fresh and disposed of. */
export interface SuiteSite {
  readonly dispose: () => Promise<void>;
}

type Test<Site> = (site: Site, tools: SuiteTools) => Promise<void>;

/** A contract: its tests by their titles. */
export type Suite<Site> = Readonly<Record<string, Test<Site>>>;

/** What an implementation is tested as. */
export interface Implementation<Site> {
  /** In front of each test's title. */
  readonly name: string;
  readonly makeSite: () => Promise<Site>;
}

/** Declares the tests of a contract. */
export const declareSuite = <Site extends SuiteSite>(
  suite: Suite<Site>,
  { name, makeSite }: Implementation<Site>,
  tools: SuiteTools,
): void => {
  for (const [title, run] of Object.entries(suite)) {
    tools.test(`${name} ${title}`, async () => {
      const site = await makeSite();
      await run(site, tools).finally(() => site.dispose());
    });
  }
};
