// `npm run bench`: builds the benches and runs them; `-- --quick`, `-- --json [FILE]`, `-- relay`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, folderOf, install } from './prepare.mjs';

install();
build('bench');
const program = join(folderOf('bench'), 'main.js');
const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
