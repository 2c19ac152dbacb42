/** The checks of `test/apps/checks` on networks of real processes, and on virtual time. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCheck, isBuilt, postern, runProgram } from './program.js';

const MINUTES = 60_000;
const checks = join(import.meta.dirname, 'checks');

/** Checks that share one network. */
interface Group {
  readonly name: string;
  /** Shown by `npm run rows` only. */
  readonly isLong?: boolean;
  /** Options of `testnet up`. */
  readonly options: readonly string[];
  readonly checks: readonly string[];
}

const all = JSON.parse(readFileSync(join(checks, 'groups.json'), 'utf8')) as readonly Group[];
const groups = all.filter(({ isLong = false }) => !isLong);

// Two at a time: a network of processes waits most of its time.
describe.skipIf(!canCheck)('a test network of processes', () => {
  it.concurrent.for(groups)('$name', { timeout: 20 * MINUTES }, async (group, { expect }) => {
    const words = [join(checks, 'run.sh'), ...group.options, '--', ...group.checks];
    const { code, out, err } = await runProgram('bash', words);
    const facts = out.split('\n').filter((line) => /^(not )?ok /.test(line));
    expect(facts.filter((fact) => fact.startsWith('not'))).toEqual([]);
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(facts.length).toBeGreaterThanOrEqual(group.checks.length);
  });
});

describe.skipIf(!isBuilt)('postern testnet', () => {
  it('says when there is no network', async () => {
    const { code, err } = await postern('testnet', 'settle', '--dir', '/nonexistent');
    expect(err).toBe('postern: there is no test network in /nonexistent\n');
    expect(code).toBe(1);
  });

  it('does not build on what is there', async () => {
    const { code, err } = await postern('testnet', 'up', '--dir', import.meta.dirname);
    expect(err).toContain('is not empty');
    expect(code).toBe(1);
  });
});
