/** Who may import whom: the project's layers as data, and the check of one import against them. */
import { posix } from 'node:path';

const UP_TO_PKI = ['src/bytes', 'src/io', 'src/crypto', 'src/sphinx', 'src/wire', 'src/pki'];
const BRIDGE = ['src/index.ts', 'src/io', 'src/bytes', 'src/control', 'src/mail', 'src/sanitise'];
const NODE = [...UP_TO_PKI, 'src/store', 'src/control'];
/** What all rooms of the client stand on: its public face, its store's steps, signals. */
const CLIENT = [
  ...UP_TO_PKI,
  'src/store',
  'src/mail',
  'src/sanitise',
  ...['types', 'account-types', 'recipient-types', 'reply-block-types'].map(
    (name) => `src/client/${name}.ts`,
  ),
  ...['names', 'errors', 'events', 'keys'].map((name) => `src/client/${name}.ts`),
  ...['pulse', 'turns', 'step', 'seen', 'store-health', 'threads', 'mail-ids'].map(
    (name) => `src/client/${name}.ts`,
  ),
];
const rooms = (...names: readonly string[]): readonly string[] => [
  ...CLIENT,
  ...names.map((name) => `src/client/${name}`),
];
const SDK = ['src', 'bridges', 'servers', 'testkit'];

/** Each layer's folder (or file), with what it may import beside itself. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  'src/bytes': [],
  'src/io': ['src/bytes'],
  'src/crypto': ['src/bytes'],
  'src/sphinx': ['src/bytes', 'src/crypto'],
  'src/wire': ['src/bytes', 'src/crypto', 'src/io', 'src/sphinx'],
  'src/pki': ['src/bytes', 'src/crypto', 'src/io', 'src/sphinx', 'src/wire'],
  'src/store': ['src/bytes', 'src/io', 'src/crypto'],
  'src/control': ['src/bytes', 'src/io'],
  'src/mail': ['src/bytes'],
  'src/sanitise': ['src/bytes', 'src/mail'],
  'src/client': CLIENT,
  'src/client/blocks': rooms(),
  'src/client/link': rooms(),
  'src/client/recipients': rooms(),
  'src/client/packets': rooms('blocks'),
  'src/client/inbox': rooms('blocks'),
  'src/client/submit': rooms(),
  'src/client/outbox': rooms('blocks', 'packets', 'recipients'),
  'src/client/sender': rooms('blocks', 'packets', 'outbox', 'link'),
  'src/client/account': rooms(
    ...['blocks', 'link', 'recipients', 'packets', 'inbox', 'outbox', 'sender'],
  ),
  'src/index.ts': ['src'],
  'bridges/files': BRIDGE,
  'bridges/mta': BRIDGE,
  'bridges/maildir': [...BRIDGE, 'bridges/files'],
  'bridges/mbox': [...BRIDGE, 'bridges/files'],
  // A mail that an exit has failed with lies in a Maildir.
  'bridges/exit': [...BRIDGE, 'bridges/files', 'bridges/maildir', 'bridges/mta'],
  'bridges/smtp': BRIDGE,
  'bridges/pop3': BRIDGE,
  'bridges/management': BRIDGE,
  'bridges/nodemailer': BRIDGE,
  'bridges/filter': [...BRIDGE, 'bridges/mta'],
  'servers/node': NODE,
  'servers/mix': [...NODE, 'servers/node'],
  'servers/provider': [...NODE, 'servers/node'],
  'servers/authority': [...NODE, 'servers/node'],
  'servers/index.ts': ['src', 'servers'],
  testkit: ['src', 'servers', 'bridges/exit/contracts.ts'],
  apps: SDK,
  sim: ['src', 'servers', 'apps'],
  test: [...SDK, 'apps', 'bench', 'sim', 'scripts/aez-wasm', 'entries.config.ts'],
  bench: [...SDK, 'apps'],
};

/** Any layer may import these: types without code. */
const FREE = ['src/io/contracts.ts'];

const within = (file: string, folder: string): boolean =>
  file === folder || file.startsWith(`${folder}/`);

const layerOf = (file: string): string | undefined =>
  Object.keys(layers)
    .filter((layer) => within(file, layer))
    .sort((a, b) => b.length - a.length)[0];

const IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

/** The relative imports of a source text, as paths from the project's root. */
export const importsOf = (file: string, source: string): string[] =>
  [...source.matchAll(IMPORT)].map(([, target = '']) =>
    posix.join(posix.dirname(file), target).replace(/\.js$/, '.ts'),
  );

/** What is wrong with an import, or `undefined`. */
export const refusalOf = (file: string, target: string): string | undefined => {
  const from = layerOf(file);
  if (from === undefined) return `${file} is in no layer`;
  if (FREE.includes(target) || within(target, from)) return undefined;
  const allowed = (layers[from] ?? []).some((folder) => within(target, folder));
  return allowed ? undefined : `${file} must not import ${target}`;
};

const PLATFORM = [
  'src/io/node.ts',
  'src/io/node',
  'src/crypto/fast.ts',
  'src/store/sqlite.ts',
  'src/store/sqlite',
];
const NODE_IMPORT = /from\s+'(node:[^']+|@photostructure\/sqlite)'/g;

/** Platform modules that a file of `src/` imports although it is not the platform's edge. */
export const platformImportsOf = (file: string, source: string): string[] =>
  !within(file, 'src') || PLATFORM.some((edge) => within(file, edge))
    ? []
    : [...source.matchAll(NODE_IMPORT)].map(([, name = '']) => name);
