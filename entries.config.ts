/**
 * What is built: the package's public entries, and the programs beside them.
 *
 * package.json, the build and the documentation agree on the first list; a test checks it.
 */
export const entries = {
  library: {
    index: 'src/index.ts',
    'bridges/maildir': 'bridges/maildir/index.ts',
    'bridges/smtp': 'bridges/smtp/index.ts',
    'bridges/pop3': 'bridges/pop3/index.ts',
    'bridges/management': 'bridges/management/index.ts',
    servers: 'servers/index.ts',
    testkit: 'testkit/index.ts',
  },
  programs: {
    postern: 'apps/cli/main.ts',
    'workers/unwrap-worker': 'servers/node/unwrap-worker.ts',
  },
} as const;
