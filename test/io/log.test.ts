import { readFile, rename, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import { manualClock, memoryLog } from '../../src/io/memory.js';
import { nodeLog } from '../../src/io/node.js';
import { withDirectory } from '../support/directory.js';

const CANARY = 'canary-alice@p1.test';

describe('a log line', () => {
  it('has time, level, module, message and facts', () => {
    const clock = manualClock({ startMs: 86_400_000 * 3 + 3_723_004 });
    const log = memoryLog({ clock });
    log.write('notice', 'pki', 'document fetched', { epoch: 9, fresh: true, why: undefined });
    log.write('warning', 'link', 'peer too slow', { reason: 'two words', code: 'a=b' });
    expect(log.lines).toEqual([
      '01:02:03.004 NOTI pki: document fetched epoch=9 fresh=true',
      '01:02:03.004 WARN link: peer too slow reason="two words" code="a=b"',
    ]);
  });

  it('leaves out what is less grave than the level', () => {
    const log = memoryLog({ level: 'warning' });
    for (const level of ['error', 'warning', 'notice', 'info', 'debug'] as const) {
      log.write(level, 'm', level);
    }
    expect(log.lines.map((line) => line.slice(13, 17))).toEqual(['ERRO', 'WARN']);
  });

  it('stays one line whatever it is given', () => {
    const log = memoryLog();
    log.write('error', 'm', 'a\nb\u2028c\u001b[31m', {
      reason: 'x\r\ny',
      empty: '',
      bidi: '\u202e',
    });
    expect(log.lines).toEqual(['00:00:00.000 ERRO m: a?b?c?[31m reason="x??y" empty="" bidi="?"']);
  });
});

describe('identifiers', () => {
  const lineOf = (options: Parameters<typeof memoryLog>[0], identifier: string | Uint8Array) => {
    const log = memoryLog(options);
    log.write('info', 'm', 'seen', { user: { identifier } });
    return log.lines[0] ?? '';
  };

  it('print as 8 hex digits that are the same within a log', () => {
    expect(lineOf({}, CANARY)).toMatch(/ seen user=[0-9a-f]{8}$/);
    expect(lineOf({}, CANARY)).toBe(lineOf({}, utf8(CANARY)));
    expect(lineOf({}, CANARY)).not.toBe(lineOf({}, `${CANARY}2`));
  });

  it('cannot be followed from one secret to another', () => {
    const other = { secret: new Uint8Array(32).fill(1) };
    expect(lineOf({}, CANARY)).not.toBe(lineOf(other, CANARY));
  });

  it('print in clear only when asked for', () => {
    expect(lineOf({ unsafeDebug: true }, CANARY)).toMatch(/user=canary-alice@p1\.test$/);
    expect(lineOf({ unsafeDebug: true }, Uint8Array.of(1, 255))).toMatch(/user=01ff$/);
  });
});

describe('the log of the machine', () => {
  const write = (log: ReturnType<typeof nodeLog>, message: string): void =>
    log.write('notice', 'test', message, { user: { identifier: CANARY } });

  it('shows local time and no identifier', () => {
    const lines: string[] = [];
    const log = nodeLog({ write: (line) => lines.push(line) });
    write(log, 'hello');
    log.write('info', 'test', 'too quiet');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} NOTI test: hello user=[0-9a-f]{8}$/);
    const [hours, minutes] = [new Date().getHours(), new Date().getMinutes()];
    const [shownHours, shownMinutes] = (lines[0] ?? '').split(':').map(Number);
    const apart = hours * 60 + minutes - (shownHours ?? 0) * 60 - (shownMinutes ?? 0);
    expect(Math.abs(apart) % (24 * 60 - 1)).toBeLessThanOrEqual(1);
  });

  it('appends to a private file and opens it anew', () =>
    withDirectory(async (root) => {
      const file = `${root}/log`;
      const log = nodeLog({ file });
      write(log, 'one');
      await rename(file, `${file}.1`);
      write(log, 'two');
      log.reopen();
      write(log, 'three');
      log.close();
      const messages = async (path: string): Promise<readonly string[]> =>
        (await readFile(path, 'utf8')).split('\n').map((line) => line.split(' ')[3] ?? '');
      expect(await messages(`${file}.1`)).toEqual(['one', 'two', '']);
      expect(await messages(file)).toEqual(['three', '']);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(await readFile(file, 'utf8')).not.toContain('canary');
    }));
});
