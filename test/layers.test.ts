import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, platformImportsOf, refusalOf } from './layers.js';

const root = join(import.meta.dirname, '..');
const folders = ['src', 'bridges', 'servers', 'testkit', 'apps', 'test', 'bench', 'sim'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('the import layers', () => {
  it('hold in every file', () => {
    expect(files.length).toBeGreaterThan(50);
    const refusals = files.flatMap((file) =>
      importsOf(file, read(file)).flatMap((target) => refusalOf(file, target) ?? []),
    );
    expect(refusals).toEqual([]);
  });

  it('keep the platform at the edge of the SDK', () => {
    const found = files.flatMap((file) =>
      platformImportsOf(file, read(file)).map((name) => `${file}: ${name}`),
    );
    expect(found).toEqual([]);
  });

  it('fail when a wrong import is added', () => {
    const wrong: readonly (readonly [string, string])[] = [
      ['src/bytes/reader.ts', '../crypto/noise.js'],
      ['src/sphinx/packet.ts', '../pki/path.js'],
      ['src/client/outbox/outbox.ts', '../../../servers/node/hold.js'],
      ['src/client/inbox/inbox.ts', '../outbox/outbox.js'],
      ['bridges/smtp/serve.ts', '../pop3/serve.js'],
      ['bridges/smtp/serve.ts', '../../src/client/outbox/outbox.js'],
      ['servers/mix/mix.ts', '../provider/spool.js'],
      ['servers/node/hold.ts', '../../src/client/types.js'],
      ['elsewhere/tool.ts', '../src/index.js'],
    ];
    for (const [file, target] of wrong) {
      const [found = ''] = importsOf(
        file,
        `${read('src/bytes/writer.ts')}\nimport { x } from '${target}';`,
      );
      expect(refusalOf(file, found), `${file} -> ${target}`).toBeDefined();
    }
    expect(platformImportsOf('src/pki/cache.ts', "import fs from 'node:fs';")).toEqual(['node:fs']);
  });

  it('let right imports pass', () => {
    expect(refusalOf('src/sphinx/packet.ts', 'src/crypto/primitives.ts')).toBeUndefined();
    expect(refusalOf('src/bytes/reader.ts', 'src/io/contracts.ts')).toBeUndefined();
    expect(refusalOf('bridges/smtp/serve.ts', 'src/index.ts')).toBeUndefined();
  });
});
