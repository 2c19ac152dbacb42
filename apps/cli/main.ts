#!/usr/bin/env node
/**
 * The program `postern`.
 * @module
 */
import { runCli } from './program.js';
import { processTerminal } from './terminal.js';

// Whatever this program makes is its user's alone.
process.umask(0o077);
process.exit(await runCli(process.argv.slice(2), processTerminal()));
