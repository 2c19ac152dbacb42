/** The package's public entries: four files name them, and all must name the same. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entries } from '../entries.config.js';
import { builtOrReason } from './support/build.js';

const root = join(import.meta.dirname, '..');
const readJson = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

/** `index` is the package itself. */
const specifierOf = (name: string): string => (name === 'index' ? '.' : `./${name}`);
const library = Object.entries(entries.library);

const exportOf = (name: string): unknown => ({
  import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
  require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
});

describe('the public entries', () => {
  it('are exported by the package, in both formats and with their types', () => {
    const exported = Object.fromEntries(
      library.map(([name]) => [specifierOf(name), exportOf(name)]),
    );
    expect(readJson('package.json')).toMatchObject({
      exports: { ...exported, './package.json': './package.json' },
    });
    const { exports } = readJson('package.json') as { exports: object };
    expect(Object.keys(exports).length).toBe(library.length + 1);
  });

  it('are documented, all of them', () => {
    expect(readJson('typedoc.json')).toMatchObject({
      entryPoints: library.map(([, source]) => source),
    });
  });

  it.each(library)('%s says what it is', (_, source) => {
    expect(readFileSync(join(root, source), 'utf8')).toMatch(
      /^\/\*\*\n \* [A-Z][^]*?@module\n \*\//,
    );
  });

  it('stand beside programs that exist', () => {
    const bin = { postern: 'dist/postern.js', 'postern-sendmail': 'dist/postern-sendmail.js' };
    expect(readJson('package.json')).toMatchObject({ bin });
    for (const name of Object.keys(bin)) expect(Object.keys(entries.programs)).toContain(name);
    for (const source of Object.values(entries.programs)) {
      expect(existsSync(join(root, source)), source).toBe(true);
    }
  });

  it.skipIf(builtOrReason() !== undefined).each(library)(
    '%s gives the same names to import and to require',
    async (name) => {
      const specifier = join('postern', specifierOf(name));
      const imported = (await import(specifier)) as object;
      const required = createRequire(import.meta.url)(specifier) as object;
      const namesOf = (module: object): string[] => Object.keys(module).sort();
      expect(namesOf(required)).toEqual(namesOf(imported));
      expect(namesOf(imported).length).toBeGreaterThan(0);
    },
  );
});
