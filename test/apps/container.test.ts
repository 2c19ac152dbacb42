/** No container engine runs here: what the files say is held against the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from './cli/run.js';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

const instructions = read('container/Containerfile')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line));

const compose = read('container/compose.yaml');

/** The words of a list in a line such as `command: ['a', 'b']`, for a mix. */
const wordsOf = (key: string): readonly string[] => {
  const [, list = ''] = new RegExp(`^ +${key}:\\s*\\[([^\\]]*)\\]`, 'm').exec(compose) ?? [];
  return [...list.matchAll(/'([^']*)'/g)].map(([, word = '']) =>
    word.replace('${ROLE:-mix}', 'mix'),
  );
};

it('the image is Node.js and the package, run by nobody special', () => {
  const words = instructions.map((line) => line.split(' ')[0]);
  expect(words.filter((word) => word === 'FROM')).toHaveLength(1);
  expect(instructions[0]).toMatch(/^FROM docker\.io\/library\/node:\d+-slim$/);
  expect(words.indexOf('USER')).toBeLessThan(words.indexOf('ENTRYPOINT'));
  expect(instructions).toContain('USER node');
  expect(instructions.join('\n')).not.toMatch(/apt|curl|ADD /);
  const major = Number(/node:(\d+)/.exec(instructions[0] ?? '')?.[1]);
  expect(major).toBeGreaterThanOrEqual(20);
});

it('copies only what a build and the package have', () => {
  const { files, bin } = JSON.parse(read('package.json')) as {
    files: string[];
    bin: { postern: string };
  };
  const copied = instructions.flatMap(
    (line) => /^COPY (.+) \S+$/.exec(line)?.[1]?.split(' ') ?? [],
  );
  expect(copied).toEqual(['package.json', 'package-lock.json', 'LICENSE', 'dist']);
  expect(files).toEqual(expect.arrayContaining(['dist', 'LICENSE', 'container']));
  expect(instructions.join('\n')).toContain(`/opt/postern/${bin.postern} /usr/local/bin/postern`);
});

it('what compose starts and asks are commands of ours', async () => {
  const started = wordsOf('command');
  expect(started.slice(0, 3)).toEqual(['node', 'mix', 'start']);
  expect(wordsOf('test').slice(0, 5)).toEqual(['CMD', 'postern', 'node', 'mix', 'status']);
  for (const words of [started, wordsOf('test').slice(2)]) {
    // The file is not here; an unknown verb or option would be named instead.
    const { code, err } = await run(words);
    expect(code).toBe(2);
    expect(err).toEqual([expect.stringContaining('/data/katzenpost.toml')]);
  }
  expect(compose).toMatch(/read_only: true/);
  expect(compose).toMatch(/cap_drop: \[ALL\]/);
});
