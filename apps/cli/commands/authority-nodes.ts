/**
 * `postern node authority pending|approve|reject|nodes`: which nodes a running authority lists.
 * @module
 */
import type { Command } from 'commander';
import type { ResultAsync } from 'neverthrow';
import { isObject, type Json, type JsonObject } from '../../../src/control/json.js';
import { finishWith, printData, textOf, type Cli } from '../cli.js';
import type { CliError } from '../errors.js';
import { callPart } from './node/ask.js';
import { configuredOf } from './node/config.js';

interface AskOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** What is asked, and how the answer is told. */
interface Question {
  readonly method: string;
  readonly params: JsonObject;
  readonly lines: (answer: readonly JsonObject[]) => readonly string[];
}

export const addAuthorityNodes = (authority: Command, cli: Cli): void => {
  withOptions(authority.command('pending'))
    .description('list the nodes that wait to be listed')
    .action((options: AskOptions) => ask(cli, options, PENDING));
  withOptions(authority.command('nodes'))
    .description('list the nodes of the network, and how present they are')
    .action((options: AskOptions) => ask(cli, options, NODES));
  withOptions(authority.command('approve <id>'))
    .description('let a waiting node in')
    .action((id: string, options: AskOptions) => ask(cli, options, approval(id)));
  withOptions(authority.command('reject <id>'))
    .description('turn a waiting node away, or one that was approved')
    .action((id: string, options: AskOptions) => ask(cli, options, rejection(id)));
};

const withOptions = (command: Command): Command =>
  command.option('-f, --config <file>', 'configuration file').option('--json', 'print JSON');

const ask = (cli: Cli, options: AskOptions, question: Question): Promise<void> =>
  finishWith(
    cli,
    call(cli, options, question).map((answer) => {
      const nodes = objectsIn(answer);
      const data = isObject(answer) ? answer : nodes;
      return printData(cli, data, { json: options.json, lines: question.lines(nodes) });
    }),
  );

const call = (
  cli: Cli,
  { config: told }: AskOptions,
  { method, params }: Question,
): ResultAsync<Json, CliError> =>
  configuredOf(cli, 'authority', told).andThen(({ config }) => callPart(config, method, params));

/** The nodes that an answer tells of: a list, or one. */
const objectsIn = (answer: Json): readonly JsonObject[] =>
  [answer].flat().filter((each: Json) => isObject(each));

const PENDING: Question = {
  method: 'pending',
  params: {},
  lines: (nodes) => (nodes.length === 0 ? ['no node waits'] : nodes.map(waitingLine)),
};

const NODES: Question = { method: 'nodes', params: {}, lines: (nodes) => nodes.map(listedLine) };

const approval = (node: string): Question => ({
  method: 'approve',
  params: { node },
  lines: (nodes) =>
    nodes.map(
      ({ kind, name }) => `${textOf(kind)} ${textOf(name)} is listed from its next post on`,
    ),
});

const rejection = (node: string): Question => ({
  method: 'reject',
  params: { node },
  lines: () => ['rejected: no document made from now on has it'],
});

const waitingLine = ({ id, kind, name, state, addresses, firstMs }: JsonObject): string => {
  const where = Array.isArray(addresses) ? addresses.map((each: Json) => textOf(each)) : [];
  const [who, since] = [`${textOf(kind)} ${textOf(name)}`, timeText(firstMs)];
  return `${textOf(id)}  ${who}, ${textOf(state)}, since ${since}, ${where.join(' ')}`;
};

const listedLine = (node: JsonObject): string => {
  const { id, kind, name, origin, missing, sinceMs, attended, outOf, missedInRow } = node;
  const who = `${textOf(kind)} ${name === null ? '(no name yet)' : textOf(name)}`;
  const presence =
    sinceMs === null
      ? ['has never posted']
      : [
          `since ${timeText(sinceMs)}`,
          `in ${textOf(attended)} of the last ${textOf(outOf)} epochs`,
          ...(missing === true ? [`missing for ${textOf(missedInRow)}`] : []),
        ];
  return `${textOf(id)}  ${[who, textOf(origin), ...presence].join(', ')}`;
};

const timeText = (ms: Json | undefined): string =>
  typeof ms === 'number' ? new Date(ms).toISOString() : 'never';
