/**
 * The management dialogue: one command per line, answered by a numbered line.
 *
 * It is what the reference's programs speak on their management sockets, down to its oddities: a
 * block of lines ended by a dot has no status line before it, arguments are parted by single spaces
 * and `SHUTDOWN` gets no answer. The verb `JSON` turns the connection over to JSON-RPC.
 * @module
 */
import { fromUtf8, utf8 } from '../bytes/text.js';
import type { Clock, Duplex } from '../io/contracts.js';
import type { Count } from './counts.js';
import { speakJsonRpc } from './json-rpc.js';
import { Lines } from './lines.js';
import type { RpcMethods } from './method.js';

/** Most bytes of a command; the reference's verbs need far less. */
const COMMAND_LIMIT = 4096;

/** A management script may sit and wait; a forgotten connection costs next to nothing. */
const IDLE_MS = 24 * 60 * 60 * 1000;

/** So many commands that are no commands end the connection. */
const BAD_COMMANDS_MAX = 100;

export type VerbReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'data'; readonly text: string }
  | { readonly kind: 'block'; readonly lines: readonly string[] }
  | { readonly kind: 'bad-arguments' }
  | { readonly kind: 'failed' };

/** One verb; `run` sees the arguments only when there are as many as `words` allows. */
export interface Verb {
  /** Least and most arguments. */
  readonly words: readonly [least: number, most: number];
  readonly run: (words: readonly string[]) => VerbReply | Promise<VerbReply>;
}

/** Verbs by their upper-case names. */
export type VerbTable = Readonly<Record<string, Verb>>;

export interface DialogueOptions {
  readonly clock: Clock;
  /** Who is ready, such as `Katzenpost Mailproxy`. */
  readonly greeting: string;
  readonly verbs: VerbTable;
  /** What `JSON` switches to. */
  readonly methods: RpcMethods;
  /** Told of what peers do wrong; without it nobody counts. */
  readonly count?: Count;
  /** Starts the end of the whole program; without it there is no verb `SHUTDOWN`. */
  readonly shutdown?: (() => void) | undefined;
}

export const DONE: VerbReply = { kind: 'done' };
export const BAD_ARGUMENTS: VerbReply = { kind: 'bad-arguments' };
export const FAILED: VerbReply = { kind: 'failed' };

type Command =
  | { readonly kind: 'quit' }
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'json' }
  | { readonly kind: 'verb'; readonly verb: Verb; readonly words: readonly string[] }
  | { readonly kind: 'unknown' };

/** Holds the dialogue with one peer until it quits, leaves or `signal` is aborted. */
export const holdDialogue = async (
  options: DialogueOptions,
  duplex: Duplex,
  signal: AbortSignal,
): Promise<void> => {
  const patience = { clock: options.clock, idleMs: IDLE_MS };
  const lines = new Lines({ duplex, patience, signal });
  await say(lines, `220 ${options.greeting} Management Interface Service ready`);
  await converse(options, lines, signal);
  await lines.close();
};

const converse = async (
  options: DialogueOptions,
  lines: Lines,
  signal: AbortSignal,
): Promise<void> => {
  for (let bad = 0; bad < BAD_COMMANDS_MAX;) {
    const event = await lines.next(COMMAND_LIMIT);
    if (event.kind === 'idle') options.count?.('slow');
    if (event.kind === 'end') options.count?.('left');
    if (event.kind !== 'line' && event.kind !== 'too-long') return;
    const command = event.kind === 'line' ? readCommand(options, fromUtf8(event.bytes)) : UNKNOWN;
    if (command.kind === 'json') return switchToJson(options, lines, signal);
    if (command.kind === 'unknown') {
      bad++;
      options.count?.('garbage');
    }
    if (!(await obey(options, lines, command))) return;
  }
};

const switchToJson = async (
  options: DialogueOptions,
  lines: Lines,
  signal: AbortSignal,
): Promise<void> => {
  if (await say(lines, '250 JSON-RPC 2.0')) await speakJsonRpc(lines, options, signal);
};

const UNKNOWN: Command = { kind: 'unknown' };

const readCommand = (options: DialogueOptions, line: string): Command => {
  const [name = '', ...words] = line.trim().split(' ');
  const upper = name.toUpperCase();
  if (upper === 'QUIT') return { kind: 'quit' };
  if (upper === 'JSON' && words.length === 0) return { kind: 'json' };
  if (upper === 'SHUTDOWN' && options.shutdown !== undefined) return { kind: 'shutdown' };
  const verb = Object.hasOwn(options.verbs, upper) ? options.verbs[upper] : undefined;
  return verb === undefined ? UNKNOWN : { kind: 'verb', verb, words };
};

/** Whether the dialogue goes on. */
const obey = async (options: DialogueOptions, lines: Lines, command: Command): Promise<boolean> => {
  switch (command.kind) {
    case 'quit':
      await say(lines, sentence(DONE));
      return false;
    case 'shutdown':
      options.shutdown?.();
      // No reply: the connection closes as the program ends.
      await silence(lines);
      return false;
    case 'verb':
      return say(lines, sentence(await run(command.verb, command.words)));
    case 'json':
    case 'unknown':
      return say(lines, '500 Syntax error, command unrecognised');
  }
};

const run = (verb: Verb, words: readonly string[]): VerbReply | Promise<VerbReply> => {
  const [least, most] = verb.words;
  const fits = words.length >= least && words.length <= most;
  return fits && !words.includes('') ? verb.run(words) : BAD_ARGUMENTS;
};

const silence = async (lines: Lines): Promise<void> => {
  for (;;) {
    const { kind } = await lines.next(COMMAND_LIMIT);
    if (kind === 'end' || kind === 'aborted' || kind === 'idle') return;
  }
};

const sentence = (reply: VerbReply): string => {
  switch (reply.kind) {
    case 'done':
      return '250 Requested action ok, completed';
    case 'data':
      return `250 ${reply.text}`;
    case 'block':
      return [...reply.lines.map(stuffed), '.'].join('\r\n');
    case 'bad-arguments':
      return '501 Syntax error in parameters or arguments';
    case 'failed':
      return '554 Transaction failed';
  }
};

const stuffed = (line: string): string => (line.startsWith('.') ? `.${line}` : line);

const say = (lines: Lines, text: string): Promise<boolean> => lines.write(utf8(`${text}\r\n`));
