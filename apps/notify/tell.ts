/**
 * The ways in which somebody is told: a program, a post, a message on the desktop.
 * @module
 */
import { spawn } from 'node:child_process';
import type { Io } from '../../src/io/contracts.js';
import { noticeJson, type Notice } from './notices.js';
import type { NotifyRule } from './rules.js';

/** A program that hangs, or a server that does, is given up after this. */
const PATIENCE_MS = 10_000;

const DESKTOP = 'notify-send';

/** Tells one notice; why it could not be told, or `undefined`. */
export type Tell = (notice: Notice) => Promise<string | undefined>;

/** How a rule tells. */
export const tellBy = (
  io: Pick<Io, 'network' | 'http'>,
  rule: Exclude<NotifyRule, { readonly kind: 'socket' }>,
): Tell => {
  switch (rule.kind) {
    case 'program':
      return (notice) =>
        runProgram(rule.path, rule.words, `${JSON.stringify(noticeJson(notice))}\n`);
    case 'desktop':
      return (notice) => runProgram(DESKTOP, ['--app-name=Postern', '--', ...wordsOf(notice)], '');
    case 'webhook':
      return (notice) => post(io, rule.url, notice);
  }
};

/** Without a shell: nothing of a mail can be taken for a command. */
const runProgram = (
  path: string,
  words: readonly string[],
  input: string,
): Promise<string | undefined> =>
  new Promise((resolve) => {
    const child = spawn(path, words, {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', () => resolve('cannot be run'));
    child.once('exit', (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${code ?? signal}`);
    });
    child.stdin.on('error', () => undefined).end(input);
  });

const post = async (
  { network, http }: Pick<Io, 'network' | 'http'>,
  url: string,
  notice: Notice,
): Promise<string | undefined> => {
  if (http === undefined) return 'no HTTP here';
  const { account, count } = notice;
  const { mails } = noticeJson(notice);
  const form = {
    account,
    count: String(count),
    ...(mails === undefined ? {} : { mails: JSON.stringify(mails) }),
  };
  return http.post(network, url, form, AbortSignal.timeout(PATIENCE_MS)).match(
    ({ status }) => (status >= 200 && status < 300 ? undefined : `status ${status}`),
    ({ reason }) => reason,
  );
};

/** Title and text. Servers of notices read mark-up in the text. */
const wordsOf = ({ account, count, mails = [] }: Notice): readonly string[] => [
  count === 1 ? 'New mail' : `${count} new mails`,
  [account, ...mails.map(({ sender, subject }) => `${sender ?? 'unknown'}: ${subject ?? ''}`)]
    .map(escaped)
    .join('\n'),
];

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
