// `npm run crash -- --kills N`: kills daemons and providers while mail is underway (default 500 times).
import { build, install, run } from './prepare.mjs';

const [flag, count = '500'] = process.argv.slice(2);
if ((flag !== undefined && flag !== '--kills') || !/^[1-9]\d*$/.test(count)) {
  console.error('usage: npm run crash -- [--kills N]; SEED=n makes the same choices again');
  process.exit(2);
}
install();
build('programs');
run('npx', ['vitest', 'run', 'test/apps/kill.test.ts', '--silent=false'], { KILLS: count });
