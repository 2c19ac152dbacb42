// `npm run sim`: simulates a network; `-- --help` lists its settings, `-- --curves docs/anonymity` draws.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, folderOf, install } from './prepare.mjs';

install();
build('sim');
const program = join(folderOf('sim'), 'main.js');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
