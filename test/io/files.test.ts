import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/text.js';
import type { Files } from '../../src/io/contracts.js';
import { memoryFiles } from '../../src/io/memory.js';
import { nodeFiles } from '../../src/io/node.js';
import { withDirectory } from '../support/directory.js';

type Use = (files: Files, root: string) => Promise<void>;

const KINDS: Readonly<Record<string, (use: Use) => Promise<void>>> = {
  'on disk': (use) => withDirectory((root) => use(nodeFiles(), root)),
  'in memory': async (use) => {
    const files = memoryFiles();
    (await files.makeDirectory('/root'))._unsafeUnwrap();
    await use(files, '/root');
  },
};

describe.each(Object.entries(KINDS))('files %s', (_kind, withFiles) => {
  const reasonOf = async (
    work: ReturnType<Files['write']> | ReturnType<Files['read']>,
  ): Promise<string> => (await work)._unsafeUnwrapErr().reason;

  it('are replaced whole', () =>
    withFiles(async (files, root) => {
      (await files.write(`${root}/a`, utf8('a long first text')))._unsafeUnwrap();
      (await files.write(`${root}/a`, utf8('second')))._unsafeUnwrap();
      expect((await files.read(`${root}/a`))._unsafeUnwrap()).toEqual(utf8('second'));
      expect((await files.list(root))._unsafeUnwrap()).toEqual(['a']);
    }));

  it('are the caller’s own bytes', () =>
    withFiles(async (files, root) => {
      (await files.write(`${root}/a`, utf8('text')))._unsafeUnwrap();
      const read = (await files.read(`${root}/a`))._unsafeUnwrap();
      read.slice().fill(0);
      expect(read).toEqual(utf8('text'));
    }));

  it('take the last of several writes at once', () =>
    withFiles(async (files, root) => {
      const writes = Array.from({ length: 30 }, (_, i) => files.write(`${root}/a`, utf8(`${i}`)));
      expect((await Promise.all(writes)).every((write) => write.isOk())).toBe(true);
      expect((await files.read(`${root}/a`))._unsafeUnwrap()).toEqual(utf8('29'));
    }));

  it('are listed sorted, without directories and what lies in them', () =>
    withFiles(async (files, root) => {
      (await files.makeDirectory(`${root}/sub/deep`))._unsafeUnwrap();
      (await files.makeDirectory(`${root}/sub/deep`))._unsafeUnwrap();
      for (const name of ['b', 'a', 'sub/c', 'sub/deep/d']) {
        (await files.write(`${root}/${name}`, utf8(name)))._unsafeUnwrap();
      }
      expect((await files.list(root))._unsafeUnwrap()).toEqual(['a', 'b']);
      expect((await files.list(`${root}/sub`))._unsafeUnwrap()).toEqual(['c']);
      expect((await files.list(`${root}/none`))._unsafeUnwrap()).toEqual([]);
    }));

  it('say what is missing', () =>
    withFiles(async (files, root) => {
      expect(await reasonOf(files.read(`${root}/none`))).toBe('missing');
      expect(await reasonOf(files.write(`${root}/none/a`, utf8('x')))).toBe('missing');
      (await files.remove(`${root}/none`))._unsafeUnwrap();
    }));

  it('go when they are removed', () =>
    withFiles(async (files, root) => {
      (await files.write(`${root}/a`, utf8('x')))._unsafeUnwrap();
      (await files.remove(`${root}/a`))._unsafeUnwrap();
      expect(await reasonOf(files.read(`${root}/a`))).toBe('missing');
    }));

  it('do not replace a directory, nor a directory a file', () =>
    withFiles(async (files, root) => {
      (await files.makeDirectory(`${root}/sub`))._unsafeUnwrap();
      expect(await reasonOf(files.write(`${root}/sub`, utf8('x')))).toBe('io');
      expect((await files.list(root))._unsafeUnwrap()).toEqual([]);
      (await files.write(`${root}/a`, utf8('x')))._unsafeUnwrap();
      expect(await reasonOf(files.makeDirectory(`${root}/a`))).toBe('exists');
    }));
});

describe('files on disk', () => {
  it('and their directories are private', () =>
    withDirectory(async (root) => {
      const files = nodeFiles();
      (await files.makeDirectory(`${root}/a/b`))._unsafeUnwrap();
      (await files.write(`${root}/a/b/c`, utf8('x')))._unsafeUnwrap();
      const modeOf = async (name: string): Promise<number> =>
        (await stat(`${root}/${name}`)).mode & 0o777;
      expect([await modeOf('a'), await modeOf('a/b'), await modeOf('a/b/c')]).toEqual([
        0o700, 0o700, 0o600,
      ]);
    }));

  it('become private when they are replaced', () =>
    withDirectory(async (root) => {
      await writeFile(`${root}/a`, 'open');
      await chmod(`${root}/a`, 0o644);
      (await nodeFiles().write(`${root}/a`, utf8('x')))._unsafeUnwrap();
      expect((await stat(`${root}/a`)).mode & 0o777).toBe(0o600);
    }));

  it('leave nothing half-written behind, and do not show what a crash left', () =>
    withDirectory(async (root) => {
      await writeFile(`${root}/.a.0123456789ab.tmp`, 'half');
      await mkdir(`${root}/sub`);
      await symlink('/etc/passwd', `${root}/link`);
      const files = nodeFiles();
      (await files.write(`${root}/sub`, utf8('x')))._unsafeUnwrapErr();
      (await files.write(`${root}/a`, utf8('x')))._unsafeUnwrap();
      expect((await files.list(root))._unsafeUnwrap()).toEqual(['a']);
      expect((await readdir(root)).sort()).toEqual(['.a.0123456789ab.tmp', 'a', 'link', 'sub']);
    }));
});

describe('files in memory', () => {
  it('refuse changes on demand and show what they hold', async () => {
    const files = memoryFiles();
    files.failWrites('full');
    expect((await files.write('/a', utf8('x')))._unsafeUnwrapErr().reason).toBe('full');
    expect((await files.remove('/a'))._unsafeUnwrapErr().reason).toBe('full');
    files.failWrites(undefined);
    expect((await files.write('/a', utf8('x'))).isOk()).toBe(true);
    expect([...files.snapshot()]).toEqual([['/a', utf8('x')]]);
  });
});
