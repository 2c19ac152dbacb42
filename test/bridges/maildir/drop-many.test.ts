/** Ten thousand files at once, through three kills. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB } from './drop-client.js';

const FILES = 10_000;
/** Memory stands in for the disk, which would only make it slow: what is killed is the process. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(PLACE, 'postern-test-'));
  folder = `${root}/drop`;
  for (const place of ['tmp', 'new', 'cur']) await mkdir(`${folder}/${place}`, { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface End {
  readonly signal: string | null;
  readonly said: string;
}

/** Has another process watch the folder; it kills itself behind so many mails, or never. */
const watchUntil = async (mails: number): Promise<End> => {
  const script = [fileAt('../../support/typescript.mjs'), fileAt('drop-kills.ts')];
  const parameters = ['--import', ...script, `${root}/data`, folder, String(mails)];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { signal, said };
};

/** A third in each of the places where programs put mails. */
const placeOf = (index: number): string =>
  [`new/mail${index}`, `cur/mail${index}:2,S`, `mail${index}`][index % 3] ?? '';

describe('a drop folder with ten thousand files', () => {
  it('sends each once, through three kills', async () => {
    for (let index = 0; index < FILES; index++) {
      const mail = `From: ${ALICE}\nTo: ${BOB}\nSubject: ${index}\n\nbody\n`;
      await writeFile(join(folder, placeOf(index)), mail);
    }
    for (const mails of [1001, 2000, 3001]) {
      expect(await watchUntil(mails)).toEqual({ signal: 'SIGKILL', said: '' });
    }
    expect(await watchUntil(0)).toEqual({ signal: null, said: `${FILES}\n` });
    const names = await readdir(`${folder}/.Sent/cur`);
    const subjects = await Promise.all(
      names.map(
        async (name) =>
          /Subject: (\d+)/.exec(await readFile(`${folder}/.Sent/cur/${name}`, 'utf8'))?.[1],
      ),
    );
    expect([subjects.length, new Set(subjects).size]).toEqual([FILES, FILES]);
    expect(existsSync(`${folder}/.Failed`)).toBe(false);
  });
});
