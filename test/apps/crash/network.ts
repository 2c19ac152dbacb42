/** A test network of processes that a test kills and starts again, one by one. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  configFileOf,
  maildirOf,
  outputFileOf,
  socketOf,
  type PartPlan,
  type TestnetPlan,
  type UserPlan,
} from '../../../apps/testnet/plan.js';
import { sayVerb } from '../../../apps/testnet/ask.js';
import { loadPlan } from '../../../apps/testnet/prepare.js';
import { runningPid } from '../../../apps/testnet/processes.js';
import { awaitAll, connected, linked } from '../../../apps/testnet/ready.js';
import { settleProcesses } from '../../../apps/testnet/settle.js';
import type { Io } from '../../../src/io/contracts.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeIo } from '../../../src/io/node.js';
import { postern, program } from '../program.js';

/** A mail takes a second or so: kills meet it everywhere on its way. */
const PACE = ['--lambda-p', '200ms', '--mu', '80ms', '--lambda-l', '5s', '--lambda-d', '20s'];
const PAYLOAD = ['--payload', '2KB', '--poll', '100ms'];
const STOP_LOOK_MS = 10;

export interface CrashNetwork {
  readonly plan: TestnetPlan;
  user(name: string): UserPlan;
  /** Ends a process without a word. @returns whether there was one */
  kill(name: string): Promise<boolean>;
  /** Starts what was killed; a node is waited for until it takes part. */
  start(name: string): Promise<void>;
  /** Says a command on a user's management socket. @returns the answer's code */
  say(name: string, command: string): Promise<string | undefined>;
  /** Waits until no mail is underway. @returns what is left when it takes too long */
  settle(limitMs: number): Promise<string | undefined>;
  /** All mails that a user has been given. */
  mailsOf(name: string): Promise<readonly string[]>;
  /** How many these are. */
  countOf(name: string): Promise<number>;
  down(): Promise<void>;
}

/** Lets a daemon ask for keys that it does not know; it knows none by its configuration. */
const letDiscover = async (user: UserPlan): Promise<void> => {
  const file = configFileOf(user);
  const config = await readFile(file, 'utf8');
  const account = `User = "${user.user}"`;
  const without = config.replace(/^\[Recipients\]\n(?:".*\n)*/m, '');
  await writeFile(file, without.replace(account, `${account}\nInsecureKeyDiscovery = true`));
};

/**
 * Starts a network in an empty directory.
 *
 * @param discoverer - name of a user whose daemon asks for keys
 */
export const startCrashNetwork = async (
  directory: string,
  discoverer: string,
): Promise<CrashNetwork> => {
  const { code, err } = await postern('testnet', 'up', '--dir', directory, ...PACE, ...PAYLOAD);
  if (code !== 0) throw new Error(`the network did not come up: ${err}`);
  const io: Io = { ...nodeIo(), log: memoryLog() };
  const plan = (await loadPlan(directory))._unsafeUnwrap();
  const placeOf = (name: string): PartPlan | UserPlan => {
    const place = [...plan.parts, ...plan.users].find((each) => each.name === name);
    if (place === undefined) throw new RangeError(`no part ${name}`);
    return place;
  };
  const user = (name: string): UserPlan => {
    const found = plan.users.find((each) => each.name === name);
    if (found === undefined) throw new RangeError(`no user ${name}`);
    return found;
  };
  const started = new Map<string, number | undefined>();
  await letDiscover(user(discoverer));
  const newOf = (name: string): string => join(maildirOf(user(name)), 'new');
  return {
    plan,
    user,
    kill: (name) => killProcess(started.get(name) ?? runningPid(placeOf(name)), io),
    start: async (name) => {
      const place = placeOf(name);
      started.set(name, startProcess(place));
      if ('role' in place) await awaitAll(io, 'start', [linked(io, place)]);
    },
    say: (name, command) =>
      sayVerb(io.network, socketOf(user(name)), command).match(
        (answer) => answer.slice(0, 3),
        () => undefined,
      ),
    settle: async (limitMs) => {
      // A daemon that waits for its provider waits for up to two minutes.
      await awaitAll(
        io,
        'connections',
        plan.users.map((each) => connected(io, each)),
      );
      return (await settleProcesses(plan, io, limitMs)).match(
        () => undefined,
        (error) => JSON.stringify(error),
      );
    },
    mailsOf: async (name) => {
      const names = await readdir(newOf(name));
      return Promise.all(names.map((file) => readFile(join(newOf(name), file), 'latin1')));
    },
    countOf: async (name) => (await readdir(newOf(name))).length,
    down: async () => {
      await postern('testnet', 'down', '--dir', directory);
    },
  };
};

const killProcess = async (pid: number | undefined, { clock }: Io): Promise<boolean> => {
  if (pid === undefined || !isAlive(pid)) return false;
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await clock.sleep(STOP_LOOK_MS);
  return true;
};

/** A killed process stays in the table until its parent has heard of it. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const startProcess = (place: PartPlan | UserPlan): number | undefined => {
  const words = 'role' in place ? ['node', place.role, 'run'] : ['daemon'];
  const output = openSync(outputFileOf(place), 'a');
  const child = spawn(process.execPath, [program, ...words, '-f', configFileOf(place)], {
    stdio: ['ignore', output, output],
    cwd: place.directory,
  });
  closeSync(output);
  child.on('error', () => undefined);
  return child.pid;
};
