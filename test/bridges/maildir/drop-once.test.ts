/** Dropped files are sent once: through kills, moves, and moves that fail. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as files from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { errAsync, ResultAsync } from 'neverthrow';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { identityOf, type FileStats } from '../../../bridges/files/disk.js';
import { watchDrop, type DropOptions, type RunningDrop } from '../../../bridges/maildir/index.js';
import { memoryLog, type MemoryLog } from '../../../src/io/memory.js';
import { nodeClock } from '../../../src/io/node.js';
import type { MixClient, SendError } from '../../../src/index.js';
import { openDirectory } from '../../support/directory.js';
import { eventually } from '../eventually.js';
import { ALICE, BOB, openDropClient } from './drop-client.js';

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof files>();
  return { ...actual, rename: vi.fn(actual.rename) };
});

const MAIL = `From: ${ALICE}\nTo: ${BOB}\nSubject: x\n\nbody\n`;

let root: string;
let folder: string;
let client: MixClient;
let drop: RunningDrop | undefined;
let log: MemoryLog;
beforeEach(async () => {
  const directory = await openDirectory();
  root = directory.path;
  folder = `${root}/drop`;
  log = memoryLog();
  await files.mkdir(`${folder}/new`, { recursive: true });
  await files.mkdir(`${folder}/cur`);
  client = await openDropClient(`${root}/data`);
  return async () => {
    vi.mocked(files.rename).mockReset();
    await drop?.close();
    await client.close();
    await directory.dispose();
  };
});

const watch = async (options: Partial<DropOptions> = {}): Promise<void> => {
  const given = { client, account: ALICE, directory: folder, clock: nodeClock(), log };
  const watched = await watchDrop({ ...given, rescanMs: 100, stableMs: 50, ...options });
  drop = watched._unsafeUnwrap();
};

/** Ends the drop folder and the client, and begins both again. */
const restart = async (): Promise<void> => {
  await drop?.close();
  await client.close();
  client = await openDropClient(`${root}/data`);
  await watch();
};

const put = async (place: string, mail = MAIL): Promise<void> => {
  await files.writeFile(`${root}/written`, mail);
  await files.rename(`${root}/written`, `${folder}/${place}`);
};

const queued = (): number => client.outbox.list().length;

/** Takes all mail out of the outbox, as if it had arrived. */
const cancelAll = async (): Promise<void> => {
  for (const { messageId } of client.outbox.list()) {
    (await client.outbox.cancel(messageId))._unsafeUnwrap();
  }
};

const lying = async (): Promise<readonly string[]> => [
  ...(await files.readdir(`${folder}/new`)),
  ...(await files.readdir(`${folder}/cur`)),
];

/** From now on nothing can be moved to `.Sent`. */
const refuseMoves = async (): Promise<void> => {
  const { rename } = await vi.importActual<typeof files>('node:fs/promises');
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  vi.mocked(files.rename).mockImplementation((from, to) =>
    String(to).includes('/.Sent/') ? Promise.reject(denied) : rename(from, to),
  );
};

/** How often that was tried. */
const refusedMoves = (): number =>
  vi.mocked(files.rename).mock.calls.filter(([, to]) => String(to).includes('/.Sent/')).length;

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Has another process watch the folder, which kills itself between the commit and the removal. */
const watchUntilKilled = async (): Promise<void> => {
  await client.close();
  const script = [fileAt('../../support/typescript.mjs'), fileAt('drop-until-killed.ts')];
  const child = spawn(process.execPath, ['--import', ...script, `${root}/data`, folder], {
    stdio: 'inherit',
  });
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  client = await openDropClient(`${root}/data`);
};

/** As a crash does: the mail is in the outbox, and nobody has heard of it. */
const loseAnswer = () => errAsync<never, SendError>({ kind: 'closed' });

