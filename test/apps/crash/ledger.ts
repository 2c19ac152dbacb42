/** The ledger: every letter that was handed in, and what became of it. */
import type { Arrivals } from './arrivals.js';
import type { Answer, Letter } from './letter.js';

/** A letter must arrive, or it goes to nobody and must be reported. */
export type Fate = 'delivered' | 'reported';

interface Entry {
  readonly letter: Letter;
  readonly fate: Fate;
  readonly answer: Answer;
}

interface Outcome {
  readonly copies: number;
  readonly reports: number;
  readonly parts: number;
}

export class Ledger {
  readonly #arrivals: Arrivals;
  readonly #entries: Entry[] = [];

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
  }

  note(letter: Letter, fate: Fate, answer: Answer): void {
    this.#entries.push({ letter, fate, answer });
  }

  /** How many letters had this answer. */
  count(wanted: Answer): number {
    return this.#entries.filter(({ answer }) => answer === wanted).length;
  }

  /** Letters that were accepted, and of which nothing has come yet. */
  get underway(): number {
    return this.#entries.filter((entry) => entry.answer === 'accepted' && this.#isOpen(entry))
      .length;
  }

  /**
   * What is wrong: letters that were refused, or of which not exactly one copy or report came, and
   * mails that belong to no letter.
   */
  problems(): readonly string[] {
    const wrong = this.#entries.filter((entry) => !this.#isRight(entry));
    return [...wrong.map((entry) => this.#describe(entry)), ...this.#arrivals.others];
  }

  #describe(entry: Entry): string {
    const { copies, reports, parts } = this.#outcomeOf(entry);
    const { letter, answer } = entry;
    const found = `${copies} copies, ${reports} reports, ${parts} damaged`;
    return `${letter.subject} from ${letter.from.name} to ${letter.to}, ${answer}: ${found}`;
  }

  #isRight(entry: Entry): boolean {
    const { copies, reports, parts } = this.#outcomeOf(entry);
    if (entry.answer === 'refused' || parts > 0) return false;
    if (entry.answer === 'unsure' && this.#isOpen(entry)) return true;
    return entry.fate === 'delivered'
      ? copies === 1 && reports === 0
      : copies === 0 && reports === 1;
  }

  #isOpen(entry: Entry): boolean {
    const { copies, reports } = this.#outcomeOf(entry);
    return copies + reports === 0;
  }

  #outcomeOf({ letter: { from, to, subject } }: Entry): Outcome {
    return {
      copies: this.#arrivals.count('copy', to, subject),
      reports: this.#arrivals.count('report', from.account, subject),
      parts: this.#arrivals.count('part', to, subject),
    };
  }
}
