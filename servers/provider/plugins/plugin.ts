/**
 * A plug-in as a service: its processes share one bounded queue, and whatever goes wrong in them
 * costs the request at hand, which is dropped for a reason.
 * @module
 */
import { err, ok } from 'neverthrow';
import { onAbort } from '../../../src/io/abort.js';
import type { ServiceParameters } from '../../../src/pki/descriptor.js';
import { startDeadline } from '../../node/deadline.js';
import type { DropReason } from '../../node/drops.js';
import type { Service, ServiceAnswer, ServiceRequest } from '../services.js';
import { decodePluginAnswer, decodePluginParameters, encodePluginRequest } from './messages.js';
import type { PluginOptions, PluginWorld } from './options.js';
import { PluginProcess, type ProcessFailure } from './process.js';

const REASONS: Readonly<Record<ProcessFailure, DropReason>> = {
  down: 'service-down',
  late: 'service-timeout',
  ended: 'service-failed',
  malformed: 'service-garbage',
  'too-large': 'service-too-large',
};

/** Somebody who waits for a free process; gets none when all are down. */
type Turn = (process: PluginProcess | undefined) => void;

export class Plugin implements Service {
  readonly capability: string;
  readonly endpoint: string;
  /** The reference asks its plug-ins also when nobody waits for the answer. */
  readonly hearsAll = true;
  readonly #world: PluginWorld;
  readonly #processes: readonly PluginProcess[];
  readonly #busy = new Set<PluginProcess>();
  readonly #turns: Turn[] = [];
  readonly #firstUp: Promise<void>;
  #becameUp: () => void = () => undefined;
  #asked = 0;
  #published: ServiceParameters | undefined;

  constructor(world: PluginWorld, options: PluginOptions) {
    this.capability = options.capability;
    this.endpoint = options.endpoint;
    this.#world = world;
    this.#firstUp = new Promise((resolve) => (this.#becameUp = resolve));
    this.#processes = Array.from(
      { length: options.maxConcurrency },
      () => new PluginProcess(world, options, () => this.#serveTurns()),
    );
  }

  /** Keeps its processes running until `signal` is aborted; none is left then. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.run(signal)));
  }

  /** Resolves when a process is ready, or as late as one may be. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#processes.length === 0) return;
    const { io, limits } = this.#world;
    const deadline = startDeadline(io.clock, limits.startMs, signal);
    const late = new Promise<void>((resolve) => void onAbort(deadline.signal, () => resolve()));
    await Promise.race([this.#firstUp, late]);
    deadline.clear();
  }

  /** As it says now; as it said last while it says nothing. */
  async advertise(): Promise<ServiceParameters | undefined> {
    const up = this.#processes.filter(({ isUp }) => isUp);
    const process = up.find((each) => !this.#busy.has(each)) ?? up[0];
    const said = await process?.parameters().unwrapOr(undefined);
    const others = said && decodePluginParameters(said);
    if (others !== undefined) this.#published = { endpoint: this.endpoint, others };
    else if (process !== undefined) this.#world.count('plugin.bad-parameters');
    return this.#published;
  }

  async answer(request: ServiceRequest): Promise<ServiceAnswer> {
    if (this.#turns.length >= this.#world.limits.queue) return err('service-busy');
    const process = await this.#turn();
    if (process === undefined) return err('service-down');
    const answer =
      this.#world.io.clock.monotonic() > request.startByMs
        ? err('service-late' as const)
        : await this.#ask(process, request);
    this.#busy.delete(process);
    this.#serveTurns();
    return answer;
  }

  #ask(process: PluginProcess, { body, canReply }: ServiceRequest): Promise<ServiceAnswer> {
    const question = { id: this.#asked++, payload: body, hasSurb: canReply };
    return process.request(encodePluginRequest(question)).match(
      (bytes): ServiceAnswer => {
        const answer = decodePluginAnswer(bytes);
        if (answer === undefined) return err('service-garbage');
        return ok(answer.length === 0 ? undefined : answer);
      },
      (failure) => err(REASONS[failure]),
    );
  }

  #turn(): Promise<PluginProcess | undefined> {
    return new Promise((resolve) => {
      this.#turns.push(resolve);
      this.#serveTurns();
    });
  }

  /** Hands free processes to those who wait longest; nobody waits when all are down. */
  #serveTurns(): void {
    const up = this.#processes.filter(({ isUp }) => isUp);
    if (up.length > 0) this.#becameUp();
    const free = up.filter((process) => !this.#busy.has(process));
    for (const process of free) {
      const turn = this.#turns.shift();
      if (turn === undefined) return;
      this.#busy.add(process);
      turn(process);
    }
    if (up.length === 0) for (const turn of this.#turns.splice(0)) turn(undefined);
  }
}
