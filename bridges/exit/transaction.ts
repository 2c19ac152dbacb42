/**
 * A mail's way into a mail server: greeting, envelope, content.
 *
 * Content goes by BDAT where the server has it, which takes any bytes as they are. DATA is made of lines:
 * there a mail that does not end its last line gets an end, and one that servers would read in two ways
 * does not go. Nothing tells of this machine or of us.
 *
 * Source: RFC 5321; RFC 2033 for LMTP, where each recipient has an answer to the content, of which
 * there is one; RFC 1870 for SIZE, 3030 for CHUNKING, 6152 for 8BITMIME.
 * @module
 */
import { err, ok, ResultAsync, safeTry, type Result } from 'neverthrow';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { isAmbiguous, stuffed } from '../mta/data.js';
import type { Reply } from '../mta/replies.js';
import { DELIVERED, later, never, type ExitResult } from './contracts.js';
import type { Conversation, NoReply } from './conversation.js';

export interface Transaction {
  readonly protocol: 'smtp' | 'lmtp';
  /** Mailboxes without brackets; the sender is empty where nobody is to hear of a failure. */
  readonly from: string;
  readonly to: string;
  readonly mail: Uint8Array;
}

/** What everybody's machine is called. */
const NAME = 'localhost';

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3}(?= |$)/;

/** What the server offers. */
interface Offers {
  readonly isChunking: boolean;
  readonly is8Bit: boolean;
  /** Most octets of a mail, 0 where it has no such limit; `undefined`: it does not want to know. */
  readonly size: number | undefined;
}

/** A reply as it should be, or what it makes of the mail. */
type Step<T = Reply> = ResultAsync<T, ExitResult>;

/** Hands a mail over. The conversation can only be closed then. */
export const transact = (
  conversation: Conversation,
  transaction: Transaction,
): Promise<ExitResult> => {
  const { from, to, mail } = transaction;
  const handed = safeTry<ExitResult, ExitResult>(async function* () {
    yield* wanted(conversation.hear(), 'the greeting');
    const offers = yield* greet(conversation, transaction);
    yield* fit(offers, mail);
    yield* ask(conversation, `MAIL FROM:<${from}>${parametersOf(offers, mail)}`);
    yield* ask(conversation, `RCPT TO:<${to}>`);
    yield* offers.isChunking ? sendChunk(conversation, mail) : sendData(conversation, mail);
    return ok(DELIVERED);
  });
  return handed.match(
    (result) => result,
    (result) => result,
  );
};

const greet = (conversation: Conversation, { protocol }: Transaction): Step<Offers> => {
  if (protocol === 'lmtp') return ask(conversation, `LHLO ${NAME}`).map(offersOf);
  // A server of old knows no EHLO, and offers nothing.
  return ask(conversation, `EHLO ${NAME}`)
    .map(offersOf)
    .orElse((result) =>
      result.kind === 'no-retry'
        ? ask(conversation, `HELO ${NAME}`).map(() => NOTHING)
        : err(result),
    );
};

const NOTHING: Offers = { isChunking: false, is8Bit: false, size: undefined };

const offersOf = ({ text }: Reply): Offers => {
  const words = text.toUpperCase().split(' ');
  return {
    isChunking: words.includes('CHUNKING'),
    is8Bit: words.includes('8BITMIME'),
    size: words.includes('SIZE') ? limitIn(words[words.indexOf('SIZE') + 1]) : undefined,
  };
};

/** A limit may be left out. */
const limitIn = (word = ''): number => (/^\d{1,15}$/.test(word) ? Number(word) : 0);

/** What the server would not take is not begun. */
const fit = ({ size = 0, isChunking }: Offers, mail: Uint8Array): Result<void, ExitResult> => {
  if (size > 0 && mail.length > size) return err(never('too large for the server'));
  if (isChunking || !isAmbiguous(mail)) return ok(undefined);
  return err(never('a dot behind a lone CR or LF, which takes a server with CHUNKING'));
};

/** The same for every mail, but for its size, so that it tells nothing. */
const parametersOf = ({ size, is8Bit }: Offers, mail: Uint8Array): string =>
  (size === undefined ? '' : ` SIZE=${mail.length}`) + (is8Bit ? ' BODY=8BITMIME' : '');

const sendChunk = (conversation: Conversation, mail: Uint8Array): Step =>
  wanted(conversation.say(concat(utf8(`BDAT ${mail.length} LAST\r\n`), mail)), 'the mail');

const sendData = (conversation: Conversation, mail: Uint8Array): Step =>
  ask(conversation, 'DATA', 3).andThen(() => wanted(conversation.say(stuffed(mail)), 'the mail'));

/** Says a command and hears its reply, of the 2xx or the 3xx. */
const ask = (conversation: Conversation, command: string, hundreds: 2 | 3 = 2): Step =>
  wanted(conversation.say(utf8(`${command}\r\n`)), command.slice(0, 4), hundreds);

const wanted = (hearing: Promise<Reply | NoReply>, to: string, hundreds: 2 | 3 = 2): Step =>
  new ResultAsync(
    hearing.then((reply) => {
      if (typeof reply === 'string') return err(later(reply));
      const kind = Math.floor(reply.code / 100);
      if (kind === hundreds) return ok(reply);
      const said = `${codesOf(reply)} to ${to}`;
      return err(kind === 5 ? never(said) : later(said));
    }),
  );

/** Of what the server says only its codes: its words may be those of the mail. */
const codesOf = ({ code, text }: Reply): string => {
  const [enhanced] = ENHANCED.exec(text) ?? [];
  return enhanced === undefined ? String(code) : `${code} ${enhanced}`;
};
