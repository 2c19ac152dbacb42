/** What the documents tell their readers to type. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCheck, runProgram } from './apps/program.js';
import { run } from './apps/cli/run.js';
import { withDirectory } from './support/directory.js';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const TEXTS = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const CODE = /```\w*\n[^]*?```|`[^`\n]+`/g;
const COMMAND = /(?<![\w/.-])postern ([a-z][\w-]*)/g;

const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(CODE)].flatMap(([code]) =>
    [...code.matchAll(COMMAND)].map(([, command = '']) => command),
  );

describe('the documents', () => {
  it('name commands that exist', async () => {
    const { out } = await run(['--help']);
    const known = [...out.join('\n').matchAll(/^ {2}([a-z][a-z|-]*)/gm)].flatMap(([, names = '']) =>
      names.split('|'),
    );
    expect(known).toEqual(expect.arrayContaining(['init', 'doctor', 'contacts']));
    for (const file of TEXTS) {
      const unknown = commandsIn(read(file)).filter((command) => !known.includes(command));
      expect(unknown, file).toEqual([]);
    }
  });
});

const HELPERS = `
set -euo pipefail
mkdir ~/bin && ln -s "$POSTERN" ~/bin/postern && PATH=~/bin:$PATH
there() { for _ in $(seq 300); do compgen -G "$1" >/dev/null && return; sleep 0.1; done; return 1; }
trap 'kill $(jobs -p); postern testnet down --dir ~/net' EXIT
`;

/** Somebody else may have the usual ports, and no reader types faster than a daemon starts. */
const typed = (text: string): string =>
  [...text.matchAll(/```sh\n([^]*?)```/g)]
    .map(([, block = '']) => block)
    .join('')
    .replace(' --yes\n', ' --yes --smtp 127.0.0.1:0 --pop3 127.0.0.1:0\n')
    .replace('postern daemon &\n', 'postern daemon &\nthere "$HOME/mix/data/management_sock"\n')
    .replace('cat ~/mix/Mail/new/*', 'there "$HOME/mix/Mail/new/*"\n$&');

describe.skipIf(!canCheck)('docs/getting-started.md', () => {
  it('leads to a first mail', async () => {
    await withDirectory(async (home) => {
      const script = HELPERS + typed(read('docs/getting-started.md'));
      const { code, out, err } = await runProgram('env', [`HOME=${home}`, 'bash', '-c', script]);
      expect(out).toContain('zed@p1.test is registered');
      expect(out).toMatch(/^ok +provider +zed@p1\.test: /m);
      expect(out).toMatch(/^carol@p1\.test given /m);
      expect(out).toContain('From: zed@p1.test\n');
      expect(out).toContain('\nFrom me to me.\n');
      expect(out).toMatch(/^password: +\w+/m);
      expect(code, err).toBe(0);
    });
  });
});