describe('a dropped file', () => {
  it('is sent once when the process is killed before it is moved', async () => {
    await put('new/one');
    await watchUntilKilled();
    expect([queued(), await lying()]).toEqual([1, ['one']]);
    await watch();
    await eventually(lying).toEqual([]);
    expect(queued()).toBe(1);
  });

  it('is sent once also when its mail arrived and a mail program moved it meanwhile', async () => {
    await put('new/one');
    await watch({ client: { send: (options) => client.send(options).andThen(loseAnswer) } });
    await eventually(queued).toBe(1);
    await drop?.close();
    await cancelAll();
    await files.rename(`${folder}/new/one`, `${folder}/cur/one:2,S`);
    await restart();
    await eventually(lying).toEqual([]);
    expect(queued()).toBe(0);
  });

  it('is sent once when it is moved while it is sent', async () => {
    const move = () => files.rename(`${folder}/new/one`, `${folder}/cur/one:2,S`);
    const moving = () => ResultAsync.fromSafePromise(move().catch(() => undefined));
    await put('new/one');
    await watch({ client: { send: (options) => client.send(options).andThrough(moving) } });
    await eventually(lying).toEqual([]);
    expect(queued()).toBe(1);
    expect(log.lines).toEqual([]);
  });

  it('is not sent again while it cannot be moved, and goes when it can', async () => {
    await refuseMoves();
    await put('new/stuck');
    await watch();
    await eventually(refusedMoves).toBeGreaterThan(3);
    await cancelAll();
    await restart();
    vi.mocked(files.rename).mockClear();
    await eventually(refusedMoves).toBeGreaterThan(3);
    expect([queued(), await lying()]).toEqual([0, ['stuck']]);
    // Once in each run.
    expect(log.lines).toHaveLength(2);
    for (const line of log.lines) expect(line).toContain('a sent file cannot be moved');
    vi.mocked(files.rename).mockReset();
    await eventually(lying).toEqual([]);
    expect(queued()).toBe(0);
  });

  it('is another one when it is written anew, though the first is stuck', async () => {
    await refuseMoves();
    await files.writeFile(`${folder}/letter.eml`, MAIL);
    await watch();
    await eventually(queued).toBe(1);
    await files.writeFile(`${folder}/letter.eml`, MAIL);
    await eventually(queued).toBe(2);
  });

  it('is one of two with the same bytes, which both go', async () => {
    await put('new/one');
    await put('new/two');
    await watch();
    await eventually(lying).toEqual([]);
    expect(queued()).toBe(2);
  });

  it('is sent each time that it is put there, with its old times or by a link', async () => {
    await files.writeFile(`${root}/letter`, MAIL);
    await watch();
    for (let sent = 1; sent <= 4; sent++) {
      const drops = sent % 2 === 0 ? files.link : copyWithTimes;
      await drops(`${root}/letter`, `${folder}/new/letter`);
      await eventually(queued).toBe(sent);
      await eventually(lying).toEqual([]);
    }
  });
});

const copyWithTimes = async (from: string, to: string): Promise<void> => {
  const { atime, mtime } = await files.stat(from);
  await files.copyFile(from, `${root}/copy`);
  await files.utimes(`${root}/copy`, atime, mtime);
  await files.rename(`${root}/copy`, to);
};

describe('the identity of a file', () => {
  const stats: FileStats = {
    ino: 12n,
    nlink: 1n,
    size: 300n,
    mtimeNs: 1_700_000_000_000_000_001n,
    ctimeNs: 1_700_000_000_000_000_003n,
    birthtimeNs: 1_700_000_000_000_000_002n,
  };
  const flags = fc.stringMatching(/^[A-Za-z]*$/).map((letters) => `:2,${letters}`);
  const base = fc.stringMatching(/^[a-z0-9.,=_]+$/);

  it('stays when its flags, its place and its permissions change', () => {
    fc.assert(
      fc.property(base, flags, fc.bigInt({ min: 0n, max: 1n << 62n }), (name, flag, ctimeNs) => {
        const moved = identityOf(`${name}${flag}`, { ...stats, ctimeNs });
        expect(moved).toBe(identityOf(name, stats));
      }),
    );
  });

  it('is that of no file with another name, inode, birth, size or time of writing', () => {
    const keys = ['ino', 'size', 'mtimeNs', 'birthtimeNs'] as const;
    const known = identityOf('name', stats);
    fc.assert(
      fc.property(
        fc.constantFrom(...keys),
        fc.bigInt({ min: 1n, max: 1n << 62n }),
        (key, value) => {
          fc.pre(value !== stats[key]);
          expect(identityOf('name', { ...stats, [key]: value })).not.toBe(known);
        },
      ),
    );
    expect(identityOf('other', stats)).not.toBe(known);
  });

  it('changes with the file where nothing is known of its birth, or it has other links', () => {
    for (const unsure of [{ birthtimeNs: 0n }, { nlink: 2n }]) {
      const changed = identityOf('name', { ...stats, ...unsure, ctimeNs: 5n });
      expect(changed).not.toBe(identityOf('name', { ...stats, ...unsure }));
    }
  });
});
