// Brings a checkout to where it can run: packages installed, programs built, each only when needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');
const sources = [
  'src',
  'bridges',
  'servers',
  'testkit',
  'apps',
  'package.json',
  'tsup.config.ts',
  'entries.config.ts',
  'scripts/notices.ts',
];

/** Runs a command from the project's root, its output on standard error; ends us when it fails. */
export const run = (command, args, env = {}) => {
  const options = { cwd: root, stdio: ['inherit', 2, 2], env: { ...process.env, ...env } };
  const { status } = spawnSync(command, args, options);
  if (status !== 0) process.exit(status ?? 1);
};

const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const newestOf = (path) =>
  statSync(path).isDirectory()
    ? Math.max(
        0,
        ...readdirSync(path, { recursive: true }).map((name) => changedAt(join(path, name))),
      )
    : changedAt(path);

/** Installs what the lockfile names, unless that was done since it changed. */
export const install = () => {
  const stamp = join(root, 'node_modules', '.package-lock.json');
  if (changedAt(stamp) >= changedAt(join(root, 'package-lock.json'))) return;
  run('npm', ['install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  if (existsSync(stamp)) utimesSync(stamp, new Date(), new Date());
};

/** Not in the package: each is built from a folder of its own name. */
const TOOLS = ['bench', 'sim'];

/** Where a build goes: the package's own is `dist`. */
export const folderOf = (what) =>
  join(root, ...(TOOLS.includes(what) ? ['node_modules', '.cache', `postern-${what}`] : ['dist']));

/**
 * Builds `programs` (what `npm start` runs), `bench`, `sim` or `all` of the package, unless it is newer than
 * its sources.
 */
export const build = (what) => {
  const stamp = join(folderOf(what), `.built-${what}`);
  const inputs = TOOLS.includes(what) ? [...sources, what] : sources;
  const newest = Math.max(...inputs.map((source) => newestOf(join(root, source))));
  if (changedAt(stamp) > newest) return;
  run('npx', ['tsup', '--silent'], { POSTERN_BUILD: what });
  writeFileSync(stamp, '');
};
