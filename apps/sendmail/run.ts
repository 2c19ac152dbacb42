/**
 * `sendmail`: takes a mail on the standard input, and ends with 0 as soon as it is on disk.
 *
 * The exit codes are those of sysexits.h, on which mail programs act: 75 says that nothing was stored
 * and that trying again is right; it is never said of a mail that was.
 * @module
 */
import { fromSafePromise, type ResultAsync } from 'neverthrow';
import { isObject } from '../../src/control/json.js';
import { ownConfigPath, readConfigFile } from '../cli/files.js';
import type { Terminal } from '../cli/terminal.js';
import { addressOf, readDaemonConfig, type DaemonConfig } from '../daemon/config.js';
import { readArguments, type Arguments } from './arguments.js';
import type { SendmailError } from './errors.js';
import { readLetter, type LetterDeps } from './mail.js';
import { submitLetter } from './submitter.js';

const EXIT = {
  ok: 0,
  usage: 64,
  dataError: 65,
  noUser: 67,
  noHost: 68,
  tryAgain: 75,
  noPermission: 77,
  config: 78,
} as const;

/** @returns the exit code */
export const runSendmail = async (
  words: readonly string[],
  terminal: Terminal,
): Promise<number> => {
  const told = readArguments(words);
  const done = await told.asyncAndThen((found) => act(found, terminal));
  if (done.isOk()) return EXIT.ok;
  const { sentenceFor } = await import('./sentences.js');
  terminal.tell(`sendmail: ${sentenceFor(done.error)}`);
  return exitCodeFor(done.error);
};

const act = (told: Arguments, terminal: Terminal): ResultAsync<void, SendmailError> =>
  readConfigFile(ownConfigPath(terminal, told.config), readDaemonConfig)
    .mapErr((error): SendmailError => error)
    .andThen((config) => {
      if (told.mode === 'queue') return showQueue(config, terminal);
      if (told.mode === 'dialogue') return speakSmtp(config);
      return sendInput(config, told, terminal);
    });

const sendInput = (
  config: DaemonConfig,
  told: Arguments,
  terminal: Terminal,
): ResultAsync<void, SendmailError> =>
  waitFor(terminal.input())
    .andThen((input) => readLetter(lettersOf(config), told, input))
    .mapErr((error): SendmailError => error)
    .andThen((letter) => submitLetter(config, letter).mapErr((error): SendmailError => error));

/** What a mail is measured by. */
export const lettersOf = ({ client, foreignFrom = 'refuse' }: DaemonConfig): LetterDeps => ({
  accounts: client.accounts.flatMap((account) =>
    addressOf(client, account).match(
      (address) => [address],
      () => [],
    ),
  ),
  foreignFrom,
});

const showQueue = (config: DaemonConfig, terminal: Terminal): ResultAsync<void, SendmailError> =>
  waitFor(import('../cli/commands/queue.js'))
    .andThen(({ queuedLines }) => queuedLines(config))
    .map((lines) => {
      if (lines.length === 0) terminal.print('Mail queue is empty');
      for (const line of lines) terminal.print(line);
    });

const speakSmtp = (config: DaemonConfig): ResultAsync<void, SendmailError> =>
  waitFor(import('./dialogue.js')).andThen(({ speakOnStandardInput }) =>
    speakOnStandardInput(config, lettersOf(config)),
  );

const waitFor = <T>(promise: Promise<T>): ResultAsync<T, never> => fromSafePromise(promise);

const CODES: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  'no-recipient': EXIT.usage,
  'bad-mail': EXIT.dataError,
  'forbidden-header': EXIT.dataError,
  'mail-too-large': EXIT.dataError,
  'bad-address': EXIT.noUser,
  'unknown-recipient': EXIT.noUser,
  'unknown-provider': EXIT.noHost,
  'foreign-envelope': EXIT.noPermission,
  'foreign-from': EXIT.noPermission,
  'unknown-account': EXIT.noPermission,
  'no-account': EXIT.config,
  'config-problems': EXIT.config,
  'config-file': EXIT.config,
};

/** What a daemon refuses is one of our own errors. */
export const exitCodeFor = (error: SendmailError): number => {
  const data = error.kind === 'refused' && isObject(error.data) ? error.data['kind'] : error.kind;
  return (typeof data === 'string' ? CODES[data] : undefined) ?? EXIT.tryAgain;
};
