import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/text.js';
import { concat } from '../../../../src/bytes/writer.js';
import { portablePrimitives } from '../../../../src/crypto/portable.js';
import { memoryIo } from '../../../../src/io/memory.js';
import { nodeIo } from '../../../../src/io/node.js';
import { smallGeometry } from '../../../../src/sphinx/geometry.js';
import { openPlugins } from '../../../../servers/provider/plugins/open.js';
import type { PluginLimits, PluginOptions } from '../../../../servers/provider/plugins/options.js';
import { loopService, type Service } from '../../../../servers/provider/services.js';
import { repeated } from '../../../support/bytes.js';
import { openDirectory, type OpenDirectory } from '../../../support/directory.js';

const BAD = join(import.meta.dirname, 'bad-plugin.mjs');
const ECHO = join(import.meta.dirname, '../../../../examples/echo-plugin/echo-plugin.mjs');
const suite = { geometry: smallGeometry(500), primitives: portablePrimitives };
const LIMITS: Partial<PluginLimits> = { pauseMs: 5, longestPauseMs: 20, graceMs: 200 };
const SOON: Partial<PluginLimits> = { ...LIMITS, answerMs: 300 };

const closers: (() => Promise<void>)[] = [];
let site: OpenDirectory;
beforeEach(async () => {
  site = await openDirectory();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await site.dispose();
});

const optionsOf = (changes: Partial<PluginOptions>): PluginOptions => ({
  capability: 'echo',
  endpoint: '+echo',
  command: BAD,
  config: {},
  maxConcurrency: 1,
  ...changes,
});

/** A bad one in a certain way. */
const bad = (how: string, more: Readonly<Record<string, string>> = {}): PluginOptions => ({
  ...optionsOf({}),
  config: { how, place: site.path, ...more },
});

/** Opens one plug-in, and tells what was logged and counted. */
const open = async (options: PluginOptions, limits: Partial<PluginLimits> = LIMITS) => {
  const stop = new AbortController();
  const counts = new Map<string, number>();
  const logged: string[] = [];
  const log = {
    write: (...words: unknown[]) => void logged.push(JSON.stringify(words)),
  };
  const io = { ...nodeIo(), log };
  const count = (event: string) => void counts.set(event, (counts.get(event) ?? 0) + 1);
  const node = { io, suite, count, signal: stop.signal };
  const opened = await openPlugins(node, [options], { builtIn: [loopService], limits });
  const { services, close } = opened._unsafeUnwrap();
  const [service] = services;
  if (service === undefined) throw new Error('no service');
  const end = async (): Promise<void> => {
    stop.abort();
    await close();
  };
  closers.push(end);
  const ask = async (body = repeated(0, 400), startByMs = Infinity) =>
    service.answer({ body, canReply: true, startByMs });
  return { service, counts, logged, ask, end };
};

/** One that nobody has asked for its end yet is none. */
const isAlive = (pid: number): boolean =>
  /^[^Z\s]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout);

describe('the echo plug-in', () => {
  const echo = optionsOf({ command: ECHO, config: { greeting: 'Say it' } });

  it('answers with the payload, and is published with what it says of itself', async () => {
    const { ask, service } = await open(echo);
    const body = concat(utf8('hello'), new Uint8Array(495));
    expect((await ask(body))._unsafeUnwrap()).toEqual(body);
    expect((await ask(utf8('short')))._unsafeUnwrap()).toEqual(utf8('short'));
    expect(await service.advertise?.()).toEqual({
      endpoint: '+echo',
      others: new Map([['greeting', 'Say it']]),
    });
  });

  it('answers many at a time, in several processes', async () => {
    const { ask, counts } = await open({ ...echo, maxConcurrency: 2 });
    const bodies = Array.from({ length: 20 }, (_, at) => utf8(`number ${at}`));
    const answers = await Promise.all(bodies.map((body) => ask(body)));
    expect(answers.map((answer) => answer._unsafeUnwrap())).toEqual(bodies);
    expect(counts.get('plugin.started')).toBe(2);
  });
});

