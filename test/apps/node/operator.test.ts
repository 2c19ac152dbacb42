/** What an operator does with a node, with real processes. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLine } from '../../../apps/cli/json-lines.js';
import { METRICS_TYPE } from '../../../apps/node/metrics.js';
import { isAlive } from '../../../apps/node/process.js';
import { freePorts } from '../../../testkit/free-ports.js';
import { nodeClock, nodeIo } from '../../../src/io/node.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';
import { isBuilt, program, runProgram, type Ended } from '../program.js';

const KEY = 'ab'.repeat(32);

const SILENCE = expect.stringContaining('no daemon answers') as string;

let site: OpenDirectory;
let file: string;
const started: number[] = [];
beforeEach(async () => {
  site = await openDirectory();
  file = join(site.path, 'katzenpost.toml');
});
afterEach(async () => {
  for (const pid of started.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  await site.dispose();
});

const mix = (verb: string, ...words: string[]): Promise<Ended> =>
  runProgram(program, ['node', 'mix', verb, '-f', file, ...words]);

const initialise = (): Promise<Ended> => {
  const place = ['--dir', site.path, '--address', '127.0.0.1:0', '--identifier', 'mix1'];
  return mix('init', ...place, '--authority', '127.0.0.1:1', '--authority-key', KEY);
};

const pidOf = (): number => Number(readFileSync(join(site.path, 'data', 'pid'), 'utf8'));

const start = async (...words: string[]): Promise<Ended> => {
  const ended = await mix('start', '--daemon', ...words);
  if (ended.code === 0) started.push(pidOf());
  return ended;
};

const set = (from: RegExp, to: string): void =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));

const until = async (isSo: () => boolean): Promise<boolean> => {
  for (let i = 0; i < 1200 && !isSo(); i++) await nodeClock().sleep(50);
  return isSo();
};

describe.skipIf(!isBuilt)('an operator', () => {
  it('makes a node, and gets told what the authority needs', async () => {
    const first = await initialise();
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/\[\[Mixes\]\]\nIdentityKey = "[A-Za-z0-9+/]{43}="/);
    expect(await initialise()).toEqual(first);
    expect((await mix('check-config')).out).toBe(`${file}: no problems\n`);
    expect(readFileSync(file, 'utf8')).toMatch(/\n# how late a held .*\n# SchedulerSlack = 500\n/);
    set(/Identifier = "mix1"/, 'Identifier = "mix2"');
    const other = await initialise();
    expect(other).toMatchObject({ code: 2, out: '' });
    expect(other.err).toContain('is there already, and is another one');
  });

  it('starts it in the background once, and stops it', async () => {
    await initialise();
    expect(await start()).toMatchObject({ code: 0, err: '' });
    const pid = pidOf();
    expect(isAlive(pid)).toBe(true);
    const again = await start();
    expect(again.code).toBe(1);
    expect(again.err).toContain('it is running already');
    expect(pidOf()).toBe(pid);
    expect(await mix('stop')).toEqual({ code: 0, out: `process ${pid} has ended\n`, err: '' });
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(site.path, 'data', 'pid'))).toBe(false);
    const second = await mix('stop');
    expect(second).toMatchObject({ code: 1, out: '' });
    expect(second.err).toMatch(/^postern: no daemon answers/);
  });

  it('has one node however many are started at once, also after kill -9', async () => {
    await initialise();
    const race = await Promise.all(Array.from({ length: 10 }, () => mix('start', '--daemon')));
    started.push(pidOf());
    expect(race.map(({ code }) => code).sort()).toEqual([0, ...Array<number>(9).fill(1)]);
    const pid = pidOf();
    expect(isAlive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    expect(await until(() => !isAlive(pid))).toBe(true);
    expect((await start()).code).toBe(0);
    expect(pidOf()).not.toBe(pid);
    expect((await mix('stop')).code).toBe(0);
  });

  it('says why it does not start in the background', async () => {
    await initialise();
    set(/Addresses = .*/, 'Addresses = [ "192.0.2.1:9" ]');
    const { code, err } = await start();
    expect(code).toBe(1);
    expect(err).toContain('cannot listen on 192.0.2.1:9');
  });

  it('says in a sentence what it cannot take over while it runs', async () => {
    await initialise();
    await start();
    for (const table of ['Faults', 'Statistics']) {
      set(new RegExp(`^# \\[${table}\\]$`, 'm'), `[${table}]`);
    }
    set(/^# MetricsAddress =.*$/m, 'MetricsAddress = "127.0.0.1:0"');
    set(/^# Loss = .*$/m, 'Loss = 0.5');
    set(/^# Interval = .*$/m, 'Interval = 3600');
    const { code, out } = await mix('reload');
    expect(code).toBe(0);
    const [first, second] = out.split('\n');
    expect(first).toBe('nothing has changed');
    expect(second).toMatch(/^a restart is needed for /);
    for (const key of ['Server.MetricsAddress', 'Faults.Loss', 'Statistics.Interval']) {
      expect(second).toContain(key);
    }
  });

  it('changes its mind while it runs', async () => {
    await initialise();
    await start();
    set(/^# \[Debug\]/m, '[Debug]');
    set(/^# NumSphinxWorkers =$/m, 'NumSphinxWorkers = 2');
    set(/^# SendSlack = .*/m, 'SendSlack = 700');
    set(/^# \[Link\]/m, '[Link]');
    set(/^# MaxConnections = .*/m, 'MaxConnections = 77');
    set(/^# MaxBandwidth =$/m, 'MaxBandwidth = 10_000_000');
    const { code, out } = await mix('reload', '--json');
    expect(code).toBe(0);
    const { changed, needsRestart } = JSON.parse(out) as Record<string, readonly string[]>;
    expect(changed).toEqual(['Debug.SendSlack', 'Link.MaxConnections']);
    expect(needsRestart).toEqual(['Debug.NumSphinxWorkers', 'Link.MaxBandwidth']);
    const status = JSON.parse((await mix('status', '--json')).out) as Record<string, unknown>;
    expect(status).toMatchObject({ role: 'mix', pid: pidOf(), inDocument: false, health: [] });
    expect(status['needsRestart']).toEqual(needsRestart);

    set(/SendSlack = 700/, 'SendSlak = 800');
    const line = readFileSync(file, 'utf8').split('\n').indexOf('SendSlak = 800') + 1;
    const broken = await mix('reload');
    expect(broken.code).toBe(2);
    expect(broken.err).toContain(`${file}:${line}: Debug.SendSlak: unknown key`);
    process.kill(pidOf(), 'SIGHUP');
    const log = (): string => readFileSync(join(site.path, 'data', 'output'), 'utf8');
    const told = `stays as it was file=${file} line=${line} key=Debug.SendSlak`;
    expect(await until(() => log().includes(told))).toBe(true);
    expect(isAlive(pidOf())).toBe(true);
  });

  it('deletes mix keys of a stopped node only, and never its identity by the way', async () => {
    await initialise();
    const keys = (): readonly string[] =>
      readdirSync(join(site.path, 'data')).filter((name) => name.endsWith('.pem'));
    expect((await mix('delkeys', '--all')).code).toBe(2);
    expect((await mix('delkeys', '--all', '--yes')).err).toContain('there is no store');
    await start();
    expect((await mix('delkeys', '--all', '--yes')).err).toContain('it is running already');
    await mix('stop');
    const gone = await mix('delkeys', '--all', '--yes', '--json');
    expect(gone.code).toBe(0);
    // Late in an epoch those of the next descriptor are there as well.
    expect((JSON.parse(gone.out) as { epochs: number[] }).epochs.length).toBeGreaterThan(2);
    expect((await mix('delkeys', '--epoch', '7', '--yes')).err).toContain('no mix key of epoch 7');
    expect(keys()).toHaveLength(3);
    expect((await mix('delkeys', '--all', '--identity', '--yes')).code).toBe(0);
    expect(keys()).toEqual([]);
  });

  it('is refused where others can read or replace secrets', async () => {
    await initialise();
    const key = join(site.path, 'data', 'identity.private.pem');
    chmodSync(key, 0o644);
    const refused = await start();
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(`${key}: other users can read it`);
    process.env['POSTERN_NO_FILE_PARANOIA'] = '1';
    const lax = await start();
    delete process.env['POSTERN_NO_FILE_PARANOIA'];
    expect(lax.code).toBe(0);
    const log = readFileSync(join(site.path, 'data', 'output'), 'utf8');
    expect(log).toContain(`not private path=${key} problem=open-to-others`);
    await mix('stop');
    chmodSync(key, 0o600);
    chmodSync(site.path, 0o777);
    expect((await start()).err).toContain(`${site.path}: other users can change what is in it`);
    chmodSync(site.path, 0o700);
  });

  it('hears as much as is wished', async () => {
    await initialise();
    const speak = async (...words: string[]): Promise<{ out: string; err: string }> => {
      const child = spawn(program, ['node', 'mix', 'start', '-f', file, ...words]);
      started.push(child.pid ?? 0);
      let [out, err] = ['', ''];
      child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
      child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
      const closed = new Promise((resolve) => child.on('close', resolve));
      await until(() => existsSync(join(site.path, 'data', 'pid')));
      child.kill('SIGTERM');
      await closed;
      return { out, err };
    };
    expect(await speak('--severity', 'error')).toEqual({ out: '', err: '' });
    expect(await speak('--quiet')).toEqual({ out: '', err: '' });
    expect((await speak()).out).toContain('mix: ready');
    set(/^# \[Logging\]/m, '[Logging]');
    set(/^# File = .*/m, 'File = "log"');
    expect(await speak()).toEqual({ out: '', err: '' });
    expect((await speak('--echo')).out).toContain('mix: ready');
    const bogus = await mix('start', '--quiet', '--severity', 'loud');
    expect(bogus).toMatchObject({ code: 2, out: '' });
    expect(bogus.err).toContain('--severity: must be one of ERROR');
    expect((await mix('start', '--daemon', '--nodaemon')).code).toBe(2);
  });

  it('is told what was counted, on its socket and over HTTP on loopback', async () => {
    await initialise();
    set(/^# MetricsAddress =.*/m, 'MetricsAddress = "192.0.2.1:9"');
    expect((await mix('check-config')).err).toContain('must be a loopback address');
    const [port] = (await freePorts(nodeIo(), 1))._unsafeUnwrap();
    set(/MetricsAddress = .*/, `MetricsAddress = "127.0.0.1:${port}"`);
    expect(await start()).toMatchObject({ code: 0, err: '' });
    const stats = await mix('stats');
    expect(stats.out).toMatch(/^From .* were observed:\n {2}received packets: <10\n/);
    const period = JSON.parse((await mix('stats', '--json')).out) as { counts: object };
    expect(period.counts).toMatchObject({ 'unretriable relays': '<10' });
    const page = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(page.headers.get('content-type')).toBe(METRICS_TYPE);
    const text = await page.text();
    expect(text).toContain('\npostern_in_document 0\n');
    expect(text).not.toMatch(/127\.0\.0\.1|mix1/);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await mix('stop')).code).toBe(0);
    const kept = JSON.parse(
      readFileSync(join(site.path, 'data', 'stats.current'), 'utf8'),
    ) as object;
    expect(kept).toMatchObject({ counts: { 'received packets': 0 } });
  });

  it('can use mixminiond’s words, and is told today’s', async () => {
    await initialise();
    await start();
    const old = await runProgram(program, ['mixminion', 'server-stop', '-f', file]);
    expect(old.code).toBe(0);
    expect(old.err).toBe(
      'postern: mixminion server-stop is an old spelling: write postern node mix stop\n',
    );
  });

  it('has every word as JSON on a descriptor of choice', async () => {
    await initialise();
    const lines = async (words: string): Promise<readonly unknown[]> => {
      const { out } = await runProgram('sh', ['-c', `"${program}" ${words} 3>&1 >/dev/null`]);
      const read = out.split('\n').filter(Boolean);
      return read.map((line) => jsonLine.parse(JSON.parse(line)));
    };
    expect(await lines(`node mix check-config -f "${file}" --json-fd 3`)).toEqual([
      { type: 'data', data: { file, problems: [] } },
      { type: 'end', code: 0 },
    ]);
    expect(await lines(`node mix status -f "${file}" --json-fd=3`)).toEqual([
      { type: 'told', text: SILENCE },
      { type: 'error', kind: 'not-running', message: SILENCE },
      { type: 'end', code: 1 },
    ]);
    expect(await lines('bogus --json-fd 3')).toContainEqual({ type: 'end', code: 2 });
    const closed = await runProgram(program, ['status', '--json-fd', '77']);
    expect(closed).toMatchObject({ code: 2, out: '' });
    expect(closed.err).toContain('nothing can be written to descriptor 77');
  });

  const canTrace = spawnSync('strace', ['-V']).status === 0;
  if (!canTrace) console.warn('skipped: strace is not there');
  it.skipIf(!canTrace)('checks a configuration without making anything', async () => {
    await initialise();
    const words = [program, 'node', 'mix', 'check-config', '-f', file];
    const traced = ['-f', '-e', 'trace=openat,open,creat,mkdir,mkdirat,rename,unlink'];
    const { code, err } = await runProgram('strace', [...traced, ...words]);
    expect(code).toBe(0);
    expect(err).toContain(file);
    expect(err).not.toMatch(/O_CREAT|creat\(|mkdir|rename|unlink/);
  });
});

describe.skipIf(!isBuilt)('a configuration file', () => {
  it('is looked for in order', async () => {
    const home = join(site.path, 'home');
    const paths = [
      join(home, 'etc', 'postern', 'mix.toml'),
      join(home, '.postern', 'mix.toml'),
      join(site.path, 'katzenpost.toml'),
    ];
    const found = async (): Promise<string> => {
      const words = `cd "${site.path}" && HOME="${home}" "${program}" config path mix`;
      return (await runProgram('sh', ['-c', words])).out.trim();
    };
    expect(await found()).toBe(join(site.path, 'katzenpost.toml'));
    for (const path of paths) {
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, '');
      expect(await found()).toBe(path);
    }
  });
});
