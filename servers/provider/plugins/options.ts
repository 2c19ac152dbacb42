/**
 * How a provider is told of its plug-ins, and the limits that they run under.
 * @module
 */
import type { Http, Io, Processes } from '../../../src/io/contracts.js';

const LONGEST_ENDPOINT = 64;
/** What the local part of an address may be (RFC 5322), in lower case. */
const ENDPOINT = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** A program that answers requests for the provider. */
export interface PluginOptions {
  /** Name in the descriptor; no other service may have it. */
  readonly capability: string;
  /** Recipient of its requests, 1 to 64 bytes, lower case; no other service may have it. */
  readonly endpoint: string;
  /** The program, by its path or its name. */
  readonly command: string;
  /** Handed to it as `-key value`, in this order. */
  readonly config: Readonly<Record<string, string>>;
  /** Processes to start; each answers one request at a time. 0: the service is switched off. */
  readonly maxConcurrency: number;
}

/** Local limits; times in ms. */
export interface PluginLimits {
  /** Until a process must have printed its socket. */
  readonly startMs: number;
  /** Of one request; a process that takes longer is started anew. */
  readonly answerMs: number;
  /** Between asking a process to end and ending it. */
  readonly graceMs: number;
  /** Pause before a process is started again; doubled each time up to the longest. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** Requests that wait for a free process. */
  readonly queue: number;
}

export const DEFAULT_PLUGIN_LIMITS: PluginLimits = {
  startMs: 10_000,
  answerMs: 5_000,
  graceMs: 3_000,
  pauseMs: 1_000,
  longestPauseMs: 60_000,
  queue: 32,
};

/** What plug-ins need of the world. */
export interface PluginWorld {
  readonly io: Pick<Io, 'clock' | 'network' | 'log'>;
  readonly http: Http;
  readonly processes: Processes;
  readonly limits: PluginLimits;
  readonly count: (event: string, by?: number) => void;
  /** Most bytes of an answer. */
  readonly longestAnswer: number;
}

/** Whether requests can be addressed to it. */
export const isEndpoint = (text: string): boolean =>
  text.length <= LONGEST_ENDPOINT && ENDPOINT.test(text);
