import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ed25519Key, x25519Key } from '../../../apps/config/key-text.js';
import { encodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { toBase64, toHex, utf8 } from '../../../src/bytes/text.js';
import { repeated } from '../../support/bytes.js';
import { withDirectory } from '../../support/directory.js';

const KEY = repeated(7, 32);
const PEM = encodePem(PEM_KEYS.ed25519Public, KEY);

const problemOf = (text: string): string | undefined =>
  ed25519Key.safeParse(text).error?.issues[0]?.message;

describe('a key in a configuration file', () => {
  it.each([toHex(KEY), toHex(KEY).toUpperCase(), toBase64(KEY), PEM, `\n${PEM}\n`])(
    'may be written as %j',
    (text) => expect(ed25519Key.parse(text)).toEqual(KEY),
  );

  it('may stand in a PEM file', () =>
    withDirectory(async (directory) => {
      const path = join(directory, 'key.pem');
      await writeFile(path, PEM);
      expect(ed25519Key.parse(`file:${path}`)).toEqual(KEY);
      expect(x25519Key.safeParse(`file:${path}`).error?.issues[0]?.message).toBe(
        `${path}: holds ED25519 PUBLIC KEY instead of X25519 PUBLIC KEY`,
      );
      await writeFile(path, utf8('rubbish'));
      expect(problemOf(`file:${path}`)).toBe(`${path}: not a PEM file`);
      expect(problemOf(`file:${path}.none`)).toBe(`${path}.none: cannot be read`);
      expect(problemOf(`file:${directory}`)).toBe(`${directory}: cannot be read`);
    }));

  it.each([
    ['', /32 bytes/],
    [toBase64(repeated(7, 31)), /32 bytes/],
    [toBase64(repeated(7, 33)), /32 bytes/],
    ['file:key.pem', /absolute/],
    [
      PEM.replace('ED25519', 'X25519').replace('ED25519', 'X25519'),
      /instead of ED25519 PUBLIC KEY/,
    ],
    [PEM.slice(0, 40), /not a PEM file/],
    [toHex(repeated(0, 32)), /is no key/],
    [`01${toHex(repeated(0, 31))}`, /is no key/],
  ])('is refused as %j', (text, problem) => expect(problemOf(text)).toMatch(problem));

  it('is not waited for', () =>
    withDirectory((directory) => {
      const path = join(directory, 'pipe');
      execFileSync('mkfifo', [path]);
      expect(problemOf(`file:${path}`)).toBe(`${path}: cannot be read`);
      return Promise.resolve();
    }));
});
