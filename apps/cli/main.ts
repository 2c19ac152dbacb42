#!/usr/bin/env node
/**
 * The program `postern`.
 * @module
 */
import { runCli } from './program.js';
import { processTerminal } from './terminal.js';

process.exit(await runCli(process.argv.slice(2), processTerminal()));
