/**
 * The command line: one file per command, put together.
 * @module
 */
import { Command, CommanderError } from 'commander';
import type { Cli } from './cli.js';
import { addAccount } from './commands/account.js';
import { addCheckConfig } from './commands/check-config.js';
import { addDaemon } from './commands/daemon.js';
import { addDoctor } from './commands/doctor.js';
import { addExplain } from './commands/explain.js';
import { addExport } from './commands/export.js';
import { addFilter } from './commands/filter.js';
import { addImport } from './commands/import.js';
import { addInit } from './commands/init.js';
import { addKey } from './commands/key.js';
import { addNode } from './commands/node.js';
import { addQueue } from './commands/queue.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRecipients } from './commands/recipients.js';
import { addSend } from './commands/send.js';
import { addSendmail } from './commands/sendmail.js';
import { addSetup } from './commands/setup.js';
import { addStatus } from './commands/status.js';
import { addTestnet } from './commands/testnet.js';
import { addUpgrade } from './commands/upgrade.js';
import { addWatch } from './commands/watch.js';
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
  addRecipients,
  addQueue,
  addStatus,
  addWatch,
  addDoctor,
  addAccount,
  addSetup,
  addCheckConfig,
  addExplain,
  addFilter,
  addKey,
  addExport,
  addImport,
  addUpgrade,
  addNode,
  addTestnet,
];

/** Runs one command line. @returns the exit code */
export const runCli = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  let code = 0;
  const program = makeProgram({ terminal, finish: (given) => (code = given) });
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
  return withExitOverride(program);
};

/** Commands do not inherit it when they are made before. */
const withExitOverride = (command: Command): Command => {
  command.exitOverride();
  for (const each of command.commands) withExitOverride(each);
  return command;
};
