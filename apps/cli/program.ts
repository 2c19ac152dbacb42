/**
 * The command line: one file per command, put together.
 * @module
 */
import { Command, CommanderError, Option } from 'commander';
import type { Cli } from './cli.js';
import { addAccount } from './commands/account.js';
import { addCheckConfig } from './commands/check-config.js';
import { addConfig } from './commands/config.js';
import { addDaemon } from './commands/daemon.js';
import { addDesc } from './commands/desc.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addExport } from './commands/export.js';
import { addFilter } from './commands/filter.js';
import { addImport } from './commands/import.js';
import { addInit } from './commands/init.js';
import { addKey } from './commands/key.js';
import { addLs } from './commands/ls.js';
import { addNode } from './commands/node.js';
import { addPing } from './commands/ping.js';
import { addQueue } from './commands/queue.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRecipients } from './commands/recipients.js';
import { addSend } from './commands/send.js';
import { addSendmail } from './commands/sendmail.js';
import { addSetup } from './commands/setup.js';
import { addStatus } from './commands/status.js';
import { addSurb } from './commands/surb.js';
import { addTestnet } from './commands/testnet.js';
import { addUpgrade } from './commands/upgrade.js';
import { addWatch } from './commands/watch.js';
import { descriptorOf, withoutJsonFd, type Emit, type JsonLine } from './json-lines.js';
import { withTodaysSpelling } from './old-spellings.js';
import { withReferenceFlags } from './reference-flags.js';
import type { Terminal } from './terminal.js';

const WRONG_USAGE = 2;

/** In the order of the help. */
const COMMANDS = [
  addQuickstart,
  addInit,
  addDaemon,
  addSend,
  addSendmail,
  addSurb,
  addRecipients,
  addQueue,
  addStatus,
  addWatch,
  addDoctor,
  addLs,
  addAccount,
  addSetup,
  addCheckConfig,
  addConfig,
  addExplain,
  addFilter,
  addKey,
  addExport,
  addImport,
  addUpgrade,
  addNode,
  addPing,
  addDesc,
  addTestnet,
];

/** Runs one command line. @returns the exit code */
export const runCli = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const { words: others, descriptor } = withoutJsonFd(words);
  const lines = openLines(terminal, descriptor);
  if (lines === undefined) {
    terminal.tell(`postern: --json-fd: nothing can be written to descriptor ${descriptor}`);
    return WRONG_USAGE;
  }
  const emit: Emit = (line: JsonLine) => lines(JSON.stringify(line));
  const told = { ...terminal, tell: alsoTelling(terminal, emit) };
  const code = await runWords(withTodaysSpelling(others, told.tell), { terminal: told, emit });
  emit({ type: 'end', code });
  return code;
};

/** Where `--json-fd` says; nowhere without it. @returns `undefined` where that cannot be */
const openLines = (
  terminal: Terminal,
  told: string | undefined,
): ((line: string) => void) | undefined => {
  if (told === undefined) return () => undefined;
  const descriptor = descriptorOf(told);
  return descriptor === undefined ? undefined : terminal.lines(descriptor);
};

const alsoTelling =
  (terminal: Terminal, emit: Emit) =>
  (line: string): void => {
    terminal.tell(line);
    emit({ type: 'told', text: line });
  };

const runWords = async (words: readonly string[], world: Omit<Cli, 'finish'>): Promise<number> => {
  let code = 0;
  const program = makeProgram({ ...world, finish: (given) => (code = given) });
  try {
    await program.parseAsync(withReferenceFlags(words), { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? 0 : WRONG_USAGE;
  }
  return code;
};

const makeProgram = (cli: Cli): Command => {
  const program = new Command('postern');
  program
    .enablePositionalOptions()
    .description('Anonymous mail over a mix network.')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => cli.terminal.print(text.trimEnd()),
      writeErr: (text) => cli.terminal.tell(text.trimEnd()),
    });
  for (const add of COMMANDS) add(program, cli);
  return withShared(program);
};

/** What all commands have, and do not inherit when they are made before. */
const withShared = (command: Command): Command => {
  command.exitOverride();
  // Taken out of the words before they are read; here it is for the help.
  command.addOption(new Option('--json-fd <n>', 'tell descriptor n too, a JSON object per line'));
  for (const each of command.commands) withShared(each);
  return command;
};
