/**
 * `npm run rows`: every promise that has a number, checked as it is written, its result listed.
 * `npm run rows -- nodes` checks one family; the families are in promises.mjs.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build, install, root } from '../scripts/prepare.mjs';
import { FAMILIES } from './promises.mjs';

const WRONG_USAGE = 2;

const checks = join(root, 'test', 'apps', 'checks');
const groups = JSON.parse(readFileSync(join(checks, 'groups.json'), 'utf8'));

const told = process.argv.slice(2);
const unknown = told.find((name) => !(name in FAMILIES));
if (unknown !== undefined) {
  console.error(
    `rows: there is no family ${unknown}; there are ${Object.keys(FAMILIES).join(', ')}`,
  );
  process.exit(WRONG_USAGE);
}
const names = told.length > 0 ? told : Object.keys(FAMILIES);

const temporary = () => mkdtempSync(join(tmpdir(), 'postern-rows-'));

const FACT = /^(ok|not ok) (?:([A-Z]+-\d+)[: ])?.*/gm;

/** Runs one group; what it says is passed on, and read. */
const factsOf = ({ options, checks: words }) =>
  new Promise((resolve) => {
    const env = { POSTERN: join(root, 'dist', 'postern.js'), ...process.env };
    const child = spawn('bash', [join(checks, 'run.sh'), ...options, '--', ...words], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      process.stdout.write(text);
    });
    child.on('close', () => resolve([...said.matchAll(FACT)]));
  });

/** Every test of these files and folders: its full name, and whether it has passed. */
const testsOf = (files) => {
  const report = join(temporary(), 'tests.json');
  const words = ['vitest', 'run', ...files, '--reporter=default', '--reporter=json'];
  spawnSync('npx', [...words, `--outputFile.json=${report}`], { cwd: root, stdio: 'inherit' });
  if (!existsSync(report)) return [];
  return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    ({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status }) => ({
        name: [relative(root, name), ...ancestorTitles, title].join(' > '),
        isHeld: status === 'passed',
      })),
  );
};

const isMet = ({ area, requirement }) => {
  const report = join(temporary(), 'bench.json');
  const words = ['run', '--silent', 'bench', '--', '--long', '--json', report, area];
  spawnSync('npm', words, { cwd: root, stdio: 'inherit' });
  const { areas } = JSON.parse(readFileSync(report, 'utf8'));
  const all = areas.flatMap(({ requirements }) => requirements);
  const { value, limit } = all.find(({ name }) => requirement.test(name)) ?? {};
  return value <= limit;
};

/** Checks one family. @returns whether all of its promises are kept */
const check = async (family) => {
  const { promises, shownBy, tests, benches } = FAMILIES[family];
  const results = new Map(promises.map((promise) => [promise, { held: 0, broken: 0 }]));
  const note = (promise, isHeld) => {
    const result = results.get(promise);
    if (result !== undefined) result[isHeld ? 'held' : 'broken'] += 1;
  };
  // What went wrong and is no promise's own, such as a daemon that did not come back.
  const strays = [];
  for (const group of groups.filter((each) => (each.family ?? 'client') === family)) {
    console.log(`# ${group.name}`);
    for (const [line, word, promise] of await factsOf(group)) {
      note(promise, word === 'ok');
      if (word === 'not ok' && !results.has(promise)) strays.push(line);
    }
  }
  console.log(`# tests for the promises of ${family}`);
  const files = new Set(
    Object.values(tests).flatMap((all) => all.map((name) => name.split(' > ')[0])),
  );
  const ran = testsOf([...files]);
  for (const [promise, all] of Object.entries(tests)) {
    for (const wanted of all) {
      const found = ran.filter(({ name }) => name.startsWith(wanted));
      // A test that is not there shows nothing.
      if (found.length === 0) note(promise, false);
      for (const { isHeld } of found) note(promise, isHeld);
    }
  }
  for (const [promise, bench] of Object.entries(benches)) {
    console.log(`# bench: ${bench.area}`);
    note(promise, isMet(bench));
  }
  const areKept = list(promises, (promise) => ({
    ...results.get(shownBy[promise] ?? promise),
    by: shownBy[promise],
  }));
  for (const stray of strays) console.log(`besides: ${stray}`);
  return areKept && strays.length === 0;
};

/** Prints one line for each promise. @returns whether all are kept */
const list = (promises, resultOf) => {
  const rows = promises.map((promise) => ({ promise, ...resultOf(promise) }));
  const kept = rows.filter(({ held, broken }) => held > 0 && broken === 0);
  for (const row of rows) {
    const { promise, held, broken, by } = row;
    const word = kept.includes(row) ? 'kept' : 'NOT KEPT';
    const how = by === undefined ? '' : `, by ${by}`;
    console.log(`${word}  ${promise}: ${held} of ${held + broken} facts${how}`);
  }
  console.log(`${kept.length} of ${rows.length} promises are kept`);
  return kept.length === rows.length;
};

install();
build('all');
let areKept = true;
for (const family of names) areKept = (await check(family)) && areKept;
process.exitCode = areKept ? 0 : 1;
