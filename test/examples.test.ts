import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtOrReason } from './support/build.js';
import { runExample } from './support/example.js';

const root = join(import.meta.dirname, '..');
const files = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.mjs'));
const MOST_LINES = 60;

/** What each must print, beside ending well. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  'bridges.mjs': /SMTP 127\.0\.0\.1:\d+, POP3 127\.0\.0\.1:\d+/,
  'echo-bot.mjs': /echo@p2\.test answers:\r?\nYou wrote:\r?\nIs anybody there\?/,
  'exit-module.mjs': /# pass 7/,
  'hello.mjs': /from alice@p1\.test:[^]*Subject: Hello[^]*Nobody on the way/,
  // Whose subscription came first is chance.
  'newsletter.mjs':
    /(?=[^]*bob@p2\.test reads issue 1 of news@p1\.test)[^]*carol@p1\.test reads issue 1/,
  'queue.mjs': /queued for bob@provider\.example: 1 block/,
  'send.mjs': /acknowledged[^]*received: \d+ bytes from alice@p1\.test/,
  'unit-test.mjs': /# pass 2/,
};
/** The listeners of mail programs are real. */
const OPENS_SOCKETS = ['bridges.mjs'];

describe('the examples', () => {
  it('are short, and import the package by its name', () => {
    expect(files).toEqual(Object.keys(EXPECTED));
    for (const file of files) {
      const text = readFileSync(join(root, 'examples', file), 'utf8');
      expect(text.split('\n').length, file).toBeLessThanOrEqual(MOST_LINES);
      expect(text, file).toMatch(/from 'postern/);
      expect(text, file).not.toMatch(/from '\.{1,2}\//);
    }
  });

  it.skipIf(builtOrReason() !== undefined).each(files)('%s runs and ends well', async (file) => {
    const counted = !OPENS_SOCKETS.includes(file);
    const run = await runExample(`examples/${file}`, { countSockets: counted });
    console.log(`${file}: ${(run.tookMs / 1000).toFixed(1)} s`);
    expect(run.output).toMatch(EXPECTED[file] ?? /./);
    expect(run.code, run.output).toBe(0);
    if (run.sockets !== undefined) expect(run.sockets).toEqual([]);
  });
});
