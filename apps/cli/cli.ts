/**
 * What every command of the command line shares.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Json, JsonObject } from '../../src/control/json.js';
import type { CliError } from './errors.js';
import { exitCodeOf, sentenceOf } from './sentences.js';
import type { Terminal } from './terminal.js';

export interface Cli {
  readonly terminal: Terminal;
  /** Takes the exit code of the command, once. */
  readonly finish: (code: number) => void;
}

/** Runs a command's work and turns its end into an exit code. */
export const finishWith = async (
  { terminal, finish }: Cli,
  work: ResultAsync<unknown, CliError>,
): Promise<void> => {
  const code = await work.match(
    () => 0,
    (error) => {
      terminal.tell(`postern: ${sentenceOf(error)}`);
      return exitCodeOf(error);
    },
  );
  finish(code);
};

/** A value of an answer as people read it. */
export const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);

/** Prints data: as one line of JSON, or line by line for people. */
export const printData = (
  { terminal }: Cli,
  data: JsonObject | readonly JsonObject[],
  { json, lines }: { readonly json: boolean | undefined; readonly lines: readonly string[] },
): void => {
  if (json === true) terminal.print(JSON.stringify(data));
  else for (const line of lines) terminal.print(line);
};
