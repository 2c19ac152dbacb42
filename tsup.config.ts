import { defineConfig, type Options } from 'tsup';
import { entries } from './entries.config.js';

const common: Options = {
  outDir: 'dist',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  splitting: true,
};

const programs: Options = { ...common, entry: entries.programs, format: ['esm'] };

const library: Options = {
  ...common,
  entry: entries.library,
  format: ['esm', 'cjs'],
  dts: true,
  // ESM-only packages cannot be required from the CommonJS build, so they come inside it.
  noExternal: [/^chokidar$/, /^readdirp$/, /^@noble\//, /^cborg/],
};

export default defineConfig(
  process.env.POSTERN_BUILD === 'programs' ? [programs] : [library, programs],
);
