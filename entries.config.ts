/**
 * What is built: the package's public entries, the programs beside them, the benches
 * and the simulation.
 *
 * package.json, the build and the documentation agree on the first list; a test checks it.
 */
export const entries = {
  library: {
    index: 'src/index.ts',
    'bridges/maildir': 'bridges/maildir/index.ts',
    'bridges/mbox': 'bridges/mbox/index.ts',
    'bridges/smtp': 'bridges/smtp/index.ts',
    'bridges/pop3': 'bridges/pop3/index.ts',
    'bridges/management': 'bridges/management/index.ts',
    'bridges/nodemailer': 'bridges/nodemailer/index.ts',
    'bridges/exit': 'bridges/exit/index.ts',
    servers: 'servers/index.ts',
    testkit: 'testkit/index.ts',
  },
  programs: {
    postern: 'apps/cli/main.ts',
    'postern-sendmail': 'apps/sendmail/main.ts',
    'workers/unwrap-worker': 'servers/node/unwrap-worker.ts',
  },
  bench: {
    main: 'bench/main.ts',
    'crypto.bench': 'bench/crypto.bench.ts',
    'sphinx.bench': 'bench/sphinx.bench.ts',
    'wire.bench': 'bench/wire.bench.ts',
    'relay.bench': 'bench/relay.bench.ts',
    'memory.bench': 'bench/memory.bench.ts',
    'delivery.bench': 'bench/delivery.bench.ts',
    'start.bench': 'bench/start.bench.ts',
    'idle.bench': 'bench/idle.bench.ts',
    'mailbox.bench': 'bench/mailbox.bench.ts',
    'submit.bench': 'bench/submit.bench.ts',
    'folders.bench': 'bench/folders.bench.ts',
    'authority.bench': 'bench/authority.bench.ts',
    'provider.bench': 'bench/provider.bench.ts',
    postern: 'apps/cli/main.ts',
    mix: 'bench/relay/mix.ts',
    sink: 'bench/relay/sink.ts',
    'workers/unwrap-worker': 'servers/node/unwrap-worker.ts',
  },
  sim: { main: 'sim/main.ts' },
} as const;
