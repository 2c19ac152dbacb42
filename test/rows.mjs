/**
 * `npm run rows`: every promise that has a number, checked as it is written, its result listed.
 *
 * A check states facts, each under the number of its promise. What a network of processes cannot
 * show is shown by tests of the suite.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, root } from '../scripts/prepare.mjs';

const checks = join(root, 'test', 'apps', 'checks');
const groups = JSON.parse(readFileSync(join(checks, 'groups.json'), 'utf8'));

const upTo = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const promises = [
  ...[...upTo(1, 33), ...upTo(39, 43), 46].map((number) => `MP-${number}`),
  ...[1, 2, 3, 4, 5, 9].map((number) => `X-${number}`),
];

/** Defects of others whose absence another promise's check shows. */
const SHOWN_BY = { 'X-1': 'MP-4', 'X-2': 'MP-30', 'X-4': 'MP-42', 'X-5': 'MP-19' };

/** Promises, or parts of them, that need a hostile peer, or a network in the same process. */
const TESTS = {
  'MP-40': 'test/client/reports.test.ts',
  'MP-46': 'test/examples.test.ts',
};

/** Runs one group; what it says is passed on, and read. */
const factsOf = ({ options, checks: names }) =>
  new Promise((resolve) => {
    const words = [join(checks, 'run.sh'), ...options, '--', ...names];
    const env = { POSTERN: join(root, 'dist', 'postern.js'), ...process.env };
    const child = spawn('bash', words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      process.stdout.write(text);
    });
    child.on('close', () => resolve([...said.matchAll(/^(ok|not ok) ((?:MP|X)-\d+) /gm)]));
  });

const results = new Map(promises.map((promise) => [promise, { held: 0, broken: 0 }]));
const note = (promise, isHeld) => {
  const result = results.get(promise);
  if (result !== undefined) result[isHeld ? 'held' : 'broken'] += 1;
};

install();
build('all');
for (const group of groups) {
  console.log(`# ${group.name}`);
  for (const [, word, promise] of await factsOf(group)) note(promise, word === 'ok');
}
for (const [promise, file] of Object.entries(TESTS)) {
  console.log(`# ${file}`);
  const { status } = spawnSync('npx', ['vitest', 'run', file], { cwd: root, stdio: 'inherit' });
  note(promise, status === 0);
}

const rows = promises.map((promise) => {
  const { held, broken } = results.get(SHOWN_BY[promise] ?? promise);
  return { promise, held, broken, isKept: held > 0 && broken === 0 };
});
for (const { promise, held, broken, isKept } of rows) {
  const how = SHOWN_BY[promise] === undefined ? '' : `, by ${SHOWN_BY[promise]}`;
  console.log(
    `${isKept ? 'kept' : 'NOT KEPT'}  ${promise}: ${held} of ${held + broken} facts${how}`,
  );
}
const kept = rows.filter(({ isKept }) => isKept).length;
console.log(`${kept} of ${rows.length} promises are kept`);
process.exitCode = kept === rows.length ? 0 : 1;
