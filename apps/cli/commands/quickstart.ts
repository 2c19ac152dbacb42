/**
 * `postern quickstart`: a mix network with two people on this machine, and the first mail.
 * @module
 */
import type { Command } from 'commander';
import { ok, ResultAsync, safeTry } from 'neverthrow';
import { nodeIo, nodeLog } from '../../../src/io/node.js';
import { quickstart, serverOf, shown, type Quickstart } from '../../quickstart/quickstart.js';
import type { Person } from '../../quickstart/village.js';
import { finishWith, type Cli } from '../cli.js';
import { sizeBytes } from '../duration.js';
import type { CliError } from '../errors.js';
import { awaitStop } from '../stop.js';

interface QuickstartFlags {
  readonly once?: boolean;
  readonly size?: number;
}

export const addQuickstart = (program: Command, cli: Cli): void => {
  program
    .command('quickstart')
    .description('a mix network on this machine, two people, and the first mail between them')
    .option('--once', 'end when the mail has arrived')
    .option('--size <size>', 'size of the mail, such as 5MB', sizeBytes)
    .action((flags: QuickstartFlags) => finishWith(cli, run(cli, flags)));
};

const run = ({ terminal }: Cli, flags: QuickstartFlags): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    process.umask(0o077);
    const stop = awaitStop();
    const log = nodeLog({ level: 'error', write: (line) => terminal.tell(line) });
    const io = { ...nodeIo(), log };
    const tell = (line: string): void => terminal.tell(line);
    const village = yield* quickstart({ io, size: flags.size, tell });
    terminal.tell('');
    terminal.print(shown(village.delivered));
    if (flags.once !== true) {
      for (const line of settings(village, io)) terminal.print(line);
      await stop.requested;
    }
    await village.close();
    log.close();
    return ok(undefined);
  });

const settings = (village: Quickstart, io: Parameters<typeof serverOf>[0]): readonly string[] => [
  '',
  'Connect a mail program: no encryption (loopback only), normal password.',
  ...[village.alice, village.bob].flatMap((person) => settingsOf(person, io)),
  '',
  'The network stays up until you press Ctrl-C.',
];

const settingsOf = (person: Person, io: Parameters<typeof serverOf>[0]): readonly string[] => {
  const smtp = serverOf(io, person, 'smtp');
  const pop3 = serverOf(io, person, 'pop3');
  return [
    '',
    person.address,
    `  user       ${smtp.account}`,
    `  password   ${smtp.password}`,
    `  SMTP       ${smtp.address}`,
    `  POP3       ${pop3.address}`,
    `  Maildir    ${person.maildir}`,
    `  management ${person.daemon.socket}`,
  ];
};
