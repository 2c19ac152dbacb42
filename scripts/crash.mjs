// `npm run crash`: processes end at any moment while mail is underway, far more often than in the
// tests. Of clients with `--kills N` (the default, 500 times), of nodes with `--rounds N`.
import { build, install, run } from './prepare.mjs';

const PLANS = {
  '--kills': { variable: 'KILLS', tests: ['kill'] },
  '--rounds': { variable: 'ROUNDS', tests: ['together', 'authority-away', 'shared-provider'] },
};
const [flag = '--kills', count = '500', ...more] = process.argv.slice(2);
const plan = PLANS[flag];
if (plan === undefined || !/^[1-9]\d*$/.test(count) || more.length > 0) {
  console.error('usage: npm run crash -- [--kills N | --rounds N]; SEED=n makes the same choices');
  process.exit(2);
}
install();
build('programs');
const files = plan.tests.map((name) => `test/apps/${name}.test.ts`);
run('npx', ['vitest', 'run', ...files, '--silent=false', '--no-file-parallelism'], {
  [plan.variable]: count,
});
