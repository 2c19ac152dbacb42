/** Two processes of one provider on one database, within a network of processes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDirectory } from '../support/directory.js';
import { noPostgres, startCluster, type Cluster } from '../support/postgres.js';
import { isBuilt } from './program.js';
import { drill, prepareDrill } from './together/drill.js';
import { openFront } from './together/front.js';
import { FIRST, killInTurn, shareProvider } from './together/shared-provider.js';

const ROUNDS = Number(process.env['ROUNDS'] ?? 1);
const KILLS_PER_ROUND = 4;

describe.skipIf(!isBuilt || noPostgres)('a provider of two processes', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.dispose());

  it(
    'loses no mail and doubles none when one is killed',
    { timeout: (ROUNDS + 1) * 10 * 60_000 },
    () =>
      withDirectory(async (directory) => {
        const network = await prepareDrill(directory);
        const backends = await shareProvider(network, await cluster.makeDatabase());
        const front = await openFront(network.part(FIRST).address, backends);
        try {
          // Its spool cannot tell mail from replies to decoys, of which there is always one.
          const ordeal = killInTurn(ROUNDS * KILLS_PER_ROUND);
          const { accepted, problems } = await drill(network, ordeal, [FIRST]);
          expect(problems).toEqual([]);
          expect(accepted).toBeGreaterThan(0);
        } finally {
          await front.close();
        }
      }),
  );
});
