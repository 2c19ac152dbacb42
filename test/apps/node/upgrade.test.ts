/** A node's directory over an upgrade: what waits in it, and the file that says its format. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openQueueStore, type QueueStore } from '../../../servers/node/queue-store.js';
import { memoryIo } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import { openSqliteStore } from '../../../src/store/sqlite.js';
import { FORMAT } from '../../../src/store/sqlite/format.js';
import { repeated } from '../../support/bytes.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';
import { makeFormer } from '../../support/former-store.js';
import { run, type Transcript } from '../cli/run.js';
import { isBuilt, program } from '../program.js';

const KEY = repeated(7, 32);
const PACKET_LENGTH = 200;
const PACKETS = 50;
const KILLS = 12;
/** From the start of the program on a slow machine; kills are spread over it. */
const LONGEST_UPGRADE_MS = 1500;

let site: OpenDirectory;
let file: string;
let dataDir: string;
beforeEach(async () => {
  site = await openDirectory();
  file = join(site.path, 'mix.toml');
  dataDir = join(site.path, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(site.path, 'data.storage.key'), KEY, { mode: 0o600 });
  await writeFile(
    file,
    `[Server]\nIdentifier = "mix1"\nAddresses = ["127.0.0.1:0"]\nDataDir = "${dataDir}"\n` +
      `[PKI.Nonvoting]\nAddress = "127.0.0.1:1"\nPublicKey = "${'ab'.repeat(32)}"\n`,
  );
});
afterEach(() => site.dispose());

const upgrade = (): Promise<Transcript> => run(['node', 'mix', 'upgrade', '-f', file]);
const version = (): Promise<string> => readFile(join(dataDir, 'version'), 'utf8');

/** Opens the node's queue for a moment. */
const withQueue = async <T>(use: (queue: QueueStore) => Promise<T>): Promise<T> => {
  const { log } = memoryIo({ seed: 'queue' });
  const store = (await openSqliteStore(join(dataDir, 'node.db'), KEY))._unsafeUnwrap();
  const options = { store, log, packetLength: PACKET_LENGTH, maxBytes: 1 << 20 };
  const queue = (await openQueueStore({ ...options, count: () => undefined }))._unsafeUnwrap();
  const used = await use(queue);
  await store.close();
  return used;
};

const fill = (queue: QueueStore) =>
  queue.put(
    Array.from({ length: PACKETS }, (_, i) => ({
      stage: 'outgoing' as const,
      nextNodeId: repeated(9, 32),
      packet: repeated(i, PACKET_LENGTH),
      dueMs: 1,
      leftMs: 0,
      expiresMs: 2,
    })),
  );

/** A node of the first format with packets that wait. */
const makeOldNode = async (): Promise<void> => {
  await withQueue(async (queue) => (await fill(queue))._unsafeUnwrap());
  makeFormer(join(dataDir, 'node.db'));
  await writeFile(join(dataDir, 'version'), '1\n');
};

const waiting = (): Promise<number> => withQueue((queue) => Promise.resolve(queue.entries.length));

describe('the packets that wait in a node', () => {
  it('are there after an upgrade, and a second one changes nothing', async () => {
    await makeOldNode();
    expect((await upgrade()).out[0]).toContain('format 1 became');
    expect(await version()).toBe(`${FORMAT}\n`);
    const bytes = await readFile(join(dataDir, 'node.db'));
    expect((await upgrade()).out[0]).toContain('nothing to do');
    expect(await readFile(join(dataDir, 'node.db'))).toEqual(bytes);
    expect(await waiting()).toBe(PACKETS);
  });

  it.skipIf(!isBuilt)('are there when it is killed and run again', async () => {
    await makeOldNode();
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(program, ['node', 'mix', 'upgrade', '-f', file]);
      const ended = new Promise((resolve) => child.on('close', resolve));
      await nodeClock().sleep((LONGEST_UPGRADE_MS * kill) / KILLS);
      child.kill('SIGKILL');
      await ended;
    }
    expect((await upgrade()).code).toBe(0);
    expect(await waiting()).toBe(PACKETS);
  });
});

describe('the file version', () => {
  const start = (): Promise<Transcript> => run(['node', 'mix', 'start', '-f', file]);

  it.each([
    ['1', 'the format is 1 and this program needs'],
    ['99', "the format 99 is newer than this program's"],
    ['new', 'this is no format of a store'],
  ])('that says %s is refused, and points at the upgrade', async (text, told) => {
    await writeFile(join(dataDir, 'version'), `${text}\n`);
    const { code, err } = await start();
    expect(code).toBe(1);
    expect(err[0]).toContain(`${join(dataDir, 'version')}: ${told}`);
    expect(err[0]).toContain('postern upgrade');
    expect(await version()).toBe(`${text}\n`);
  });

  it('of a newer program stops the upgrade too', async () => {
    await withQueue(async (queue) => (await fill(queue))._unsafeUnwrap());
    await writeFile(join(dataDir, 'version'), '99\n');
    expect((await upgrade()).code).toBe(1);
    expect(await version()).toBe('99\n');
    expect(await waiting()).toBe(PACKETS);
  });
});
