/** The checks of `test/apps/checks` on networks of real processes, and on virtual time. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCheck, isBuilt, postern, runProgram } from './program.js';

const MINUTES = 60_000;
const checks = join(import.meta.dirname, 'checks');

const factsOf = async (...words: string[]): Promise<readonly string[]> => {
  const { code, out, err } = await runProgram('bash', [join(checks, 'run.sh'), ...words]);
  const facts = out.split('\n').filter((line) => /^(not )?ok /.test(line));
  expect(facts.filter((fact) => fact.startsWith('not'))).toEqual([]);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return facts;
};

describe.skipIf(!canCheck)('a test network of processes', () => {
  it(
    'carries mail for ordinary mail programs, and survives kills',
    { timeout: 6 * MINUTES },
    async () => {
      const facts = await factsOf('--', 'mp-01', 'mp-03', 'mp-05', 'mp-09', 'mp-26', 'crash');
      expect(facts).toHaveLength(27);
    },
  );

  it('keeps recipients, and ends when it is told to', { timeout: 4 * MINUTES }, async () => {
    const facts = await factsOf('--', 'mp-28', 'mp-06');
    expect(facts).toHaveLength(21);
  });

  it('logs what it is told to, and finds a wrong clock', { timeout: 6 * MINUTES }, async () => {
    const facts = await factsOf('--', 'mp-43', 'mp-11', 'mp-12', 'mp-13', 'mp-14');
    expect(facts).toHaveLength(35);
  });

  it('loses and doubles nothing on a bad network', { timeout: 10 * MINUTES }, async () => {
    const bad = ['--loss', '30%', '--dup', '5%', '--reorder'];
    expect(await factsOf(...bad, '--', 'mp-41')).toHaveLength(4);
  });
});

describe.skipIf(!canCheck)('a test network on virtual time', () => {
  it('lets mail flow while time passes, and parts die', { timeout: 4 * MINUTES }, async () => {
    expect(await factsOf('--virtual', '--', 'mp-02', 'crash')).toHaveLength(2);
  });

  it('knows a block again days later', { timeout: 8 * MINUTES }, async () => {
    const slow = ['--lambda-p', '30m', '--lambda-l', '4h', '--lambda-d', '12h'];
    const pace = [...slow, '--mu', '1m', '--epoch', '6h'];
    expect(await factsOf('--virtual', ...pace, '--', 'mp-42')).toHaveLength(9);
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
