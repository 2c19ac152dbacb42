// `npm test`: installs what is missing, builds, and runs every check; arguments go to vitest alone.
import { build, install, run } from './prepare.mjs';

const only = process.argv.slice(2);
install();
build('all');
if (only.length > 0) {
  run('npx', ['vitest', 'run', ...only]);
} else {
  run('npx', ['tsc', '--noEmit']);
  run('npx', ['eslint', '.']);
  run('npx', ['prettier', '--check', '--log-level=warn', '.']);
  run('npx', ['vitest', 'run']);
  run('npx', ['typedoc', '--logLevel', 'Warn']);
  run('npx', ['publint', '--strict']);
  run('npx', ['attw', '--pack', '.', '--profile', 'node16', '--quiet']);
}
