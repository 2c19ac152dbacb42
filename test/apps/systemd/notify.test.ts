import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSupervisor } from '../../../apps/systemd/notify.js';
import { manualClock, memoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { eventually } from '../../bridges/eventually.js';

const clock = manualClock();
const heard = (env: Record<string, string>, takes = true) => {
  const said: string[] = [];
  const log = memoryLog({ clock });
  const tell = async (words: readonly string[]): Promise<boolean> => {
    // The first takes longer than all that follow it.
    await nodeClock().sleep(said.length === 0 ? 20 : 0);
    said.push(words.join(' '));
    return takes;
  };
  return { said, log, supervisor: makeSupervisor({ env, log, tell }) };
};
const settled = (): Promise<void> => nodeClock().sleep(60);
const SOCKET = { NOTIFY_SOCKET: '/run/notify' };

describe('the service manager', () => {
  it('hears everything in order', async () => {
    const { said, supervisor } = heard(SOCKET);
    supervisor.ready();
    supervisor.reloading();
    supervisor.ready();
    supervisor.stopping();
    await eventually(() => said).toEqual([
      'READY=1',
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
      'READY=1',
      'STOPPING=1',
    ]);
  });

  it('is left alone where there is none', async () => {
    const { said, supervisor } = heard({ WATCHDOG_USEC: '1000000' });
    supervisor.ready();
    await supervisor.keepAlive(clock, new AbortController().signal);
    await settled();
    expect(said).toEqual([]);
  });

  it('that does not listen costs a line in the log', async () => {
    const { log, supervisor } = heard(SOCKET, false);
    supervisor.ready();
    await eventually(() => log.lines).toEqual([
      expect.stringContaining('cannot be told what="READY=1"'),
    ]);
  });

  it('hears that we are alive, twice as often as it wants to', async () => {
    const { said, supervisor } = heard({ ...SOCKET, WATCHDOG_USEC: '2000000' });
    const stop = new AbortController();
    const turned = manualClock();
    const alive = supervisor.keepAlive(turned, stop.signal);
    await turned.advance(3500);
    stop.abort();
    await alive;
    await eventually(() => said).toEqual(Array.from({ length: 4 }, () => 'WATCHDOG=1'));
  });

  it('wants no sign of life from the children of whom it watches', async () => {
    const { said, supervisor } = heard({ ...SOCKET, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' });
    await supervisor.keepAlive(clock, new AbortController().signal);
    await settled();
    expect(said).toEqual([]);
  });

  it('is told by systemd-notify, which gets nothing else of ours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'notify-'));
    const tool = join(folder, 'systemd-notify');
    const heardFile = join(folder, 'heard');
    await writeFile(tool, `#!/bin/sh\necho "$@" >>${heardFile}\nenv >>${heardFile}\n`);
    await chmod(tool, 0o700);
    const env = { ...SOCKET, PATH: `${folder}:/usr/bin:/bin`, LISTEN_FDS: '2', SECRET: 'canary' };
    makeSupervisor({ env, log: memoryLog({ clock }) }).ready();
    await eventually(() => readFile(heardFile, 'utf8').catch(() => '')).toContain('PATH=');
    const text = await readFile(heardFile, 'utf8');
    expect(text).toMatch(/^READY=1\n/);
    expect(text).toContain('NOTIFY_SOCKET=/run/notify');
    expect(text).not.toMatch(/LISTEN_FDS|canary/);
    await rm(folder, { recursive: true });
  });
});
