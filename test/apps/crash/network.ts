/** A test network of processes that a test kills and starts again, one by one. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { sayVerb } from '../../../apps/testnet/ask.js';
import {
  configFileOf,
  outputFileOf,
  type PartPlan,
  socketOf,
  type TestnetPlan,
  type UserPlan,
} from '../../../apps/testnet/plan.js';
import { loadPlan } from '../../../apps/testnet/prepare.js';
import { isOurs, runningPid } from '../../../apps/testnet/processes.js';
import { awaitAll, linked } from '../../../apps/testnet/ready.js';
import { settleProcesses } from '../../../apps/testnet/settle.js';
import type { Io } from '../../../src/io/contracts.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeIo } from '../../../src/io/node.js';
import { postern, program } from '../program.js';

/** A mail takes a second or so: kills meet it everywhere on its way. */
const PACE = ['--lambda-p', '120ms', '--mu', '80ms', '--lambda-l', '5s', '--lambda-d', '20s'];
const PAYLOAD = ['--payload', '2KB'];
/** What was lost is sent again soon, so that it meets the next kill. */
const SETTINGS = 'RetransmitSlack = 3';
const LOOK_MS = 10;

type Place = PartPlan | UserPlan;

/**
 * Starts a network in an empty directory.
 *
 * @param discoverer - name of a user whose daemon knows nobody, and asks for keys
 */
export const startCrashNetwork = async (
  directory: string,
  discoverer: string,
): Promise<CrashNetwork> => {
  const { code, err } = await postern('testnet', 'up', '--dir', directory, ...PACE, ...PAYLOAD);
  if (code !== 0) throw new Error(`the network did not come up: ${err}`);
  const network = new CrashNetwork((await loadPlan(directory))._unsafeUnwrap());
  for (const user of network.plan.users) {
    await configure(user, user.name === discoverer);
    await network.kill(user.name);
    await network.start(user.name);
  }
  return network;
};

/** A daemon that discovers knows nobody, and may ask for keys. */
const configure = async (user: UserPlan, discovers: boolean): Promise<void> => {
  const file = configFileOf(user);
  const config = `${await readFile(file, 'utf8')}\n[Debug]\n${SETTINGS}\n`;
  const account = `User = "${user.user}"`;
  const discovering = config
    .replace(/^\[Recipients\]\n(?:".*\n)*/m, '')
    .replace(account, `${account}\nInsecureKeyDiscovery = true`);
  await writeFile(file, discovers ? discovering : config);
};

export class CrashNetwork {
  readonly plan: TestnetPlan;
  readonly #io: Io = { ...nodeIo(), log: memoryLog() };
  /** Process ids of what we started ourselves. */
  readonly #started = new Map<string, number>();

  constructor(plan: TestnetPlan) {
    this.plan = plan;
  }

  user(name: string): UserPlan {
    return named(this.plan.users, name);
  }

  /** Ends a process without a word. @returns whether there was one */
  async kill(name: string): Promise<boolean> {
    const place = this.#placeOf(name);
    const pid = this.#started.get(name) ?? runningPid(place);
    if (pid === undefined || !isOurs(pid, place.directory)) return false;
    process.kill(pid, 'SIGKILL');
    while (isOurs(pid, place.directory)) await this.#io.clock.sleep(LOOK_MS);
    return true;
  }

  /** Starts what was killed; a node is waited for. @returns whether it takes part */
  async start(name: string): Promise<boolean> {
    const place = this.#placeOf(name);
    this.#started.set(name, startProcess(place));
    if (!('role' in place)) return true;
    return (await awaitAll(this.#io, 'start', [linked(this.#io, place)])).isOk();
  }

  /** Says a command on a user's management socket. @returns whether somebody has answered */
  async say(name: string, command: string): Promise<boolean> {
    return (await sayVerb(this.#io.network, socketOf(this.user(name)), command)).isOk();
  }

  /** Waits until no mail is underway. @returns what is left when it takes too long */
  settle(limitMs: number): Promise<string | undefined> {
    return settleProcesses(this.plan, this.#io, limitMs).match(
      () => undefined,
      (error) => JSON.stringify(error),
    );
  }

  async down(): Promise<void> {
    for (const name of this.#started.keys()) await this.kill(name);
    await postern('testnet', 'down', '--dir', this.plan.directory);
  }

  #placeOf(name: string): Place {
    return named<Place>([...this.plan.parts, ...this.plan.users], name);
  }
}

const named = <T extends Place>(places: readonly T[], name: string): T => {
  const found = places.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`nobody is called ${name}`);
  return found;
};

const startProcess = (place: Place): number => {
  const words = 'role' in place ? ['node', place.role, 'run'] : ['daemon'];
  const output = openSync(outputFileOf(place), 'a');
  const child = spawn(process.execPath, [program, ...words, '-f', configFileOf(place)], {
    stdio: ['ignore', output, output],
    cwd: place.directory,
  });
  closeSync(output);
  if (child.pid === undefined) throw new Error(`${place.name} does not start`);
  return child.pid;
};
