#!/usr/bin/env node
/**
 * The program `postern-sendmail`: for the setting where a mail program wants the path of a sendmail.
 * @module
 */
import { processTerminal } from '../cli/terminal.js';
import { runSendmail } from './run.js';

process.umask(0o077);
process.exitCode = await runSendmail(process.argv.slice(2), processTerminal());
