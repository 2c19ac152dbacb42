// An exit module of one's own, and the suite that shows that it is one: a mail is a line of a file.
import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeIo } from 'postern';
import { exitModuleSuite } from 'postern/testkit';
import * as z from 'zod';

const linesExit = {
  name: 'lines',
  section: z.strictObject({ File: z.string() }),
  open: ({ File: path }) => ({
    advertised: { Encoding: 'base64' },
    deliver: async ({ bytes }) => {
      const line = `${Buffer.from(bytes).toString('base64')}\n`;
      try {
        await appendFile(path, line, { mode: 0o600, flush: true });
        return { kind: 'ok' };
      } catch (error) {
        return { kind: 'retry', reason: `the file: ${error.code}` };
      }
    },
  }),
};

const linesOf = async (file) => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => new Uint8Array(Buffer.from(line, 'base64')));
};

/** Where a directory is in its way the file cannot be written. */
const makeSite = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lines-'));
  const file = join(folder, 'mails');
  return {
    section: { File: file },
    answer: (how) => (how === 'ok' ? rm(file, { recursive: true }) : mkdir(file)),
    delivered: () => linesOf(file),
    dispose: () => rm(folder, { recursive: true }),
  };
};

const expect = (actual) => ({ toEqual: (expected) => assert.deepEqual(actual, expected) });
exitModuleSuite(linesExit, { makeSite, answers: ['retry'], io: nodeIo() }, { test, expect });
