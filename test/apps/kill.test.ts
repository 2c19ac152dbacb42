/** Kills of daemons and providers while mail is underway; `npm run crash` makes 500 of them. */
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/directory.js';
import { besiege } from './crash/siege.js';
import { isBuilt } from './program.js';

const KILLS = Number(process.env['KILLS'] ?? 20);
const SEED = process.env['SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
const MINUTES = 60_000;

describe.skipIf(!isBuilt)('processes that are killed at any moment', () => {
  it(
    `cost no accepted mail and double none: ${KILLS} kills (SEED=${SEED})`,
    { timeout: 20 * MINUTES },
    () =>
      withDirectory(async (directory) => {
        const { problems, ...figures } = await besiege({ directory, seed: SEED, kills: KILLS });
        console.log(`SEED=${SEED}: ${JSON.stringify(figures)}, ${problems.length} problems`);
        expect(problems).toEqual([]);
      }),
  );
});
