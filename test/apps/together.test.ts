/** The nodes together, as processes, under mail traffic; `npm run crash -- --rounds N` takes longer. */
import { describe, expect, it } from 'vitest';
import { withDirectory } from '../support/directory.js';
import { isBuilt } from './program.js';
import { drill, incidentsInTurn, prepareDrill } from './together/drill.js';
import { incidentText, makeIncidents } from './together/plan.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const SEED = process.env['SEED'] ?? String(Math.floor(Math.random() * 2 ** 31));
const ROUND_MS = 10 * 60_000;

describe.skipIf(!isBuilt)('nodes that are killed, stopped, rotated and upgraded', () => {
  it(
    `cost no accepted mail and double none: ${ROUNDS} rounds (SEED=${SEED})`,
    { timeout: (ROUNDS + 1) * ROUND_MS },
    () =>
      withDirectory(async (directory) => {
        const incidents = makeIncidents(SEED, ROUNDS);
        console.log(incidents.map(incidentText).join('\n'));
        const ordeal = incidentsInTurn(incidents);
        const { accepted, problems } = await drill(await prepareDrill(directory), ordeal);
        console.log(`SEED=${SEED}: ${accepted} letters, ${problems.length} problems`);
        expect(problems).toEqual([]);
        expect(accepted).toBeGreaterThan(0);
      }),
  );
});
