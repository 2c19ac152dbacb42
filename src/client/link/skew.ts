/**
 * Our clock beside those of others: every handshake tells the difference, few are worth a word.
 *
 * Source: minclient, which warns beyond two minutes. There only the provider is looked at, so that a
 * clock too wrong to find a document, and a provider by it, is never noticed.
 * @module
 */

/** Clocks that are further apart than this do harm: epochs begin at other times. */
const LIMIT_MS = 120_000;

export class SkewWatch {
  readonly #report: (skewMs: number) => void;
  #skewMs: number | undefined;
  #reportedMs: number | undefined;

  /** `report` is told of a clock that is wrong, once as long as it stays so. */
  constructor(report: (skewMs: number) => void) {
    this.#report = report;
  }

  /** Our clock minus that of the last one spoken to, ms. */
  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  /** After each handshake: our clock minus theirs, ms. */
  note(skewMs: number): void {
    this.#skewMs = skewMs;
    const isWrong = Math.abs(skewMs) > LIMIT_MS;
    const isKnown =
      this.#reportedMs !== undefined && Math.abs(skewMs - this.#reportedMs) <= LIMIT_MS;
    if (!isWrong) this.#reportedMs = undefined;
    if (!isWrong || isKnown) return;
    this.#reportedMs = skewMs;
    this.#report(skewMs);
  }
}
