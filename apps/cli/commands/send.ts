/**
 * `postern send`: hands a mail to the daemon, or to its outbox where none runs.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, ResultAsync, type Result } from 'neverthrow';
import { toCrlf } from '../../../bridges/files/line-ends.js';
import { readOutgoing } from '../../../bridges/files/outgoing.js';
import { sentJson } from '../../../bridges/management/shapes.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { nodeIo } from '../../../src/io/node.js';
import type { SendOptions } from '../../../src/index.js';
import { buildMail } from '../../../src/mail/build.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import { askDaemon, daemonConfigOf, type DaemonAsk } from '../daemon-or-offline.js';
import type { CliError } from '../errors.js';
import { chooseAccount } from './account.js';

interface SendFlags {
  readonly config?: string;
  readonly account?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly unreliable?: boolean;
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
    .option('--json', 'print JSON')
    .action((to: string[], flags: SendFlags) => finishWith(cli, send(cli, to, flags)));
};

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
  const made = flags.subject !== undefined || flags.text !== undefined;
  if (made) return new ResultAsync(Promise.resolve(madeMail(flags, envelope)));
  return ResultAsync.fromSafePromise(cli.terminal.input()).andThen((input) =>
    givenMail(toCrlf(input), flags, envelope),
  );
};

const reliabilityOf = ({ unreliable }: SendFlags): Pick<SendOptions, 'reliability'> =>
  unreliable === true ? { reliability: 'none' } : {};

const madeMail = (flags: SendFlags, { account, to }: Envelope): Result<Outgoing, CliError> => {
  if (to.length === 0) return err({ kind: 'no-recipient' });
  const { clock, random } = nodeIo();
  const draft = { subject: flags.subject ?? '', text: flags.text ?? '' };
  const mail = buildMail(draft, { from: account, to, nowMs: clock.now(), random });
  return ok({ account, to, mail, ...reliabilityOf(flags) });
};

const givenMail = (
  mail: Uint8Array,
  flags: SendFlags,
  { account, to }: Envelope,
): Result<Outgoing, CliError> => {
  if (to.length > 0) return ok({ account, to, mail, ...reliabilityOf(flags) });
  return readOutgoing(account, mail).map((read) => ({
    ...read,
    mail: read.mail instanceof Uint8Array ? read.mail : mail,
    ...reliabilityOf(flags),
  }));
};

const questionOf = (outgoing: Outgoing): DaemonAsk<readonly JsonObject[]> => ({
  method: 'send',
  params: {
    account: outgoing.account,
    to: [outgoing.to].flat(),
    mail: toBase64(outgoing.mail),
    ...(outgoing.reliability === 'none' ? { unreliable: true } : {}),
  },
  read: (answer) => (Array.isArray(answer) ? answer.filter((each: Json) => isObject(each)) : []),
  offline: (client) =>
    client
      .send(outgoing)
      .map((sent) => sent.map(sentJson))
      .mapErr((error): CliError => error),
});
