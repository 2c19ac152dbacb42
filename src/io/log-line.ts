/**
 * Log lines: `HH:MM:SS.mmm LEVL module: message key=value`, with identifiers as keyed hashes.
 *
 * Whoever reads a log can follow one name through it and learns nothing else: the key of the hash
 * is random, lives in memory only and differs from process to process.
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex, utf8 } from '../bytes/text.js';
import type { Identifier, Log, LogFacts, LogLevel } from './contracts.js';

export interface LogLineOptions {
  /** What is less grave is left out; default `notice`. */
  readonly level?: LogLevel;
  /** Key of the identifiers' hash. */
  readonly secret: Uint8Array;
  /** Prints identifiers as they are. */
  readonly unsafeDebug?: boolean;
  /** Ms since midnight, in the zone that the reader lives in. */
  readonly timeOfDayMs: () => number;
  /** Takes a line without its line feed. */
  readonly write: (line: string) => void;
}

const LEVELS: readonly LogLevel[] = ['error', 'warning', 'notice', 'info', 'debug'];
/** 8 hex digits: enough to tell names apart, too few to be worth a table. */
const SHOWN_HASH_BYTES = 4;
const TAG_LENGTH = 4;
const DAY_MS = 86_400_000;
/** Values that cannot be mistaken for anything else stand without quotes. */
const PLAIN = /^[^\s"=\p{C}]+$/u;
const CONTROL = /[\p{C}\u2028\u2029]/gu;

/** `HH:MM:SS.mmm`. */
const formatTime = (timeOfDayMs: number): string => {
  const ms = ((Math.floor(timeOfDayMs) % DAY_MS) + DAY_MS) % DAY_MS;
  const part = (value: number, width = 2): string => String(value).padStart(width, '0');
  const [hours, minutes, seconds] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60];
  const clock = [hours, minutes, seconds].map((value) => part(Math.floor(value))).join(':');
  return `${clock}.${part(ms % 1000, 3)}`;
};

const quoted = (text: string): string =>
  PLAIN.test(text) ? text : JSON.stringify(text.replace(CONTROL, '?'));

const identifierText = ({ identifier }: Identifier, options: LogLineOptions): string => {
  if (options.unsafeDebug === true) {
    return typeof identifier === 'string' ? quoted(identifier) : toHex(identifier);
  }
  const bytes = typeof identifier === 'string' ? utf8(identifier) : identifier;
  return toHex(hmac(sha256, options.secret, bytes).subarray(0, SHOWN_HASH_BYTES));
};

const factText = (fact: NonNullable<LogFacts[string]>, options: LogLineOptions): string => {
  if (typeof fact === 'object') return identifierText(fact, options);
  return typeof fact === 'string' ? quoted(fact) : String(fact);
};

const factsText = (facts: LogFacts, options: LogLineOptions): string =>
  Object.entries(facts)
    .flatMap(([key, fact]) => (fact === undefined ? [] : ` ${key}=${factText(fact, options)}`))
    .join('');

/** A log that formats lines and hands them to `write`. */
export const lineLog = (options: LogLineOptions): Log => {
  const gravest = LEVELS.indexOf(options.level ?? 'notice');
  return {
    write: (level, module, message, facts = {}) => {
      if (LEVELS.indexOf(level) > gravest) return;
      const time = formatTime(options.timeOfDayMs());
      const tag = level.slice(0, TAG_LENGTH).toUpperCase();
      const text = message.replace(CONTROL, '?');
      options.write(`${time} ${tag} ${module}: ${text}${factsText(facts, options)}`);
    },
  };
};
