// `npm run sim:faults -- --runs N`: mail over a bad network, for N seeds from SEED (or a random one) on.
import { install, run } from './prepare.mjs';

const [flag, count = '1'] = process.argv.slice(2);
if ((flag !== undefined && flag !== '--runs') || !/^[1-9]\d*$/.test(count)) {
  console.error('usage: npm run sim:faults -- [--runs N]; SEED=n replays a run exactly');
  process.exit(2);
}
install();
run('npx', ['vitest', 'run', 'test/journeys/faults.test.ts', '--silent=false'], { RUNS: count });
