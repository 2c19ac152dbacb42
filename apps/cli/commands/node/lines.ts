/**
 * Answers of a running part as lines for people.
 * @module
 */
import { isObject, type Json, type JsonObject } from '../../../../src/control/json.js';
import { textOf } from '../../cli.js';

const listOf = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value.map((each: Json) => each) : [];

const factsOf = (value: Json | undefined): string =>
  Object.entries(isObject(value) ? value : {})
    .map(([name, fact]) => `${name} ${textOf(fact)}`)
    .join(', ');

/** A row of a table that has these columns, where it has them. */
const lineOf = (name: string, value: Json | undefined): readonly string[] =>
  isObject(value) ? [`${name}: ${factsOf(value)}`] : [];

export const statusLines = (status: JsonObject): readonly string[] => [
  `${textOf(status['role'])}: process ${textOf(status['pid'])}, epoch ${textOf(status['epoch'])}, ${placeText(status)}`,
  ...lineOf('descriptors', status['descriptors']),
  ...lineOf('queues', status['queues']),
  ...lineOf('mixing', status['mixing']),
  ...lineOf('connections', status['connections']),
  ...trialLines(status),
  ...listOf(status['health']).map(healthLine),
  ...lineOf('counters', status['counters']),
  ...restartLines(status),
];

/** An authority has the document, or not; a node goes by it, and stands in it, or not. */
const placeText = ({ inDocument, hasDocument, document }: JsonObject): string => {
  if (typeof hasDocument === 'boolean') return hasDocument ? 'has its document' : 'no document yet';
  if (document === 'stale') return 'the document is stale';
  if (document === 'missing') return 'no document';
  return inDocument === true ? 'in the document' : 'not in the document';
};

const healthLine = (health: Json): string => {
  if (!isObject(health)) return '';
  const { node, sent, returned, lost } = health;
  return `loops over ${textOf(node)}: ${textOf(sent)} sent, ${textOf(returned)} returned, ${textOf(lost)} lost`;
};

const trialLines = ({ onTrial }: JsonObject): readonly string[] => {
  const names = listOf(onTrial).map(textOf);
  return names.length === 0 ? [] : [`on trial, without a document: ${names.join(', ')}`];
};

const restartLines = ({ needsRestart }: JsonObject): readonly string[] => {
  const keys = listOf(needsRestart).map(textOf);
  return keys.length === 0 ? [] : [`a restart is needed for ${keys.join(', ')}`];
};

export const queueLines = (queue: JsonObject): readonly string[] =>
  Object.entries(queue).map(([stage, packets]) => `${stage} ${textOf(packets)}`);

export const republishLines = ({ epochs }: JsonObject): readonly string[] => [
  `descriptors of epochs ${listOf(epochs).map(textOf).join(', ')} go out again`,
];

export const reloadLines = (outcome: JsonObject): readonly string[] => {
  const changed = listOf(outcome['changed']).map(textOf);
  const first = changed.length === 0 ? 'nothing has changed' : `in effect: ${changed.join(', ')}`;
  return [first, ...restartLines(outcome)];
};

export const statsLines = ({ fromMs, toMs, observedMs, counts }: JsonObject): readonly string[] => [
  `From ${timeOf(fromMs)} to ${timeOf(toMs)}, of which ${minutesOf(observedMs)} min were observed:`,
  ...Object.entries(isObject(counts) ? counts : {}).map(
    ([event, told]) => `  ${event}: ${textOf(told)}`,
  ),
];

const timeOf = (ms: Json | undefined): string => new Date(Number(ms)).toISOString();

const minutesOf = (ms: Json | undefined): number => Math.round(Number(ms) / 60_000);
