import { describe, expect, it } from 'vitest';
import { bigMail, manyMails, playFaults, type FaultRun } from './faults.js';

const RUNS = Number(process.env.RUNS ?? 1);
const FIRST_SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

const say = (name: string, seed: number, run: FaultRun): void => {
  const minutes = (run.simulatedMs / 60_000).toFixed(0);
  console.log(
    `SEED=${seed} ${name}: ${run.mails} mails in ${run.blocks} blocks, ${minutes} simulated minutes, ` +
      `${run.problems.length} problems, digest ${run.digest.slice(0, 16)}`,
  );
};

describe('30 % loss, 5 % duplication and reordering', () => {
  const seeds = Array.from({ length: RUNS }, (_, i) => FIRST_SEED + i);

  it.each(seeds)('500 mails of 1 byte to 200 KB arrive once and whole (SEED=%i)', async (seed) => {
    const run = await playFaults(manyMails(seed));
    say('many', seed, run);
    expect(run.problems).toEqual([]);
    expect(run.mails).toBe(500);
  });

  it.each(seeds)('a mail of 5 MB arrives once and whole (SEED=%i)', async (seed) => {
    const run = await playFaults(bigMail(seed));
    say('big', seed, run);
    expect(run.problems).toEqual([]);
    expect(run.mails).toBe(1);
  });
});
