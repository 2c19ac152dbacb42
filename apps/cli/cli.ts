/**
 * What every command of the command line shares.
 * @module
 */
import type { ResultAsync } from 'neverthrow';
import type { Json, JsonObject } from '../../src/control/json.js';
import type { CliError } from './errors.js';
import type { Emit } from './json-lines.js';
import { exitCodeOf } from './exit-codes.js';
import { sentenceOf } from './sentences.js';
import type { Terminal } from './terminal.js';

export interface Cli {
  readonly terminal: Terminal;
  /** Tells programs; see `--json-fd`. */
  readonly emit: Emit;
  /** Takes the exit code of the command, once. */
  readonly finish: (code: number) => void;
}

/** Runs a command's work and turns its end into an exit code. */
export const finishWith = async (
  { terminal, emit, finish }: Cli,
  work: ResultAsync<unknown, CliError>,
): Promise<void> => {
  const code = await work.match(
    () => 0,
    (error) => {
      const message = sentenceOf(error);
      terminal.tell(`postern: ${message}`);
      emit({ type: 'error', kind: error.kind, message });
      return exitCodeOf(error);
    },
  );
  finish(code);
};

/** A value of an answer as people read it. */
export const textOf = (value: Json | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);

const isList = (data: JsonObject | readonly JsonObject[]): data is readonly JsonObject[] =>
  Array.isArray(data);

/** Prints data: as one line of JSON, or line by line for people. */
export const printData = (
  { terminal, emit }: Cli,
  data: JsonObject | readonly JsonObject[],
  { json, lines }: { readonly json: boolean | undefined; readonly lines: readonly string[] },
): void => {
  for (const item of isList(data) ? data : [data]) emit({ type: 'data', data: item });
  if (json === true) terminal.print(JSON.stringify(data));
  else for (const line of lines) terminal.print(line);
};
