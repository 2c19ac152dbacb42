import tseslint from 'typescript-eslint';
import mustUseResult from './scripts/must-use-result.js';

const worldGlobals = ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'crypto', 'process'].map(
  (name) => ({ name, message: 'The world is passed in: see src/io/contracts.ts.' }),
);

export default tseslint.config(
  {
    ignores: [
      '**/*.mjs',
      'dist',
      'docs',
      'node_modules',
      'examples',
      'scripts',
      '*.config.*',
      'src/crypto/**/*.generated.ts',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { postern: { rules: { 'must-use-result': mustUseResult } } },
    rules: {
      'postern/must-use-result': 'error',
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A namespace import is what the bundler can shake the unused parts off.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value="zod"] > ImportSpecifier',
          message: "Write import * as z from 'zod'.",
        },
      ],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines-per-function': ['error', { max: 40 }],
    },
  },
  {
    // The world reaches the protocol through src/io only.
    files: ['src/**/*.ts', 'servers/**/*.ts', 'bridges/**/*.ts', 'testkit/**/*.ts'],
    ignores: [
      '**/*.mjs',
      'src/io/node.ts',
      'src/io/node/**',
      'src/io/manual-clock.ts',
      'bridges/files/**',
      'bridges/maildir/**',
      'bridges/mbox/**',
    ],
    rules: {
      'no-restricted-globals': ['error', ...worldGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from the Random that was passed in.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 400 }],
      // A hostile input is often called for what it must not do.
      'postern/must-use-result': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
);
