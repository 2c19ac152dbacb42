/**
 * Talking to our own mail protocols as a mail program does: a mail handed in by SMTP, and fetched
 * by POP3.
 * @module
 */
import { err, ok, okAsync, ResultAsync, safeTry, type Result } from 'neverthrow';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { concatAll } from '../../src/bytes/writer.js';
import { Lines } from '../../src/control/lines.js';
import type { Clock, DialError, Network } from '../../src/io/contracts.js';

export interface MailServer {
  readonly clock: Clock;
  readonly network: Network;
  /** `host:port`. */
  readonly address: string;
  readonly account: string;
  readonly password: string;
}

export type DialogueError =
  | DialError
  | { readonly kind: 'dialogue'; readonly protocol: 'SMTP' | 'POP3'; readonly reply: string };

/** A mail in an envelope. */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  /** CRLF lines. */
  readonly mail: Uint8Array;
}

const LINE_LIMIT = 1000;
const PATIENCE_MS = 60_000;
const CRLF = utf8('\r\n');
const DOT = 0x2e;
const LF = 0x0a;

class Dialogue {
  readonly #lines: Lines;
  readonly #protocol: 'SMTP' | 'POP3';

  constructor(lines: Lines, protocol: 'SMTP' | 'POP3') {
    this.#lines = lines;
    this.#protocol = protocol;
  }

  /** Says a line, unless it is empty, and takes the reply that begins with `expected`. */
  say(line: string, expected: string): ResultAsync<string, DialogueError> {
    const bytes = line === '' ? new Uint8Array(0) : utf8(`${line}\r\n`);
    return this.send(bytes).andThen(() => this.reply(expected));
  }

  send(bytes: Uint8Array): ResultAsync<void, DialogueError> {
    const written = bytes.length === 0 ? Promise.resolve(true) : this.#lines.write(bytes);
    return new ResultAsync(written.then((isOpen) => (isOpen ? ok(undefined) : this.#unexpected())));
  }

  /** Takes a reply; the lines of one that go on with a dash are one reply. */
  reply(expected: string): ResultAsync<string, DialogueError> {
    return this.line().andThen((line) => {
      const text = fromUtf8(line);
      if (!text.startsWith(expected)) return this.#unexpected(text);
      return text.startsWith(`${expected}-`) ? this.reply(expected) : okAsync(text);
    });
  }

  line(): ResultAsync<Uint8Array, DialogueError> {
    return new ResultAsync(
      this.#lines
        .next(LINE_LIMIT)
        .then((event) => (event.kind === 'line' ? ok(event.bytes) : this.#unexpected(event.kind))),
    );
  }

  #unexpected(reply = 'the connection ended'): Result<never, DialogueError> {
    return err({ kind: 'dialogue', protocol: this.#protocol, reply });
  }
}

const converse = <T>(
  { network, clock, address }: MailServer,
  protocol: 'SMTP' | 'POP3',
  talk: (dialogue: Dialogue) => ResultAsync<T, DialogueError>,
): ResultAsync<T, DialogueError> =>
  network.dial(address, new AbortController().signal).andThen((duplex) => {
    const lines = new Lines({ duplex, patience: { clock, idleMs: PATIENCE_MS } });
    const talked = talk(new Dialogue(lines, protocol));
    return new ResultAsync(
      (async () => {
        const result = await talked;
        await lines.close();
        return result;
      })(),
    );
  });

/** Doubles the dots that begin lines, so that none ends the mail. */
const stuffed = (mail: Uint8Array): Uint8Array => {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < mail.length; at++) {
    if (mail[at] !== DOT || (at > 0 && mail[at - 1] !== LF)) continue;
    pieces.push(mail.subarray(start, at), Uint8Array.of(DOT));
    start = at;
  }
  pieces.push(mail.subarray(start));
  return concatAll(pieces);
};

/** Hands a mail in; it is durable when ok. */
export const submit = (
  server: MailServer,
  { from, to, mail }: Envelope,
): ResultAsync<void, DialogueError> =>
  converse(server, 'SMTP', (smtp) =>
    safeTry(async function* () {
      const login = utf8(`\0${server.account}\0${server.password}`);
      yield* smtp.say('', '220');
      yield* smtp.say('EHLO localhost', '250');
      yield* smtp.say(`AUTH PLAIN ${toBase64(login)}`, '235');
      yield* smtp.say(`MAIL FROM:<${from}>`, '250');
      yield* smtp.say(`RCPT TO:<${to}>`, '250');
      yield* smtp.say('DATA', '354');
      yield* smtp.send(stuffed(mail));
      yield* smtp.say('.', '250');
      yield* smtp.say('QUIT', '221');
      return ok(undefined);
    }),
  );

/** Logs in and asks how many mails there are. @returns the answer to STAT */
export const countMails = (server: MailServer): ResultAsync<string, DialogueError> =>
  converse(server, 'POP3', (pop3) =>
    logIn(server, pop3)
      .andThen(() => pop3.say('STAT', '+OK'))
      .andThrough(() => pop3.say('QUIT', '+OK')),
  );

const logIn = (
  { account, password }: MailServer,
  pop3: Dialogue,
): ResultAsync<string, DialogueError> =>
  pop3
    .say('', '+OK')
    .andThen(() => pop3.say(`USER ${account}`, '+OK'))
    .andThen(() => pop3.say(`PASS ${password}`, '+OK'));

/** Fetches the first mail of the mailbox and leaves it there. */
export const fetchFirst = (server: MailServer): ResultAsync<Uint8Array, DialogueError> =>
  converse(server, 'POP3', (pop3) =>
    safeTry(async function* () {
      yield* logIn(server, pop3);
      yield* pop3.say('RETR 1', '+OK');
      const lines: Uint8Array[] = [];
      for (;;) {
        const line = yield* pop3.line();
        if (line.length === 1 && line[0] === DOT) break;
        lines.push(line[0] === DOT ? line.subarray(1) : line, CRLF);
      }
      yield* pop3.say('QUIT', '+OK');
      return ok(concatAll(lines));
    }),
  );
