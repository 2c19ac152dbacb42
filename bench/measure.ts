/**
 * Measuring side by side: subjects take turns within each round, so that whatever else the machine
 * does meets all of them, and ratios stay when times do not.
 *
 * Times are of the process's CPU, not of the wall: a bench that waits for a core is not slower. What
 * threads of the runtime add (compiling, collecting) belongs to the subject and is counted.
 * @module
 */

export type Subject = () => unknown;

export interface Rounds {
  readonly rounds: number;
  /** About how long one subject runs in one round, ms. */
  readonly turnMs: number;
  /** How long each subject runs before, so that its code is compiled, ms. */
  readonly warmUpMs: number;
}

export const FULL: Rounds = { rounds: 21, turnMs: 50, warmUpMs: 500 };
export const QUICK: Rounds = { rounds: 7, turnMs: 25, warmUpMs: 200 };

/** Whether only a quick look is wanted. */
export const isQuick = (): boolean => process.argv.includes('--quick');

/** Whether what takes minutes is wanted too. */
export const isLong = (): boolean => process.argv.includes('--long');

/** As the command line says. */
export const roundsWanted = (): Rounds => (isQuick() ? QUICK : FULL);

/** CPU time of this process with all its threads, µs. */
export const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const timeOf = async (subject: Subject, times: number): Promise<number> => {
  const before = cpuMicros();
  for (let i = 0; i < times; i++) {
    const outcome = subject();
    if (outcome instanceof Promise) await outcome;
  }
  return cpuMicros() - before;
};

/** Warms a subject up. @returns how many calls fill a turn */
const calibrate = async (subject: Subject, { turnMs, warmUpMs }: Rounds): Promise<number> => {
  let usPerCall = Infinity;
  for (let times = 1, leftMs = warmUpMs; leftMs > 0; times *= 2) {
    const tookUs = await timeOf(subject, times);
    usPerCall = tookUs / times;
    leftMs -= tookUs / 1000;
  }
  return Math.max(1, Math.round((turnMs * 1000) / usPerCall));
};

/**
 * Runs all subjects in rotation; a subject may be asynchronous.
 *
 * @returns for each subject its µs of CPU per call in each round
 */
export const measure = async <Name extends string>(
  subjects: Readonly<Record<Name, Subject>>,
  wanted: Rounds = roundsWanted(),
): Promise<Record<Name, number[]>> => {
  // Object.keys forgets which keys there are.
  const names = Object.keys(subjects) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  const calls = new Map<Name, number>();
  for (const name of names) calls.set(name, await calibrate(subjects[name], wanted));
  for (let round = 0; round < wanted.rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      if (name === undefined) continue;
      const times = calls.get(name) ?? 1;
      results[name]?.push((await timeOf(subjects[name], times)) / times);
    }
  }
  return results as Record<Name, number[]>;
};
