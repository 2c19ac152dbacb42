/**
 * `--json-fd N`: what a command has to say to programs, one JSON object per line on a descriptor of
 * their choice. It works with every command, beside what people are shown.
 * @module
 */
import * as z from 'zod';
import type { Json } from '../../src/control/json.js';

export const jsonLine = z.discriminatedUnion('type', [
  /** What the command was asked for: one line for each thing of a list. */
  z.strictObject({ type: z.literal('data'), data: z.json() }),
  /** A program that stays has everything open. */
  z.strictObject({
    type: z.literal('ready'),
    pid: z.int(),
    addresses: z.array(z.string()),
  }),
  /** Progress, and what else people are told. */
  z.strictObject({ type: z.literal('told'), text: z.string() }),
  z.strictObject({ type: z.literal('error'), kind: z.string(), message: z.string() }),
  /** The last line: how the command ended. */
  z.strictObject({ type: z.literal('end'), code: z.int() }),
]);

export type JsonLine =
  | Exclude<z.output<typeof jsonLine>, { readonly type: 'data' }>
  | { readonly type: 'data'; readonly data: Json };

/** Takes lines; does nothing where nobody wants them. */
export type Emit = (line: JsonLine) => void;

const OPTION = '--json-fd';
const DESCRIPTOR = /^\d+$/;

/** The words of a command line without the option, and its value where it was given. */
export const withoutJsonFd = (
  words: readonly string[],
): { readonly words: readonly string[]; readonly descriptor: string | undefined } => {
  const end = words.indexOf('--');
  const at = words.findIndex((word) => word === OPTION || word.startsWith(`${OPTION}=`));
  if (at < 0 || (end >= 0 && at > end)) return { words, descriptor: undefined };
  const [word = '', next = ''] = words.slice(at, at + 2);
  const isApart = word === OPTION;
  return {
    words: [...words.slice(0, at), ...words.slice(at + (isApart ? 2 : 1))],
    descriptor: isApart ? next : word.slice(OPTION.length + 1),
  };
};

/** A descriptor as it is written; below 3 are the standard streams. */
export const descriptorOf = (text: string): number | undefined =>
  DESCRIPTOR.test(text) ? Number(text) : undefined;
