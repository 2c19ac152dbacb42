import { defineConfig, type Options } from 'tsup';
import { entries } from './entries.config.js';
import { notices } from './scripts/notices.js';

const common: Options = {
  outDir: 'dist',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  splitting: true,
  esbuildPlugins: [notices()],
};

/**
 * Comes inside the programs, without what is not used of it: finding and compiling two hundred files
 * took as long as all else that a daemon does until it is ready. The rest is native or CommonJS.
 */
const bundled = [/^zod/, /^@noble\//, /^cborg/, /^neverthrow$/, /^smol-toml$/];

const programs: Options = {
  ...common,
  entry: entries.programs,
  format: ['esm'],
  noExternal: bundled,
};

/** Not in `dist`, which is what the package consists of. */
const bench: Options = {
  ...programs,
  entry: entries.bench,
  outDir: 'node_modules/.cache/postern-bench',
};

const sim: Options = {
  ...programs,
  entry: entries.sim,
  outDir: 'node_modules/.cache/postern-sim',
};

const library: Options = { ...common, entry: entries.library };

const libraries: Options[] = [
  { ...library, format: ['esm'] },
  {
    ...library,
    format: ['cjs'],
    // For import.meta.url, from which the built worker is found.
    shims: true,
    // ESM-only packages cannot be required from the CommonJS build, so they come inside it.
    noExternal: [/^@noble\//, /^cborg/],
  },
  { ...library, format: ['esm', 'cjs'], dts: { only: true } },
];

const builds: Readonly<Record<string, Options[]>> = {
  programs: [programs],
  bench: [bench],
  sim: [sim],
};

export default defineConfig(builds[process.env.POSTERN_BUILD ?? ''] ?? [...libraries, programs]);
