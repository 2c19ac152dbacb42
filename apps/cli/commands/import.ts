/**
 * `postern import`: takes over what mailproxy has, without changing it, or mails of a Maildir or mbox.
 * @module
 */
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { err, errAsync, ok, type Result, type ResultAsync } from 'neverthrow';
import { nodeIo } from '../../../src/io/node.js';
import { importMailproxy, type ImportNote, type ImportPlaces } from '../../import/mailproxy.js';
import { finishWith, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { defaultDirectory } from '../places.js';
import { importMails, type ImportMailFlags } from './import-mails.js';

interface ImportFlags extends ImportMailFlags {
  readonly mailproxy?: string;
  readonly dir?: string;
}

export const addImport = (program: Command, cli: Cli): void => {
  program
    .command('import')
    .description(
      'take over accounts, keys and recipients of mailproxy, or mail into an inbox; a second run goes on',
    )
    .option('--mailproxy <dir>', 'its data directory, which is only read')
    .option('--maildir <dir>', 'a Maildir, without its folders, which is only read')
    .option('--mbox <file>', 'an mbox, which is only read')
    .option(
      '-f, --config <file>',
      'configuration file; that of mailproxy, where it is not in there',
    )
    .option('--account <address>', 'whose inbox the mail goes into, where there are several')
    .option('--dir <dir>', 'where all of mailproxy goes')
    .option('--json', 'print JSON, of mail')
    .action((flags: ImportFlags) => finishWith(cli, runImport(cli, flags)));
};

const runImport = (cli: Cli, flags: ImportFlags): ResultAsync<void, CliError> => {
  const { mailproxy } = flags;
  if (mailproxy === undefined) return importMails(cli, flags);
  return flags.maildir === undefined && flags.mbox === undefined
    ? takeOver(cli, { ...flags, mailproxy })
    : errAsync({ kind: 'usage', option: '--mailproxy', problem: 'is another import than of mail' });
};

type MailproxyFlags = ImportFlags & { readonly mailproxy: string };

const takeOver = (cli: Cli, flags: MailproxyFlags): ResultAsync<void, CliError> => {
  process.umask(0o077);
  const io = { ...nodeIo(), log: { write: () => undefined } };
  const places = placesOf(cli, flags);
  if (overlap(places.from, places.dataDir)) return errAsync(OVERLAP);
  return importMailproxy(io, places)
    .mapErr((error): CliError => error)
    .andThen((notes) => tell(cli, places, notes));
};

const placesOf = ({ terminal }: Cli, { mailproxy, config, dir }: MailproxyFlags): ImportPlaces => {
  const at = (path: string): string => resolve(terminal.workingDirectory, path);
  const directory = at(dir ?? defaultDirectory(terminal.env));
  return {
    from: at(mailproxy),
    source: config === undefined ? undefined : at(config),
    configFile: join(directory, 'config.toml'),
    dataDir: join(directory, 'data'),
  };
};

const OVERLAP: CliError = {
  kind: 'usage',
  option: '--dir',
  problem: 'must be apart from the directory of mailproxy',
};

const overlap = (one: string, other: string): boolean =>
  isWithin(one, other) || isWithin(other, one);

const isWithin = (path: string, directory: string): boolean =>
  !relative(directory, path).startsWith('..');

const tell = (
  { terminal }: Cli,
  { configFile }: ImportPlaces,
  notes: readonly ImportNote[],
): Result<void, CliError> => {
  for (const note of notes) {
    if (note.kind === 'done' || note.kind === 'left') terminal.print(sentenceOf(note));
    else terminal.tell(sentenceOf(note));
  }
  const problems = notes.filter(({ kind }) => kind === 'problem').length;
  if (problems > 0) return err({ kind: 'import-incomplete', problems });
  terminal.print(`Start the daemon: postern daemon -f ${configFile}`);
  return ok(undefined);
};

const sentenceOf = (note: ImportNote): string => {
  switch (note.kind) {
    case 'done':
      return `${note.what}: ${note.copied === 'copied' ? 'taken over' : 'there already'}`;
    case 'left':
      return `${note.path}: left (${note.bytes} bytes): mail that waits in it is mailproxy’s to send and to hand out`;
    case 'problem':
      return `${note.problem.path}: ${note.problem.problem}`;
    case 'left-out':
      return `${note.account}: left out of the configuration, since not all of its keys are here; put good copies into mailproxy’s directory and run this again`;
    case 'unwritten':
      return `${note.path}: not written, since no account has its keys`;
  }
};
