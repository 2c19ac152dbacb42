/**
 * The rules of `[[Account]]` that take more than one key: names, labels, and that none is twice.
 * @module
 */
import { MAX_USER_LENGTH, normaliseAddress, type AddressError } from '../../src/mail/address.js';
import type { KeyPath } from '../config/locate.js';
import { nearest } from '../config/nearest.js';
import type { DaemonFile } from './schema.js';

type Account = DaemonFile['Account'][number];

/** What is wrong with a file that has its form. */
export interface FileProblem {
  readonly path: KeyPath;
  readonly problem: string;
}

/** Everything that is wrong, account by account. */
export const accountProblems = (file: DaemonFile): readonly FileProblem[] => {
  const seen = new Set<string>();
  return file.Account.flatMap((account, index) => [
    ...labelProblems(file, account, index),
    ...nameProblems(file, account, { index, seen }),
  ]);
};

/** The label of an account's authority. */
export const labelOf = ({ Authority, NonvotingAuthority }: Account): string | undefined =>
  Authority ?? NonvotingAuthority;

const labelProblems = (
  file: DaemonFile,
  account: Account,
  index: number,
): readonly FileProblem[] => {
  const label = labelOf(account);
  if (label === undefined) {
    return [{ path: ['Account', index], problem: 'names no Authority' }];
  }
  if (label !== (account.NonvotingAuthority ?? label)) {
    const problem = 'is another network than that of Authority: an account lives on one';
    return [{ path: ['Account', index, 'NonvotingAuthority'], problem }];
  }
  if (Object.hasOwn(file.NonvotingAuthority, label)) return [];
  const key = account.Authority === undefined ? 'NonvotingAuthority' : 'Authority';
  const meant = nearest(label, Object.keys(file.NonvotingAuthority));
  const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
  const problem = `there is no [NonvotingAuthority.${label}]${hint}`;
  return [{ path: ['Account', index, key], problem }];
};

/** Most bytes come from the recipient field of a packet. */
const NAME_PROBLEMS: Readonly<Record<AddressError['problem'], FileProblem>> = {
  syntax: { path: ['User'], problem: 'this is no user name' },
  user: { path: ['User'], problem: 'this is no user name' },
  'user-too-long': { path: ['User'], problem: `must have at most ${MAX_USER_LENGTH} bytes` },
  domain: { path: ['Provider'], problem: 'this is no provider’s name' },
};

const nameProblems = (
  { Debug: debug }: DaemonFile,
  { User, Provider }: Account,
  { index, seen }: { readonly index: number; readonly seen: Set<string> },
): readonly FileProblem[] => {
  const rules = { caseSensitive: debug.CaseSensitiveUserIdentifiers };
  return normaliseAddress(`${User}@${Provider}`, rules).match(
    ({ address }) => {
      const isTwice = seen.has(address);
      seen.add(address);
      return isTwice ? [{ path: ['Account', index], problem: `${address} is there twice` }] : [];
    },
    (error) => {
      const { path, problem } = NAME_PROBLEMS[error.problem];
      return [{ path: ['Account', index, ...path], problem }];
    },
  );
};