describe('a bad plug-in', () => {
  it.each([
    ['leaves', 'service-failed'],
    ['half an answer', 'service-failed'],
    ['no http', 'service-garbage'],
    ['no cbor', 'service-garbage'],
    ['a number', 'service-garbage'],
    ['too much', 'service-too-large'],
    ['a long payload', 'service-too-large'],
  ])('that answers wrongly (%s) costs the request: %s', async (how, reason) => {
    const { ask, counts } = await open(bad(how));
    expect((await ask())._unsafeUnwrapErr()).toBe(reason);
    expect((await ask())._unsafeUnwrapErr()).toBe(reason);
    expect(counts.get('plugin.started')).toBe(1);
  });

  it.each(['silent', 'null'])('may have no answer (%s)', async (how) => {
    const { ask } = await open(bad(how));
    expect((await ask())._unsafeUnwrap()).toBeUndefined();
  });

  it('that dies is started again', async () => {
    const { ask, counts } = await open(bad('dies'));
    expect((await ask())._unsafeUnwrapErr()).toBe('service-failed');
    await expect.poll(() => counts.get('plugin.started')).toBe(2);
    await expect.poll(async () => (await ask())._unsafeUnwrapErr()).toBe('service-failed');
    expect(counts.get('plugin.ended')).toBeGreaterThanOrEqual(1);
  });

  it('that hangs is ended and started again', async () => {
    const { ask, counts } = await open(bad('hang'), SOON);
    expect((await ask())._unsafeUnwrapErr()).toBe('service-timeout');
    await expect.poll(() => counts.get('plugin.started')).toBe(2);
    expect(counts.get('plugin.hung')).toBe(1);
  });

  it('is not waited for by more than its queue holds, nor longer than a request may wait', async () => {
    const { ask } = await open(bad('hang'), { ...LIMITS, queue: 2, answerMs: 300 });
    const answers = await Promise.all([ask(), ask(), ask(), ask()]);
    expect(answers.map((answer) => answer._unsafeUnwrapErr())).toEqual([
      'service-timeout',
      'service-down',
      'service-down',
      'service-busy',
    ]);
    const { ask: askInTime } = await open(bad('good'));
    expect((await askInTime(undefined, 0))._unsafeUnwrapErr()).toBe('service-late');
    expect((await askInTime())._unsafeUnwrap()).toHaveLength(300);
  });

  it.each(['never ready', 'says much', 'not a path', 'ends at once'])(
    'that is never ready (%s) is not published, and tried again',
    async (how) => {
      const { ask, service, counts } = await open(bad(how), { ...LIMITS, startMs: 300 });
      await expect.poll(() => counts.get('plugin.not-ready')).toBeGreaterThanOrEqual(2);
      expect((await ask())._unsafeUnwrapErr()).toBe('service-down');
      expect(await service.advertise?.()).toBeUndefined();
    },
  );

  it('that is no program costs its requests only', async () => {
    const { ask, counts } = await open(optionsOf({ command: '/no/such/program' }), {
      ...LIMITS,
      startMs: 100,
    });
    expect((await ask())._unsafeUnwrapErr()).toBe('service-down');
    await expect.poll(() => counts.get('plugin.not-ready')).toBeGreaterThanOrEqual(2);
  });

  it('says nothing that the log repeats', async () => {
    const { logged, ask } = await open(bad('good'));
    await ask();
    await expect.poll(() => logged.some((line) => line.includes('complaint'))).toBe(true);
    expect(logged.join('\n')).not.toContain('somebody');
  });

  it('that publishes what cannot be published keeps what it said before: nothing', async () => {
    const { service, counts } = await open(bad('no cbor'));
    expect(await service.advertise?.()).toBeUndefined();
    expect(counts.get('plugin.bad-parameters')).toBe(1);
  });
});

describe('the end of a provider', () => {
  it.each(['deaf', 'a child', 'hang'])('leaves no process (%s)', async (how) => {
    const files = { pid: join(site.path, 'pid'), child: join(site.path, 'child') };
    const { end, ask } = await open(bad(how, files));
    void ask();
    await end();
    const pids = Object.values(files)
      .filter((path) => existsSync(path))
      .map((path) => Number(readFileSync(path, 'utf8')));
    expect(pids.length).toBe(how === 'a child' ? 2 : 1);
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
  });
});

describe('plug-ins with names that cannot be', () => {
  const refusal = async (...plugins: readonly PluginOptions[]): Promise<string> => {
    const builtIn: readonly Service[] = [loopService];
    const signal = AbortSignal.abort();
    const node = { io: nodeIo(), suite, count: () => undefined, signal };
    const error = (await openPlugins(node, plugins, { builtIn }))._unsafeUnwrapErr();
    return error.kind === 'bad-option' ? error.rule : error.kind;
  };

  it('are refused before anything is started', async () => {
    const twice = await refusal(optionsOf({}), optionsOf({ endpoint: '+other' }));
    expect(twice).toContain('two services have the capability echo');
    expect(await refusal(optionsOf({ capability: 'loop' }))).toContain('capability loop');
    expect(await refusal(optionsOf({ endpoint: '+loop' }))).toContain('endpoint +loop');
    for (const endpoint of ['', '+Echo', 'a b', 'a@b', '.a', 'ä', 'x'.repeat(65)]) {
      expect(await refusal(optionsOf({ endpoint })), endpoint).toContain('is no endpoint');
    }
  });

  it('and so is a world without programs', async () => {
    const node = {
      ...{ io: memoryIo({ seed: 1 }), suite, count: () => undefined },
      signal: AbortSignal.abort(),
    };
    const error = (await openPlugins(node, [optionsOf({})], { builtIn: [] }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'bad-option', option: 'plugins' });
  });
});
