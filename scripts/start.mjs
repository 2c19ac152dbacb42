// `npm start`: from a fresh clone to the first mail.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, root } from './prepare.mjs';

install();
build('programs');
const program = join(root, 'dist', 'postern.js');
const child = spawn(process.execPath, [program, 'quickstart', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
