/**
 * What a running part is asked over its control socket: `status`, `queue`, `republish`, `reload`,
 * `stop`.
 * @module
 */
import type { Command } from 'commander';
import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import { callDaemon } from '../../../../src/control/call.js';
import { isObject, type Json, type JsonObject } from '../../../../src/control/json.js';
import { nodeIo } from '../../../../src/io/node.js';
import type { NodeConfig } from '../../../node/config.js';
import type { Role } from '../../../node/role.js';
import { hasEnded } from '../../../node/process.js';
import { finishWith, printData, textOf, type Cli } from '../../cli.js';
import type { CliError } from '../../errors.js';
import { configuredOf, quietly, type NodeFlags } from './config.js';
import { queueLines, reloadLines, republishLines, statsLines, statusLines } from './lines.js';

/** One question, and its answer for people. */
interface Question {
  readonly about: string;
  readonly method: string;
  /** Of the answer, what is shown; all of it where absent. */
  readonly part?: (answer: JsonObject) => JsonObject;
  readonly lines: (answer: JsonObject) => readonly string[];
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  stats: { about: 'show what was counted in this period', method: 'stats', lines: statsLines },
  status: { about: 'show what it is doing', method: 'status', lines: statusLines },
  reload: {
    about: 'read its configuration file again, as SIGHUP does; a broken one changes nothing',
    method: 'reload',
    lines: reloadLines,
  },
};

/** What an authority has none of. */
const NODE_QUESTIONS: Readonly<Record<string, Question>> = {
  queue: {
    about: 'show how many packets are in each stage',
    method: 'status',
    part: ({ queues, spooled }) => ({ ...(isObject(queues) ? queues : {}), spooled: spooled ?? 0 }),
    lines: queueLines,
  },
  republish: {
    about: 'post its descriptors once more, whatever was posted',
    method: 'republish',
    lines: republishLines,
  },
};

/** A part ends within seconds; one that does not hangs. */
const STOP_MS = 60_000;

export const addAsking = (command: Command, cli: Cli, role: Role): void => {
  const questions = role === 'authority' ? QUESTIONS : { ...QUESTIONS, ...NODE_QUESTIONS };
  for (const [verb, question] of Object.entries(questions)) {
    addVerb(command, verb, question.about).action((flags: NodeFlags) =>
      finishWith(cli, ask(quietly(cli, flags.quiet), { role, question, flags })),
    );
  }
  addVerb(command, 'stop', 'end it, and return when it has ended').action((flags: NodeFlags) =>
    finishWith(cli, stop(quietly(cli, flags.quiet), role, flags)),
  );
};

const addVerb = (command: Command, verb: string, about: string): Command =>
  command
    .command(verb)
    .description(about)
    .option('-f, --config <file>', 'configuration file')
    .option('-Q, --quiet', 'print nothing but errors')
    .option('--json', 'print JSON');

/** Calls a method of the part of a configuration. @errors `not-running` where nobody answers */
export const callPart = (
  { socket }: NodeConfig,
  method: string,
  params: JsonObject = {},
): ResultAsync<Json, CliError> =>
  callDaemon({ network: nodeIo().network, path: socket }, method, params).mapErr(
    (error): CliError =>
      error.kind === 'dial' && error.reason === 'refused' ? { kind: 'not-running', socket } : error,
  );

/** The same for methods that answer with an object. */
export const askPart = (
  config: NodeConfig,
  method: string,
  params: JsonObject = {},
): ResultAsync<JsonObject, CliError> =>
  callPart(config, method, params).map((answer) => (isObject(answer) ? answer : {}));

interface Asking {
  readonly role: Role;
  readonly question: Question;
  readonly flags: NodeFlags;
}

const ask = (
  cli: Cli,
  { role, question, flags: { config: told, json } }: Asking,
): ResultAsync<void, CliError> =>
  configuredOf(cli, role, told)
    .andThen(({ config }) => askPart(config, question.method))
    .map((answer) => {
      const shown = question.part?.(answer) ?? answer;
      printData(cli, shown, { json, lines: question.lines(shown) });
    });

const stop = (
  cli: Cli,
  role: Role,
  { config: told, json }: NodeFlags,
): ResultAsync<void, CliError> =>
  safeTry(async function* () {
    const { config } = yield* configuredOf(cli, role, told);
    const { pid } = yield* askPart(config, 'status');
    if (typeof pid !== 'number') return err<never, CliError>({ kind: 'malformed-reply' });
    // It may be quicker to end than to answer.
    yield* askPart(config, 'shutdown').orElse((error) =>
      error.kind === 'connection-lost' ? okAsync({}) : err(error),
    );
    if (!(await hasEnded(pid, nodeIo().clock, STOP_MS))) {
      return err<never, CliError>({ kind: 'still-running', pid });
    }
    printData(cli, { pid, ended: true }, { json, lines: [`process ${textOf(pid)} has ended`] });
    return ok(undefined);
  });
