/**
 * One process of a plug-in: started, asked, and started again when it ends, hangs or was never
 * ready.
 *
 * Source: the reference's cborplugin client, which starts nothing again.
 * @module
 */
import { errAsync, type ResultAsync } from 'neverthrow';
import { fromUtf8 } from '../../../src/bytes/text.js';
import { concatAll } from '../../../src/bytes/writer.js';
import { LATE, within } from '../../../src/control/within.js';
import { onAbort } from '../../../src/io/abort.js';
import type { ChildProcess, HttpAskError } from '../../../src/io/contracts.js';
import { startDeadline } from '../../node/deadline.js';
import { PAGES } from './messages.js';
import type { PluginOptions, PluginWorld } from './options.js';

/** `down`: no process, or one that does not listen; `late`: it took too long, and is ended. */
export type ProcessFailure = Exclude<HttpAskError, 'aborted'> | 'down' | 'late';

/** Most bytes of what a process publishes of itself. */
const LONGEST_PARAMETERS = 4096;
/** Most bytes of the line that tells the socket. */
const LONGEST_LINE = 4096;
const LF = 0x0a;

/** One run of the program. */
interface Run {
  /** `unix:/path`. */
  readonly address: string;
  /** Ends it, to be started again. */
  readonly condemn: () => void;
}

export class PluginProcess {
  readonly #world: PluginWorld;
  readonly #options: PluginOptions;
  readonly #changed: () => void;
  #run: Run | undefined;

  /** @param changed - called when it became ready, or ended */
  constructor(world: PluginWorld, options: PluginOptions, changed: () => void) {
    this.#world = world;
    this.#options = options;
    this.#changed = changed;
  }

  get isUp(): boolean {
    return this.#run !== undefined;
  }

  /** Keeps the program running until `signal` is aborted; nothing of it is left then. */
  async run(signal: AbortSignal): Promise<void> {
    const { io, limits, count } = this.#world;
    let pauseMs = limits.pauseMs;
    for (;;) {
      const wasReady = await this.#runOnce(signal);
      if (isOver(signal)) return;
      count(wasReady ? 'plugin.ended' : 'plugin.not-ready');
      const { capability } = this.#options;
      io.log.write('warning', 'plugin', 'a process has ended', { capability, wasReady, pauseMs });
      await io.clock.sleep(pauseMs, signal);
      if (isOver(signal)) return;
      pauseMs = Math.min(wasReady ? limits.pauseMs : pauseMs * 2, limits.longestPauseMs);
    }
  }

  /** Asks for an answer to an encoded request. */
  request(body: Uint8Array): ResultAsync<Uint8Array, ProcessFailure> {
    return this.#ask(PAGES.request, body, this.#world.longestAnswer);
  }

  /** Asks what it wants to be published of it. */
  parameters(): ResultAsync<Uint8Array, ProcessFailure> {
    return this.#ask(PAGES.parameters, new Uint8Array(0), LONGEST_PARAMETERS);
  }

  #ask(path: string, body: Uint8Array, maxAnswer: number): ResultAsync<Uint8Array, ProcessFailure> {
    const run = this.#run;
    if (run === undefined) return errAsync('down');
    const { io, http, limits } = this.#world;
    const deadline = startDeadline(io.clock, limits.answerMs, new AbortController().signal);
    const asked = io.network
      .dial(run.address, deadline.signal)
      .mapErr((): ProcessFailure => (deadline.signal.aborted ? 'late' : 'down'))
      .andThen((duplex) =>
        http
          .ask(duplex, { path, body, maxAnswer }, deadline.signal)
          .mapErr((error): ProcessFailure => (error === 'aborted' ? 'late' : error)),
      );
    return asked
      .andTee(() => deadline.clear())
      .orTee((failure) => {
        deadline.clear();
        // It is still at it: whatever is asked of it next would wait behind.
        if (failure !== 'late') return;
        this.#world.count('plugin.hung');
        run.condemn();
      });
  }

  /** @returns whether it was ever ready */
  async #runOnce(signal: AbortSignal): Promise<boolean> {
    const { processes, count } = this.#world;
    const { command, config } = this.#options;
    const child = processes.start(
      command,
      Object.entries(config).flatMap(([name, value]) => [`-${name}`, value]),
    );
    count('plugin.started');
    void this.#hear(child);
    const output = child.output[Symbol.asyncIterator]();
    const address = await this.#address(child, output, signal);
    if (address !== undefined) {
      void drain(output);
      await this.#serve(child, address, signal);
    }
    await this.#end(child);
    return address !== undefined;
  }

  /** Where it listens, by the first line that it prints; in time, or not at all. */
  async #address(
    { gone }: ChildProcess,
    output: AsyncIterator<Uint8Array>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { io, limits } = this.#world;
    const deadline = startDeadline(io.clock, limits.startMs, signal);
    const given = await Promise.race([
      firstLine(output),
      gone.then(() => undefined),
      aborted(deadline.signal),
    ]);
    deadline.clear();
    const path = given?.trim();
    return path?.startsWith('/') === true ? `unix:${path}` : undefined;
  }

  async #serve({ gone }: ChildProcess, address: string, signal: AbortSignal): Promise<void> {
    const condemned = new AbortController();
    const condemn = (): void => {
      this.#run = undefined;
      condemned.abort();
    };
    this.#run = { address, condemn };
    this.#changed();
    await Promise.race([gone, aborted(signal), aborted(condemned.signal)]);
    this.#run = undefined;
    this.#changed();
  }

  /** In good order where it can be had. */
  async #end(child: ChildProcess): Promise<void> {
    const { io, limits } = this.#world;
    child.terminate();
    if ((await within(io.clock, limits.graceMs, child.gone)) !== LATE) return;
    child.kill();
    await child.gone;
  }

  /** What it complains of may name people: only that it does is told. */
  async #hear({ complaints }: ChildProcess): Promise<void> {
    const { capability } = this.#options;
    for await (const { length } of complaints) {
      this.#world.io.log.write('debug', 'plugin', 'a complaint', { capability, bytes: length });
    }
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    onAbort(signal, () => resolve(undefined));
  });

/** `undefined` when the line is too long, or there is none. */
const firstLine = async (output: AsyncIterator<Uint8Array>): Promise<string | undefined> => {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const next = await output.next();
    if (next.done === true) return undefined;
    pieces.push(next.value);
    const read = concatAll(pieces);
    const end = read.indexOf(LF);
    if (end >= 0) return end > LONGEST_LINE ? undefined : fromUtf8(read.subarray(0, end));
    if (read.length > LONGEST_LINE) return undefined;
  }
};

/** Nobody reads on: but whoever prints more must not wait for it. */
const drain = async (output: AsyncIterator<Uint8Array>): Promise<void> => {
  while ((await output.next()).done !== true);
};
