/** Arrivals: what the users have been given, by the subjects of the letters. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maildirOf, type UserPlan } from '../../../apps/testnet/plan.js';
import { BODY } from './letter.js';

/** `part`: something with the letter's header and another body. */
export type Arrival = 'copy' | 'report' | 'part';

/** The subject of a letter; a report has one of its own, and the letter's in its attachment. */
const SUBJECT = /^Subject: (\w+-\d+)\r?$/m;
const REPORT = /^Content-Type: multipart\/report/m;
const NOTICE = /^Subject: Key Discovery$/m;

/** As much of a mail as shows what it is. */
const SHOWN = 500;

export class Arrivals {
  readonly #users: readonly UserPlan[];
  readonly #read = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #others: string[] = [];

  constructor(users: readonly UserPlan[]) {
    this.#users = users;
  }

  /** Reads what has come since the last time. */
  async look(): Promise<void> {
    for (const user of this.#users) {
      const folder = join(maildirOf(user), 'new');
      for (const name of await readdir(folder)) await this.#lookAt(user, join(folder, name));
    }
  }

  /** How often this has come of a letter, to that account. */
  count(kind: Arrival, account: string, subject: string): number {
    return this.#counts.get(keyOf(kind, account, subject)) ?? 0;
  }

  /** Mails that are of no letter, and tell of no key. */
  get others(): readonly string[] {
    return this.#others;
  }

  /** Several looks may go on at once: a file is taken by the first. */
  async #lookAt({ account }: UserPlan, file: string): Promise<void> {
    if (this.#read.has(file)) return;
    this.#read.add(file);
    this.#note(account, await readFile(file, 'latin1'));
  }

  #note(account: string, mail: string): void {
    const [, subject] = SUBJECT.exec(mail) ?? [];
    if (subject === undefined) {
      if (!NOTICE.test(mail)) this.#others.push(`${account} has: ${mail.slice(0, SHOWN)}`);
      return;
    }
    const key = keyOf(kindOf(mail), account, subject);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}

const keyOf = (kind: Arrival, account: string, subject: string): string =>
  [kind, account, subject].join(' ');

const kindOf = (mail: string): Arrival => {
  if (REPORT.test(mail)) return 'report';
  return mail.endsWith(`\n\n${BODY}`) ? 'copy' : 'part';
};
