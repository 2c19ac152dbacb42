/**
 * Where an account's mail lies for mail programs, out of its table.
 * @module
 */
import type { Condition, Rule } from '../../bridges/maildir/index.js';
import { normaliseAddress } from '../../src/mail/address.js';
import { normaliseDomain } from '../../src/mail/domain.js';
import { exitPlanOf, exitReaderOf, type ExitPlan } from './exits.js';
import type { DaemonFile } from './schema.js';

/** One account's folders beside the mail protocols. */
export interface AccountFolders {
  readonly maildir?: string;
  readonly rules?: readonly Rule[];
  /** A program and its arguments. */
  readonly postDeliver?: readonly string[];
  readonly dropFolder?: string;
  /** Whether what was sent is removed from the drop folder and drop mbox. */
  readonly forgetSent?: true;
  readonly mbox?: string;
  readonly dropMbox?: string;
  /** Where received mail goes on to. */
  readonly exits?: readonly ExitPlan[];
}

type Account = DaemonFile['Account'][number];
type RuleTable = Account['Rule'][number];

/** What the table says, without what it leaves out. */
export const accountFoldersOf = (
  account: Account,
  rules: { readonly caseSensitive: boolean },
): AccountFolders => ({
  ...(account.Maildir === undefined ? {} : { maildir: account.Maildir }),
  ...(account.Rule.length === 0 ? {} : { rules: account.Rule.map((rule) => ruleOf(rule, rules)) }),
  ...(account.PostDeliver.length === 0 ? {} : { postDeliver: account.PostDeliver }),
  ...(account.DropFolder === undefined ? {} : { dropFolder: account.DropFolder }),
  ...(account.DropFolderKeep ? {} : { forgetSent: true }),
  ...(account.Mbox === undefined ? {} : { mbox: account.Mbox }),
  ...(account.DropMbox === undefined ? {} : { dropMbox: account.DropMbox }),
  ...(account.Exit.length === 0 ? {} : { exits: account.Exit.map(exitPlanOf) }),
});

/** Who must call `done` before a received mail goes, of those who need no mail program. */
export const fileReadersOf = ({ Maildir, Mbox, Exit }: Account): readonly string[] => [
  ...(Maildir === undefined ? [] : ['maildir']),
  ...(Mbox === undefined ? [] : ['mbox']),
  ...Exit.map(({ Name }) => exitReaderOf(Name)),
];

const ruleOf = (
  { Sender, Known, Verified, Report, Folder }: RuleTable,
  rules: { readonly caseSensitive: boolean },
): Rule => {
  const conditions: readonly (Condition | undefined)[] = [
    Sender === undefined ? undefined : { kind: 'sender', sender: senderOf(Sender, rules) },
    Known === undefined ? undefined : { kind: 'known', is: Known },
    Verified === undefined ? undefined : { kind: 'verified', is: Verified },
    Report === undefined ? undefined : { kind: 'report', is: Report },
  ];
  return { conditions: conditions.filter((each) => each !== undefined), folder: Folder };
};

const senderOf = (text: string, rules: { readonly caseSensitive: boolean }): string =>
  text.startsWith('@')
    ? `@${normaliseDomain(text.slice(1)) ?? text.slice(1)}`
    : normaliseAddress(text, rules)
        .map(({ address }) => address)
        .unwrapOr(text);
