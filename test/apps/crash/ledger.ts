/** The ledger: every mail that was handed in, and what became of it. */
import type { Answer, Letter } from './submit.js';

/** A mail that must arrive, or one that nobody can ever get. */
export type Fate = 'delivered' | 'reported';

interface Entry {
  readonly letter: Letter;
  readonly fate: Fate;
  readonly answer: Answer;
}

const REPORT = /^Content-Type: multipart\/report/im;

export class Ledger {
  readonly #entries: Entry[] = [];

  note(letter: Letter, fate: Fate, answer: Answer): void {
    if (answer !== 'refused') this.#entries.push({ letter, fate, answer });
  }

  get accepted(): number {
    return this.#entries.filter(({ answer }) => answer === 'accepted').length;
  }

  get unsure(): number {
    return this.#entries.length - this.accepted;
  }

  /**
   * Compares with what the users have.
   *
   * @param mails - by address
   * @returns one line for each mail that did not come, or was not reported, exactly once
   */
  problems(mails: ReadonlyMap<string, readonly string[]>): readonly string[] {
    return this.#entries.flatMap(({ letter, fate, answer }) => {
      const { subject, to, from } = letter;
      const copies = countIn(mails.get(to) ?? [], subject, false);
      const reports = countIn(mails.get(from.account) ?? [], subject, true);
      const isRight = fate === 'delivered' ? copies === 1 && reports === 0 : copies + reports === 1;
      const isNothing = copies + reports === 0;
      if (isRight || (answer === 'unsure' && isNothing)) return [];
      return [`${subject} to ${to}, ${answer}: ${copies} copies, ${reports} reports`];
    });
  }
}

const countIn = (mails: readonly string[], subject: string, isReport: boolean): number =>
  mails.filter(
    (mail) =>
      REPORT.test(mail) === isReport && new RegExp(`Subject: ${subject}\r?$`, 'm').test(mail),
  ).length;
