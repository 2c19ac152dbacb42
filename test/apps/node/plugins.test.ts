/** A plug-in in a whole provider, in a network of real processes: asked, killed, and hung. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readServerConfig } from '../../../apps/node/config.js';
import { isAlive } from '../../../apps/node/process.js';
import { askObject, numberAt, sayVerb } from '../../../apps/testnet/ask.js';
import { configFileOf, socketOf, type PartPlan } from '../../../apps/testnet/plan.js';
import { prepareTestnet } from '../../../apps/testnet/prepare.js';
import { answering, awaitAll, linked } from '../../../apps/testnet/ready.js';
import { fromUtf8, toBase64, utf8 } from '../../../src/bytes/text.js';
import { openMixClient } from '../../../src/client/mix-client.js';
import { selectPrimitives } from '../../../src/crypto/select.js';
import type { MixClient } from '../../../src/index.js';
import { memoryLog } from '../../../src/io/memory.js';
import { nodeIo } from '../../../src/io/node.js';
import { memoryStores } from '../../../src/store/memory.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';
import { isBuilt, program } from '../program.js';

const ECHO = join(import.meta.dirname, '../../../examples/echo-plugin/echo-plugin.mjs');
const EVE = 'eve@p2.test';
const PLUGIN = `
[[Provider.CBORPluginKaetzchen]]
Capability = "echo"
Endpoint = "+echo"
Command = "${ECHO}"
MaxConcurrency = 1
[Provider.CBORPluginKaetzchen.Config]
greeting = "Say something"
`;
/** An epoch that hardly ever ends here: a network that has just begun may have no document of the next. */
const DAY_MS = 86_400_000;
const PACE = { mu: 50, lambdaP: 150, lambdaL: 1000, lambdaD: 5000, epoch: DAY_MS };
const PATIENCE = { timeout: 60_000, interval: 100 };

const io = { ...nodeIo(), log: memoryLog() };
const primitives = selectPrimitives();

describe.skipIf(!isBuilt)('a plug-in of a provider', () => {
  let site: OpenDirectory;
  let client: MixClient | undefined;
  const processes = new Map<string, ChildProcess>();
  const parts = new Map<string, PartPlan>();

  const partOf = (name: string): PartPlan => {
    const part = parts.get(name);
    if (!part) throw new Error(`no part ${name}`);
    return part;
  };
  const start = (part: PartPlan): void => {
    const words = [program, 'node', part.role, 'run', '-f', configFileOf(part)];
    processes.set(part.name, spawn(process.execPath, words, { stdio: 'ignore' }));
  };

  beforeAll(async () => {
    site = await openDirectory();
    const faults = { loss: 0, duplicate: 0, reorderMs: 0 };
    const options = { kind: 'processes', pace: PACE, faults, payload: 2000 } as const;
    const directory = join(site.path, 'net');
    const plan = (await prepareTestnet({ ...options, directory }, io))._unsafeUnwrap();
    for (const part of plan.parts) parts.set(part.name, part);
    appendFileSync(configFileOf(partOf('p1')), PLUGIN);
    for (const part of plan.parts) start(part);
    const nodes = plan.parts.filter(({ role }) => role !== 'authority');
    (
      await awaitAll(
        io,
        'answer',
        plan.parts.map((part) => answering(io, part)),
      )
    )._unsafeUnwrap();
    (
      await awaitAll(
        io,
        'link',
        nodes.map((part) => linked(io, part)),
      )
    )._unsafeUnwrap();
    client = await openClient();
  });
  afterAll(async () => {
    await client?.close();
    for (const child of processes.values()) child.kill('SIGKILL');
    await site.dispose();
  });

  /** Somebody whose provider is the other one. */
  const openClient = async (): Promise<MixClient> => {
    const file = configFileOf(partOf('p2'));
    const { network } = readServerConfig(readFileSync(file, 'utf8'), file)._unsafeUnwrap().options;
    const [linkKey, identityKey] = [io.random(32), io.random(32)];
    const publicKey = primitives.x25519.publicKey(primitives.x25519.scalar(linkKey));
    const added = sayVerb(
      io.network,
      socketOf(partOf('p2')),
      `ADD_USER eve ${toBase64(publicKey)}`,
    );
    expect((await added)._unsafeUnwrap()).toMatch(/^250 /);
    const { open: openStore } = memoryStores();
    const opened = await openMixClient(
      {
        ...{ io, openStore, networks: { test: network }, dataDir: join(site.path, 'eve') },
        accounts: [{ user: 'eve', provider: 'p2.test', network: 'test', linkKey, identityKey }],
        storageKey: new Uint8Array(32),
      },
      { io, openStore, primitives },
    );
    return opened._unsafeUnwrap();
  };

  const ask = async (words: string, signal?: AbortSignal): Promise<string> => {
    const question = { account: EVE, service: 'echo', provider: 'p1.test', body: utf8(words) };
    const answer = await client?.ask({ ...question, ...(signal ? { signal } : {}) });
    if (answer === undefined) throw new Error('no client');
    return answer.isOk() ? fromUtf8(answer.value).replace(/\0+$/, '') : answer.error.kind;
  };
  const counted = async (event: string): Promise<number> => {
    const status = await askObject(io.network, socketOf(partOf('p1')), 'status');
    return numberAt(status._unsafeUnwrap(), 'counters', event);
  };
  /** The plug-in's process, a child of the provider's. */
  const pidOf = (): number | undefined => {
    const provider = String(processes.get('p1')?.pid);
    const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', provider], {
      encoding: 'utf8',
    });
    const line = stdout.split('\n').find((text) => text.includes('echo-plugin'));
    return line === undefined ? undefined : Number.parseInt(line, 10);
  };
  const onlyPid = (): number => {
    const pid = pidOf();
    if (pid === undefined) throw new Error('the plug-in does not run');
    return pid;
  };

  it('answers over the network', async () => {
    expect(await ask('hello')).toBe('hello');
    expect(await counted('plugin.started')).toBe(1);
  });

  it('is started again when it is killed', async () => {
    const first = onlyPid();
    process.kill(first, 'SIGKILL');
    await expect.poll(() => counted('plugin.started'), PATIENCE).toBe(2);
    expect(onlyPid()).not.toBe(first);
    expect(await ask('again')).toBe('again');
  });

  it('is ended and started again when it does not answer, and costs that request only', async () => {
    const hung = onlyPid();
    process.kill(hung, 'SIGSTOP');
    const stop = new AbortController();
    const lost = ask('lost', stop.signal);
    await expect.poll(() => counted('drop.service-timeout'), PATIENCE).toBe(1);
    stop.abort();
    expect(await lost).toBe('aborted');
    await expect.poll(() => counted('plugin.started'), PATIENCE).toBe(3);
    expect(await counted('plugin.hung')).toBe(1);
    await expect.poll(() => isAlive(hung), PATIENCE).toBe(false);
    expect(await ask('and again')).toBe('and again');
  });

  it('ends with a provider that is killed, and comes back with it', async () => {
    const before = onlyPid();
    const provider = processes.get('p1');
    const ended = new Promise((resolve) => provider?.once('exit', resolve));
    provider?.kill('SIGKILL');
    await ended;
    await expect.poll(() => isAlive(before), PATIENCE).toBe(false);
    start(partOf('p1'));
    (await awaitAll(io, 'answer', [answering(io, partOf('p1'))]))._unsafeUnwrap();
    (await awaitAll(io, 'link', [linked(io, partOf('p1'))]))._unsafeUnwrap();
    expect(await ask('at last')).toBe('at last');
  });
});
