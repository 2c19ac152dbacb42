import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtOrReason } from './support/build.js';
import { runExample } from './support/example.js';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const MOST_LINES = 20;

/** The first block of JavaScript, which is the one for people in a hurry. */
const firstExample = (text: string): string => /```js\n([^]*?)```/.exec(text)?.[1] ?? '';

describe('the README', () => {
  it('shows examples/hello.mjs to the letter', () => {
    const shown = firstExample(read('README.md'));
    expect(shown).toBe(read('examples/hello.mjs'));
    expect(shown.trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES);
  });

  it.skipIf(builtOrReason() !== undefined)('shows what runs', async () => {
    const run = await runExample('examples/hello.mjs');
    expect(run.output).toContain('Nobody on the way can tell who wrote this.');
    expect(run.code, run.output).toBe(0);
  });

  it('names files that exist, as the documents do', () => {
    for (const file of TEXTS) {
      for (const target of linksOf(file)) {
        expect(existsSync(join(root, target)), `${file}: ${target}`).toBe(true);
      }
    }
  });
});

const TEXTS = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Relative links of a text, as paths from the project's root. */
const linksOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
    join(file, '..', target),
  );
