/** A test network of processes that a test starts itself, ends one by one, and starts again. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { askObject, sayVerb } from '../../apps/testnet/ask.js';
import {
  configFileOf,
  outputFileOf,
  type PartPlan,
  socketOf,
  type TestnetPace,
  type TestnetPlan,
  type UserPlan,
} from '../../apps/testnet/plan.js';
import { prepareTestnet } from '../../apps/testnet/prepare.js';
import { isOurs, type Started } from '../../apps/testnet/processes.js';
import { answering, awaitAll, connected, linked, registerUsers } from '../../apps/testnet/ready.js';
import { settleProcesses } from '../../apps/testnet/settle.js';
import type { JsonObject } from '../../src/control/json.js';
import type { Io } from '../../src/io/contracts.js';
import { memoryLog } from '../../src/io/memory.js';
import { nodeIo } from '../../src/io/node.js';
import { type Ended, postern, program } from './program.js';

/** A mail takes a second or so: whatever happens meets it everywhere on its way. */
export const PACE = { mu: 80, lambdaP: 120, lambdaL: 5000, lambdaD: 20_000, epoch: 1_200_000 };
/** A letter of the tests has two blocks of this size. */
const PAYLOAD = 2048;
const NO_FAULTS = { loss: 0, duplicate: 0, reorderMs: 0 };
const LOOK_MS = 10;

export type Place = PartPlan | UserPlan;

const isPart = (place: Place): place is PartPlan => 'role' in place;

/** Lays out a network in an empty directory: keys and configuration files; nothing runs. */
export const prepareNetwork = async (
  directory: string,
  pace: TestnetPace = PACE,
): Promise<ProcessNetwork> => {
  const options = { directory, pace, faults: NO_FAULTS, payload: PAYLOAD };
  const prepared = await prepareTestnet({ kind: 'processes', ...options }, testIo());
  return new ProcessNetwork(prepared._unsafeUnwrap());
};

const testIo = (): Io => ({ ...nodeIo(), log: memoryLog() });

export class ProcessNetwork {
  readonly plan: TestnetPlan;
  readonly io: Io = testIo();
  readonly #places: Place[];
  /** Each place's last process. */
  readonly #started = new Map<string, Started>();

  constructor(plan: TestnetPlan) {
    this.plan = plan;
    this.#places = [...plan.parts, ...plan.users];
  }

  /** Mixes and providers. */
  get nodes(): readonly PartPlan[] {
    return this.#places.filter(isPart).filter(({ role }) => role !== 'authority');
  }

  /** Adds a part that the plan has not; its configuration is the caller's. */
  add(part: PartPlan): void {
    this.#places.push(part);
  }

  user(name: string): UserPlan {
    return named(this.plan.users, name);
  }

  part(name: string): PartPlan {
    return named(this.#places.filter(isPart), name);
  }

  pid(name: string): number | undefined {
    return this.#started.get(name)?.pid;
  }

  /** Changes a configuration file; whoever runs by it does not notice. */
  async configure(name: string, edit: (text: string) => string): Promise<void> {
    const file = configFileOf(this.#placeOf(name));
    await writeFile(file, edit(await readFile(file, 'utf8')));
  }

  /** Starts everybody, and waits until mail can flow; where it cannot, nobody is left running. */
  async up(): Promise<void> {
    await this.#startAll().catch(async (error: unknown) => {
      await this.down();
      throw error;
    });
  }

  async #startAll(): Promise<void> {
    const { io, plan, nodes } = this;
    const of = (name: string): Started | undefined => this.#started.get(name);
    for (const { name } of this.#places.filter(isPart)) this.launch(name);
    const answers = nodes.map((part) => answering(io, part, of(part.name)));
    must(await awaitAll(io, 'start of the nodes', answers));
    must(await registerUsers(plan, io));
    for (const { name } of plan.users) this.launch(name);
    must(
      await awaitAll(io, 'connections', [
        ...nodes.map((part) => linked(io, part, of(part.name))),
        ...plan.users.map((user) => connected(io, user, of(user.name))),
      ]),
    );
  }

  /** Ends a process without a word. @returns whether there was one */
  async kill(name: string): Promise<boolean> {
    const { directory } = this.#placeOf(name);
    const pid = this.pid(name);
    if (pid === undefined || !isOurs(pid, directory)) return false;
    process.kill(pid, 'SIGKILL');
    while (isOurs(pid, directory)) await this.io.clock.sleep(LOOK_MS);
    return true;
  }

  /** Starts a process, and does not wait for it. */
  launch(name: string): void {
    this.#started.set(name, startProcess(this.#placeOf(name)));
  }

  /** Starts what was ended; a node is waited for. @returns whether it takes part */
  async start(name: string): Promise<boolean> {
    const place = this.#placeOf(name);
    this.launch(name);
    if (!isPart(place)) return true;
    return place.role === 'authority' ? this.answers(name) : this.#awaits(linked, place);
  }

  /** Waits until a part answers on its control socket. @returns false when it does not */
  answers(name: string): Promise<boolean> {
    return this.#awaits(answering, this.part(name));
  }

  /** `postern node ROLE VERB -f FILE ...`, as the operator of a part says it. */
  verb(name: string, verb: string, ...words: readonly string[]): Promise<Ended> {
    const part = this.part(name);
    return postern('node', part.role, verb, '-f', configFileOf(part), ...words);
  }

  /** What a part or a daemon says of itself; undefined where it does not answer. */
  status(name: string): Promise<JsonObject | undefined> {
    return askObject(this.io.network, socketOf(this.#placeOf(name)), 'status').unwrapOr(undefined);
  }

  /** Says a command on a user's management socket. @returns whether somebody has answered */
  async say(name: string, command: string): Promise<boolean> {
    return (await sayVerb(this.io.network, socketOf(this.user(name)), command)).isOk();
  }

  /**
   * Waits until no mail is underway.
   *
   * @param blind - parts that are not asked
   * @returns what is left when it takes too long
   */
  settle(limitMs: number, blind: readonly string[] = []): Promise<string | undefined> {
    const parts = this.plan.parts.filter(({ name }) => !blind.includes(name));
    return settleProcesses({ ...this.plan, parts }, this.io, limitMs).match(
      () => undefined,
      (error) => JSON.stringify(error),
    );
  }

  async down(): Promise<void> {
    for (const { name } of this.#places) await this.kill(name);
  }

  async #awaits(what: typeof linked, part: PartPlan): Promise<boolean> {
    const { io } = this;
    return (await awaitAll(io, 'start', [what(io, part, this.#started.get(part.name))])).isOk();
  }

  #placeOf(name: string): Place {
    return named(this.#places, name);
  }
}

/** Where nothing can be tested without it. */
const must = (result: { readonly isOk: () => boolean }): void => {
  if (!result.isOk()) throw new Error(`the network did not come up: ${JSON.stringify(result)}`);
};

const named = <T extends Place>(places: readonly T[], name: string): T => {
  const found = places.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`nobody is called ${name}`);
  return found;
};

const startProcess = (place: Place): Started => {
  const words = isPart(place) ? ['node', place.role, 'start'] : ['daemon'];
  const output = openSync(outputFileOf(place), 'a');
  const child = spawn(process.execPath, [program, ...words, '-f', configFileOf(place)], {
    stdio: ['ignore', output, output],
    cwd: place.directory,
  });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${place.name} does not start`);
  return { pid, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
};
