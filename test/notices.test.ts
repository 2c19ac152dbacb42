/** Whatever of others is in the package, their licence is too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtOrReason } from './support/build.js';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

const readJson = (file: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>;

/** As the maps tell it, which the notices are not made from. */
const bundled = (): readonly string[] => {
  const maps = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.map'),
  );
  const sources = maps.flatMap((name) => readJson(join(dist, name))['sources'] as string[]);
  const folders = sources.flatMap(
    (source) => /node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source) ?? [],
  );
  return [...new Set(folders)].sort();
};

describe.skipIf(builtOrReason() !== undefined)('the notices', () => {
  it('name every package that is bundled, with its licence', () => {
    const text = readFileSync(join(dist, 'THIRD-PARTY-NOTICES.md'), 'utf8');
    const folders = bundled();
    expect(folders).toEqual(expect.arrayContaining(['node_modules/zod', 'node_modules/cborg']));
    for (const folder of folders) {
      const { name, version } = readJson(join(root, folder, 'package.json'));
      const licence = readFileSync(join(root, folder, 'LICENSE'), 'utf8').trim();
      expect(licence.length, folder).toBeGreaterThan(500);
      expect(text).toContain(`## ${String(name)} ${String(version)}\n\n\`\`\`text\n${licence}\n`);
    }
  });

  it('are part of the package', () => {
    expect(readJson(join(root, 'package.json'))['files']).toContain('dist');
  });
});
