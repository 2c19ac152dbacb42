import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLog, type LoggingConfig } from '../../../apps/config/logging.js';

let folder: string;
let file: string;
let heard: string[];
beforeEach(async () => {
  heard = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => heard.push(String(line)) > 0);
  folder = await mkdtemp(join(tmpdir(), 'logging-'));
  file = join(folder, 'k.log');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const configOf = (more: Partial<LoggingConfig> = {}): LoggingConfig => ({
  disabled: false,
  file,
  level: 'notice',
  unsafeDebug: false,
  ...more,
});
const read = (path = file): Promise<string> => readFile(path, 'utf8').catch(() => '');
const makePipe = (): string => {
  execFileSync('mkfifo', [file], { stdio: 'ignore' });
  return file;
};
const canary = { of: { identifier: 'canary@p1.test' } };

describe('the log of a program', () => {
  it('is private, and goes on elsewhere when it is opened anew', async () => {
    const log = openLog(configOf());
    log.write('notice', 'test', 'one');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await rename(file, `${file}.1`);
    log.reopen();
    log.write('notice', 'test', 'two');
    expect(await read(`${file}.1`)).toMatch(/^\S+ NOTI test: one\n$/);
    expect(await read()).toMatch(/^\S+ NOTI test: two\n$/);
    log.close();
  });

  it('becomes another while it is written to', async () => {
    const log = openLog(configOf());
    log.write('info', 'test', 'unheard');
    log.configure(configOf({ level: 'info', file: `${file}.2` }));
    log.write('info', 'test', 'heard');
    log.configure(configOf({ disabled: true }));
    log.write('error', 'test', 'unheard');
    log.configure(configOf());
    log.write('error', 'test', 'again');
    expect(await read(`${file}.2`)).toMatch(/heard\n$/);
    expect(await read()).toMatch(/^\S+ ERRO test: again\n$/);
    log.close();
  });

  it.each([
    ['whose directory is missing', () => `${folder}/none/k.log`, 'there is no such directory'],
    ['that is a directory', () => folder, 'it is a directory'],
    [
      'that is a pipe nobody reads',
      makePipe,
      'it is a pipe, a socket or a device, and no plain file',
    ],
  ])('says of a file %s why it goes to standard error', (_, make, reason) => {
    const path = make();
    const [log, lines] = [openLog(configOf({ file: path })), heard];
    log.write('notice', 'test', 'one');
    log.close();
    expect(lines).toEqual([
      expect.stringContaining(`cannot be opened file=${path} reason="${reason}"`),
      expect.stringContaining('test: one'),
    ]);
  });

  it('says so when the directory goes before the file is opened anew', async () => {
    const path = join(folder, 'logs', 'k.log');
    await mkdir(join(folder, 'logs'));
    const log = openLog(configOf({ file: path }));
    expect(heard).toEqual([]);
    await rm(join(folder, 'logs'), { recursive: true });
    log.reopen();
    expect(heard).toEqual([expect.stringContaining(`cannot be opened file=${path}`)]);
    log.close();
  });

  it.each([
    ['DEBUG alone', { level: 'debug', unsafeDebug: false }],
    ['UnsafeDebug alone', { level: 'info', unsafeDebug: true }],
  ] as const)('shows no names by %s', async (_, more) => {
    const log = openLog(configOf(more));
    log.write('info', 'test', 'who', canary);
    log.write('debug', 'test', 'details');
    log.close();
    expect(await read()).toMatch(/who of=[0-9a-f]{8}\n/);
    expect(await read()).not.toMatch(/canary|details/);
  });

  it('shows names by both, and one name looks the same before', async () => {
    const log = openLog(configOf({ level: 'info' }));
    log.write('info', 'test', 'who', canary);
    log.configure(configOf({ level: 'info' }));
    log.write('info', 'test', 'who', canary);
    const [first, second] = (await read()).split('\n').map((line) => line.slice(12));
    expect(first).toBe(second);
    log.configure(configOf({ level: 'debug', unsafeDebug: true }));
    log.write('debug', 'test', 'who', canary);
    expect(await read()).toContain('DEBU test: who of=canary@p1.test\n');
    log.close();
  });
});
