import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../apps/cli/files.js';
import { withDirectory } from '../../support/directory.js';

const reasonOf = async (path: string): Promise<string> => {
  const error = (await readConfigFile(path, (source) => ok(source)))._unsafeUnwrapErr();
  return error.kind === 'config-file' ? error.reason : error.kind;
};

describe('a configuration file', () => {
  it('is read where it lies, and through links', () =>
    withDirectory(async (directory) => {
      const [file, link] = [join(directory, 'c.toml'), join(directory, 'link')];
      await writeFile(file, 'é = 1');
      await symlink(file, link);
      const read = await readConfigFile(link, (source) => ok(source));
      expect(read._unsafeUnwrap()).toBe('é = 1');
    }));

  it('is never waited for', () =>
    withDirectory(async (directory) => {
      const pipe = join(directory, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const none = 'it is a pipe, a socket or a device, and no plain file';
      expect(await reasonOf(pipe)).toBe(none);
      expect(await reasonOf('/dev/zero')).toBe(none);
      expect(await reasonOf(directory)).toBe('it is a directory');
      expect(await reasonOf(`${pipe}.none`)).toBe('there is no such file');
    }));
});
