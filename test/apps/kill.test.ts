/** A few runs of `test/kill-tests.sh`; by hand it is run with more. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCheck, runProgram } from './program.js';

const RUNS = 2;

describe.skipIf(!canCheck)('a kill between acceptance and delivery', () => {
  it('neither loses nor doubles a mail', { timeout: 600_000 }, async () => {
    const script = join(import.meta.dirname, '..', 'kill-tests.sh');
    const { code, out } = await runProgram('bash', [script, String(RUNS)]);
    expect(out.split('\n').filter((line) => line.startsWith('not ok'))).toEqual([]);
    expect(out).toContain(`${3 * RUNS} of ${3 * RUNS} mails arrived exactly once`);
    expect(code).toBe(0);
  });
});
