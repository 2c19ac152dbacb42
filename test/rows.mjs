/**
 * `npm run rows`: every promise that has a number, checked as it is written, its result listed.
 *
 * A check states facts, each under the number of its promise. What a network of processes cannot
 * show is shown by tests of the suite, or by a bench.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, root } from '../scripts/prepare.mjs';

const checks = join(root, 'test', 'apps', 'checks');
const groups = JSON.parse(readFileSync(join(checks, 'groups.json'), 'utf8'));

const upTo = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
const promises = Object.entries({
  MP: upTo(1, 46),
  PM: [...upTo(1, 7), 26],
  SG: upTo(1, 6),
  BF: [1],
  HS: [...upTo(1, 16), ...upTo(18, 20)],
  X: [...upTo(1, 12), 17],
}).flatMap(([kind, numbers]) => numbers.map((number) => `${kind}-${number}`));

/** Defects of others whose absence another promise's check shows. */
const SHOWN_BY = {
  'X-1': 'MP-4',
  'X-2': 'MP-30',
  'X-4': 'MP-42',
  'X-5': 'MP-19',
  'X-6': 'MP-44',
  'X-7': 'MP-36',
  'X-11': 'HS-20',
  'X-12': 'HS-2',
  'X-17': 'MP-45',
};

/** Promises, or parts of them, that need a hostile peer, or a network in the same process. */
const TESTS = {
  'MP-40': 'test/client/reports.test.ts',
  'MP-46': 'test/examples.test.ts',
  'HS-20': 'test/sanitise',
};

/** Ten thousand mails of 100 KB, one of which is fetched. */
const MEMORY = {
  promise: 'X-8',
  area: 'mailbox',
  requirement: /resident after RETR, 10000 of 100 KB/,
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
    child.on('close', () =>
      resolve([...said.matchAll(/^(ok|not ok) ((?:MP|PM|SG|BF|HS|X)-\d+)[: ]/gm)]),
    );
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

const isMet = ({ area, requirement }) => {
  const report = join(mkdtempSync(join(tmpdir(), 'postern-rows-')), 'bench.json');
  const words = ['run', '--silent', 'bench', '--', '--long', '--json', report, area];
  spawnSync('npm', words, { cwd: root, stdio: 'inherit' });
  const { areas } = JSON.parse(readFileSync(report, 'utf8'));
  const all = areas.flatMap(({ requirements }) => requirements);
  const { value, limit } = all.find(({ name }) => requirement.test(name)) ?? {};
  return value <= limit;
};
console.log(`# bench: ${MEMORY.area}`);
note(MEMORY.promise, isMet(MEMORY));

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
