/**
 * POP3 commands: which there are, in which state, with how many arguments, and what they do.
 *
 * RFC 1939, with CAPA (RFC 2449), AUTH (RFC 5034) and UTF8 (RFC 6856).
 * @module
 */
import { CAPABILITIES, CAPABILITIES_IN_CLEAR } from './capabilities.js';
import type { Mailbox, Numbered } from './mailbox.js';
import { accept, refuse, type Pieces, type Response } from './response.js';
import { topOf } from './top.js';

/** What a command leads to. */
export type Outcome =
  | { readonly kind: 'respond'; readonly response: Response }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'auth'; readonly words: readonly string[] }
  | { readonly kind: 'tls' }
  | { readonly kind: 'quit' };

type Run<State> = (words: readonly string[], state: State) => Outcome | Promise<Outcome>;

/** A command of one state. */
export interface Command<State> {
  /** Least and most arguments. */
  readonly words: readonly [least: number, most: number];
  readonly run: Run<State>;
}

export type CommandTable<State> = Readonly<Record<string, Command<State>>>;

/** A command with the state that it works on. */
export interface Bound {
  readonly words: Command<unknown>['words'];
  readonly run: (words: readonly string[]) => Outcome | Promise<Outcome>;
}

/** Looks a verb up, in upper case. */
export const findCommand = <State>(
  table: CommandTable<State>,
  verb: string,
  state: State,
): Bound | undefined => {
  const found = Object.hasOwn(table, verb) ? table[verb] : undefined;
  return found && { words: found.words, run: (words) => found.run(words, state) };
};

const respond = (response: Response): Outcome => ({ kind: 'respond', response });
const command = <State>(
  words: readonly [least: number, most: number],
  run: Run<State>,
): Command<State> => ({ words, run });

const capa = (lines: readonly string[]) =>
  command<unknown>([0, 0], () => respond({ kind: 'listing', text: 'Capabilities follow', lines }));
const CAPA = capa(CAPABILITIES);
const QUIT = command<unknown>([0, 0], () => ({ kind: 'quit' }));

const NOT_IN_CLEAR = command<unknown>([0, Infinity], () => respond(refuse('STLS comes first')));

/** Where nothing but TLS may come: a password that is sent all the same is not looked at. */
export const IN_CLEAR: CommandTable<unknown> = {
  CAPA: capa(CAPABILITIES_IN_CLEAR),
  QUIT,
  STLS: command([0, 0], () => ({ kind: 'tls' })),
  USER: NOT_IN_CLEAR,
  PASS: NOT_IN_CLEAR,
  AUTH: NOT_IN_CLEAR,
};

/** Before the log-in. A password may hold spaces, so PASS takes its line as it is. */
export const AUTHORIZATION: CommandTable<unknown> = {
  CAPA,
  QUIT,
  USER: command([1, 1], ([name = '']) => ({ kind: 'user', name })),
  PASS: command([1, Infinity], (words) => ({ kind: 'password', password: words.join(' ') })),
  AUTH: command([0, 2], (words) => ({ kind: 'auth', words })),
  // Mails go out as they are, so there is nothing to switch.
  UTF8: command([0, 0], () => respond(accept('UTF-8 it is'))),
};

/** After the log-in. */
export const TRANSACTION: CommandTable<Mailbox> = {
  CAPA,
  QUIT,
  NOOP: command([0, 0], () => respond(accept('Nothing done'))),
  STAT: command([0, 0], (_, box) => respond(accept(totals(box.list())))),
  LIST: command([0, 1], ([word], box) => list(box, word, ({ octets }) => String(octets))),
  UIDL: command([0, 1], ([word], box) => list(box, word, ({ entry }) => entry.id)),
  RETR: command([1, 1], ([word = ''], box) =>
    withMail(box, word, (mail, octets) => ({ kind: 'mail', text: `${octets} octets`, mail })),
  ),
  TOP: command([2, 2], ([word = '', lines = ''], box) => {
    const count = numberOf(lines);
    if (count === undefined) return respond(refuse('No such number of lines'));
    return withMail(box, word, (mail) => ({
      kind: 'mail',
      text: 'Top follows',
      mail: topOf(mail, count),
    }));
  }),
  DELE: command([1, 1], ([word = ''], box) => respond(mark(box, word))),
  RSET: command([0, 0], (_, box) => {
    box.unmarkAll();
    return respond(accept('Nothing is deleted'));
  }),
};

const NO_SUCH_MAIL = refuse('No such message');
const CANNOT_BE_READ = refuse('The message cannot be read', 'SYS/TEMP');

const totals = (mails: readonly Numbered[]): string =>
  `${mails.length} ${mails.reduce((sum, { octets }) => sum + octets, 0)}`;

const list = (
  box: Mailbox,
  word: string | undefined,
  describe: (mail: Numbered) => string,
): Outcome => {
  const line = (mail: Numbered): string => `${mail.number} ${describe(mail)}`;
  if (word === undefined) {
    const mails = box.list();
    return respond({ kind: 'listing', text: `${mails.length} messages`, lines: mails.map(line) });
  }
  const mail = find(box, word);
  return respond(mail === undefined ? NO_SUCH_MAIL : accept(line(mail)));
};

const withMail = async (
  box: Mailbox,
  word: string,
  show: (mail: Pieces, octets: number) => Response,
): Promise<Outcome> => {
  const found = find(box, word);
  if (found === undefined) return respond(NO_SUCH_MAIL);
  const pieces = box.read(found)[Symbol.asyncIterator]();
  // What begins with an error can still be refused.
  const first = await pieces.next();
  if (first.done === true || first.value.isErr()) return respond(CANNOT_BE_READ);
  return respond(show(continued(first.value, pieces), found.octets));
};

async function* continued<T>(first: T, rest: AsyncIterator<T, unknown>): AsyncGenerator<T, void> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield next.value;
  }
}

const mark = (box: Mailbox, word: string): Response => {
  const number = numberOf(word);
  switch (number === undefined ? 'none' : box.mark(number)) {
    case 'marked':
      return accept(`Message ${word} will be deleted`);
    case 'already':
      return refuse('Message already deleted');
    case 'none':
      return NO_SUCH_MAIL;
  }
};

const find = (box: Mailbox, word: string): Numbered | undefined => {
  const number = numberOf(word);
  return number === undefined ? undefined : box.find(number);
};

const numberOf = (word: string): number | undefined =>
  /^\d{1,9}$/.test(word) ? Number(word) : undefined;
