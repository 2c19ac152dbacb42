/**
 * The passphrase that the storage key follows from: out of a file, or from whoever started us.
 *
 * Bytes are taken as they come: neither trimmed nor brought into a normal form.
 * @module
 */
import type { Readable } from 'node:stream';
import { err, ok, type Result, ResultAsync } from 'neverthrow';
import { equal } from '../../src/bytes/compare.js';
import { utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';

/** Why nobody gave one. */
export interface PassphraseError {
  readonly problem: 'no-passphrase' | 'passphrases-differ' | 'aborted';
}

/** @param isNew - nothing is sealed by it yet, so a slip of the fingers would not be noticed */
export type AskPassphrase = (isNew: boolean) => ResultAsync<Uint8Array, PassphraseError>;

const LF = 0x0a;
const CR = 0x0d;

/** The first line, without its end; a file of one line may lack the end. */
export const firstLineOf = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.indexOf(LF);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
};

/** Asks once however often it is called: a command may open the stores several times. */
export const askedOnce = (ask: AskPassphrase): AskPassphrase => {
  let asked: ReturnType<AskPassphrase> | undefined;
  return (isNew) => (asked ??= ask(isNew));
};

/** Asks whoever started this process: a person at a terminal without echo, else a line of input. */
export const askProcess: AskPassphrase = askedOnce((isNew) =>
  process.stdin.isTTY ? new ResultAsync(askPerson(isNew)) : readPassphrase(process.stdin),
);

/** Takes one line from a stream, and leaves the rest in it. @errors `no-passphrase` at its end */
export const readPassphrase = (input: Readable): ResultAsync<Uint8Array, PassphraseError> =>
  new ResultAsync(takeLine(input));

const takeLine = async (input: Readable): Promise<Result<Uint8Array, PassphraseError>> => {
  const pieces: Uint8Array[] = [];
  const stream = input.iterator({ destroyOnReturn: false });
  try {
    for await (const piece of stream) {
      if (!(piece instanceof Uint8Array)) continue;
      const end = piece.indexOf(LF);
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      if (end < 0) continue;
      input.unshift(piece.subarray(end + 1));
      break;
    }
  } catch {
    return err({ problem: 'no-passphrase' });
  }
  return pieces.length === 0
    ? err({ problem: 'no-passphrase' })
    : ok(firstLineOf(concat(...pieces)));
};

const askPerson = async (isNew: boolean): Promise<Result<Uint8Array, PassphraseError>> => {
  const first = await promptFor('Passphrase of the stores');
  if (first === undefined) return err({ problem: 'aborted' });
  if (!isNew) return ok(first);
  const second = await promptFor('The same again, since it is new');
  if (second === undefined) return err({ problem: 'aborted' });
  return equal(first, second) ? ok(first) : err({ problem: 'passphrases-differ' });
};

/** Beside the results, which may be piped; nothing of what is typed is shown, not even its length. */
const promptFor = async (message: string): Promise<Uint8Array | undefined> => {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message, mask: '', output: process.stderr });
  return isCancel(answer) ? undefined : utf8(answer);
};
