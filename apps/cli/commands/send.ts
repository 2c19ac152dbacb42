/**
 * `postern send`: hands a mail to the daemon, or to its outbox where none runs.
 * @module
 */
import type { Command } from 'commander';
import { err, errAsync, ok, okAsync, ResultAsync, type Result } from 'neverthrow';
import { toCrlf } from '../../../bridges/files/line-ends.js';
import { readOutgoing } from '../../../bridges/files/outgoing.js';
import { sentJson } from '../../../bridges/management/shapes.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import type { SendOptions } from '../../../src/index.js';
import { buildMail } from '../../../src/mail/build.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import {
  askDaemon,
  askRunning,
  daemonConfigOf,
  withoutDocument,
  type DaemonAsk,
} from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';
import { withDescriptors } from './desc.js';
import { blockText } from './surb.js';

interface SendFlags {
  readonly config?: string;
  readonly account?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly unreliable?: boolean;
  readonly surb?: string;
  readonly path?: string;
  readonly json?: boolean;
}

type Outgoing = SendOptions & { readonly mail: Uint8Array };

export const addSend = (program: Command, cli: Cli): void => {
  program
    .command('send')
    .description('send the mail on standard input (RFC 5322), or one made of --subject and --text')
    .argument('[to...]', 'recipients; those of the mail’s header where none are named')
    .option('-f, --config <file>', 'configuration file')
    .option('--account <address>', 'the sender, where there are several accounts')
    .option('--subject <text>', 'the subject of a mail made here')
    .option('--text <text>', 'the text of a mail made here')
    .option('--unreliable', 'send once, without acknowledgements')
    .option('--surb <file>', 'through the reply block in this file, to whoever has made it')
    .option(
      '--path <spec>',
      'the mixes to cross, such as mix1,?,* or ./node.desc,* (test networks only)',
    )
    .option('--json', 'print JSON')
    .action((to: string[], flags: SendFlags) => finishWith(cli, sendEither(cli, to, flags)));
};

const sendEither = (
  cli: Cli,
  to: readonly string[],
  { surb, ...flags }: SendFlags,
): ResultAsync<void, CliError> => {
  if (surb === undefined) return sendAlong(cli, to, flags);
  const isFree = to.length === 0 && flags.unreliable !== true && flags.path === undefined;
  if (isFree) return answer(cli, surb, flags);
  const problem =
    'a reply block tells where the mail goes: name no recipient, and neither --unreliable nor --path';
  return errAsync({ kind: 'usage', option: '--surb', problem });
};

/** Sends by the path that is written, if one is. */
const sendAlong = (
  cli: Cli,
  to: readonly string[],
  { path, ...flags }: SendFlags,
): ResultAsync<void, CliError> =>
  path === undefined
    ? send(cli, to, flags)
    : withDescriptors(cli, path).asyncAndThen((read) => send(cli, to, { ...flags, path: read }));

/** Sends through a reply block, which only a running daemon can do. */
const answer = (cli: Cli, file: string, flags: SendFlags): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, flags.config).andThen((config) =>
    chooseAccount(config, flags.account).asyncAndThen((account) =>
      blockText(cli, file).andThen((block) =>
        answerBytes(cli, flags, account)
          .andThen((mail) =>
            askRunning(config, 'surbs.send', { account, block, mail: toBase64(mail) }),
          )
          .mapErr((error) => withoutDocument(account, error))
          .map(() => printData(cli, { sent: true }, { json: flags.json, lines: ['sent'] })),
      ),
    ),
  );

/** What stands in To where nobody knows the name. */
const NOBODY = 'undisclosed-recipients:;';

const answerBytes = (
  cli: Cli,
  flags: SendFlags,
  account: string,
): ResultAsync<Uint8Array, CliError> =>
  isMade(flags)
    ? okAsync(draftBytes(flags, { account, to: [NOBODY] }))
    : ResultAsync.fromSafePromise(cli.terminal.input()).map(toCrlf);

const send = (cli: Cli, to: readonly string[], flags: SendFlags): ResultAsync<void, CliError> =>
  daemonConfigOf(cli, flags.config)
    .andThen((config) =>
      chooseAccount(config, flags.account)
        .asyncAndThen((account) => outgoingOf(cli, flags, { account, to }))
        .andThen((outgoing) => askDaemon(config, questionOf(outgoing))),
    )
    .map((sent) =>
      printData(cli, sent, {
        json: flags.json,
        lines: sent.map(({ messageId, recipient }) => `${textOf(messageId)} ${textOf(recipient)}`),
      }),
    );

interface Envelope {
  readonly account: string;
  readonly to: readonly string[];
}

const outgoingOf = (
  cli: Cli,
  flags: SendFlags,
  envelope: Envelope,
): ResultAsync<Outgoing, CliError> => {
  if (isMade(flags)) return new ResultAsync(Promise.resolve(madeMail(flags, envelope)));
  return ResultAsync.fromSafePromise(cli.terminal.input()).andThen((input) =>
    givenMail(toCrlf(input), flags, envelope),
  );
};

const isMade = ({ subject, text }: SendFlags): boolean =>
  subject !== undefined || text !== undefined;

const choicesOf = ({ unreliable, path }: SendFlags): Pick<SendOptions, 'reliability' | 'path'> => ({
  ...(unreliable === true ? { reliability: 'none' } : {}),
  path,
});

const madeMail = (flags: SendFlags, { account, to }: Envelope): Result<Outgoing, CliError> => {
  if (to.length === 0) return err({ kind: 'no-recipient' });
  const mail = draftBytes(flags, { account, to });
  return ok({ account, to, mail, ...choicesOf(flags) });
};

const draftBytes = ({ subject = '', text = '' }: SendFlags, { account, to }: Envelope) => {
  const { clock, random } = nodeIo();
  return buildMail({ subject, text }, { from: account, to, nowMs: clock.now(), random });
};

const givenMail = (
  mail: Uint8Array,
  flags: SendFlags,
  { account, to }: Envelope,
): Result<Outgoing, CliError> => {
  if (to.length > 0) return ok({ account, to, mail, ...choicesOf(flags) });
  return readOutgoing(account, mail).map((read) => ({
    ...read,
    mail: read.mail instanceof Uint8Array ? read.mail : mail,
    ...choicesOf(flags),
  }));
};

const questionOf = (outgoing: Outgoing): DaemonAsk<readonly JsonObject[]> => ({
  method: 'send',
  params: {
    account: outgoing.account,
    to: [outgoing.to].flat(),
    mail: toBase64(outgoing.mail),
    ...(outgoing.reliability === 'none' ? { unreliable: true } : {}),
    ...(outgoing.path === undefined ? {} : { path: outgoing.path }),
  },
  read: (answer) => (Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : []),
  offline: (client) =>
    client
      .send(outgoing)
      .map((sent) => sent.map(sentJson))
      .mapErr((error): CliError => error),
});
