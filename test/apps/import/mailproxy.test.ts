import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errAsync } from 'neverthrow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  importMailproxy,
  type ImportError,
  type ImportNote,
} from '../../../apps/import/mailproxy.js';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { generateKeys } from '../../../apps/daemon/daemon.js';
import { toBase64, utf8 } from '../../../src/bytes/text.js';
import type { Io } from '../../../src/io/contracts.js';
import { nodeIo } from '../../../src/io/node.js';
import { openDirectory, type OpenDirectory } from '../../support/directory.js';

const FIXTURE = join(import.meta.dirname, '../../fixtures/mailproxy');
const ACCOUNT = 'alice@provider.example';
const io: Io = { ...nodeIo(), log: { write: () => undefined } };

let site: OpenDirectory;
let from: string;
beforeEach(async () => {
  site = await openDirectory();
  from = join(site.path, 'mailproxy');
  await cp(FIXTURE, from, { recursive: true });
});
afterEach(() => site.dispose());

const target = (): string => join(site.path, 'new');

interface Run {
  readonly io?: Io;
  readonly source?: string;
}

const run = async ({ io: world = io, source }: Run = {}) =>
  importMailproxy(world, {
    from,
    source,
    configFile: join(target(), 'config.toml'),
    dataDir: join(target(), 'data'),
  });

const notes = async (options?: Run): Promise<readonly string[]> =>
  (await run(options))._unsafeUnwrap().map(lineOf);

const lineOf = (note: ImportNote): string => {
  switch (note.kind) {
    case 'done':
      return `${note.what.replace(target(), 'T')}: ${note.copied}`;
    case 'left':
      return `${note.path.replace(from, 'M')}: left, ${note.bytes}`;
    case 'left-out':
      return `${note.account}: left out`;
    case 'unwritten':
      return `${note.path.replace(target(), 'T')}: unwritten`;
    case 'problem':
      return `${note.problem.path.replace(from, 'M').replace(target(), 'T')}: ${note.problem.problem}`;
  }
};

const failure = async (options?: Run): Promise<ImportError> =>
  (await run(options))._unsafeUnwrapErr();

/** Everything of a directory: names and contents. */
const fingerprintOf = async (directory: string): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of (await readdir(directory, { recursive: true })).sort()) {
    hash.update(name).update(await readFile(join(directory, name)).catch(() => ''));
  }
  return hash.digest('hex');
};

const readTarget = (name: string): Promise<string> => readFile(join(target(), name), 'utf8');

describe('postern import --mailproxy', () => {
  it('takes over keys, recipients and configuration', async () => {
    const before = await fingerprintOf(from);
    expect(await notes()).toEqual([
      `keys of ${ACCOUNT}: copied`,
      'recipient Bob@Provider.Example.pem: copied',
      'T/config.toml: copied',
    ]);
    expect(await fingerprintOf(from)).toBe(before);
    for (const name of ['link.private', 'link.public', 'identity.private', 'identity.public']) {
      const file = `${ACCOUNT}/${name}.pem`;
      expect(await readTarget(`data/${file}`)).toBe(await readFile(join(from, file), 'utf8'));
    }
    const config = readDaemonConfig(await readTarget('config.toml'), 'c')._unsafeUnwrap();
    const dataDir = join(target(), 'data');
    expect(config.client).toMatchObject({ dataDir, recipientDir: `${dataDir}/recipients` });
    expect(config.logging.file).toBe(`${dataDir}/mailproxy.log`);
    expect(config.socket).toBe(`${dataDir}/management_sock`);
    const shown = await readFile(join(from, ACCOUNT, 'identity.public.pem'), 'utf8');
    const keys = (await generateKeys(config, { io }))._unsafeUnwrap();
    expect(shown).toContain(toBase64(keys.get(ACCOUNT)!));
    expect(await readdir(join(dataDir, 'recipients'))).toEqual(['bob@provider.example.pem']);
  });

  it('does nothing twice, and nothing over what is there', async () => {
    await notes();
    const before = await fingerprintOf(target());
    expect((await notes()).every((line) => line.endsWith(': there'))).toBe(true);
    expect(await fingerprintOf(target())).toBe(before);
    await writeFile(join(target(), 'config.toml'), '[Proxy]\nDataDir = "/other"\n');
    expect(await failure()).toEqual({ kind: 'other-config', path: join(target(), 'config.toml') });
    expect(await readTarget('config.toml')).toContain('/other');
  });

  it('does not replace other keys', async () => {
    await notes();
    const path = join(target(), 'data', ACCOUNT, 'link.private.pem');
    const other = (await readFile(path, 'utf8')).replace(/\n.{8}/, '\nAAAAAAAA');
    await writeFile(path, other);
    expect(await notes()).toContain(
      `T/data/${ACCOUNT}/link.private.pem: another key is there already`,
    );
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  it.each([0, 1, 2, 3, 4, 5])('goes on after a disk that took %d files', async (works) => {
    let left = works;
    const files: Io['files'] = {
      ...io.files,
      write: (path, bytes) =>
        left-- > 0
          ? io.files.write(path, bytes)
          : errAsync({ kind: 'files', path, reason: 'full' }),
    };
    const first = await run({ io: { ...io, files } });
    expect(first.isErr() || first.value.some(({ kind }) => kind === 'problem')).toBe(true);
    await notes();
    const whole = await fingerprintOf(target());
    await rm(target(), { recursive: true });
    await notes();
    expect(await fingerprintOf(target())).toBe(whole);
  });

  it('names what it cannot use, and takes the rest', async () => {
    await writeFile(join(from, 'recipients', 'README'), 'not a key');
    await writeFile(join(from, 'recipients', 'no address.pem'), await recipientPem());
    await writeFile(join(from, ACCOUNT, 'identity.private.pem'), 'rubbish');
    await writeFile(join(from, ACCOUNT, 'storage.db'), utf8('bolt'));
    expect(await notes()).toEqual([
      `M/${ACCOUNT}/identity.private.pem: not a PEM file`,
      `M/${ACCOUNT}/storage.db: left, 4`,
      'recipient Bob@Provider.Example.pem: copied',
      'M/recipients/README: not a PEM file',
      'M/recipients/no address.pem: its name is no address',
      `${ACCOUNT}: left out`,
      'T/config.toml: unwritten',
    ]);
    expect(await readTarget(`data/${ACCOUNT}/link.private.pem`)).toContain('PRIVATE KEY');
    expect(await readdir(target())).toEqual(['data']);
  });

  it('takes the good key of a pair of which one is damaged', async () => {
    await writeFile(join(from, ACCOUNT, 'link.private.pem'), 'rubbish');
    expect(await notes()).toContain(`M/${ACCOUNT}/link.private.pem: not a PEM file`);
    expect(await readTarget(`data/${ACCOUNT}/identity.private.pem`)).toBe(
      await readFile(join(from, ACCOUNT, 'identity.private.pem'), 'utf8'),
    );
  });

  it('leaves an account without its keys out, until they are there', async () => {
    await addAccount('bob');
    const damaged = join(from, 'bob@provider.example', 'identity.private.pem');
    const whole = await readFile(damaged, 'utf8');
    await writeFile(damaged, 'rubbish');
    expect(await notes()).toContain('bob@provider.example: left out');
    const config = readDaemonConfig(await readTarget('config.toml'), 'c')._unsafeUnwrap();
    const made = (await generateKeys(config, { io }))._unsafeUnwrap();
    expect([...made.keys()]).toEqual([ACCOUNT]);
    await writeFile(damaged, whole);
    expect(await notes()).toContain('T/config.toml: copied');
    const later = readDaemonConfig(await readTarget('config.toml'), 'c')._unsafeUnwrap();
    const keys = (await generateKeys(later, { io }))._unsafeUnwrap();
    expect([...keys.keys()]).toEqual([ACCOUNT, 'bob@provider.example']);
    await writeFile(damaged, 'rubbish');
    expect(await notes()).toContain('T/config.toml: there');
  });

  it('replaces no configuration that somebody has changed', async () => {
    await addAccount('bob');
    await writeFile(join(from, 'bob@provider.example', 'link.private.pem'), 'rubbish');
    await notes();
    await writeFile(join(target(), 'config.toml'), `${await readTarget('config.toml')}# mine\n`);
    await cp(join(from, ACCOUNT), join(from, 'bob@provider.example'), { recursive: true });
    expect(await failure()).toMatchObject({ kind: 'other-config' });
  });

  it('makes a missing public file, and refuses one of another key', async () => {
    await rm(join(from, ACCOUNT, 'link.public.pem'));
    await writeFile(join(from, ACCOUNT, 'identity.public.pem'), await recipientPem());
    expect((await notes())[0]).toBe(
      `M/${ACCOUNT}/identity.public.pem: is not of identity.private.pem`,
    );
    expect(await readTarget(`data/${ACCOUNT}/link.public.pem`)).toContain('3p7bfXt9wbTTW2HC7OQ1');
    await rm(join(from, ACCOUNT, 'link.private.pem'));
    expect((await notes())[0]).toBe(`M/${ACCOUNT}/link.private.pem: is missing`);
  });

  it('finds the configuration, or says where it has looked', async () => {
    await cp(join(from, 'mailproxy.toml'), join(site.path, 'elsewhere.toml'));
    await rm(join(from, 'mailproxy.toml'));
    expect(await failure()).toEqual({
      kind: 'no-mailproxy',
      directory: from,
      tried: [`${from}/mailproxy.toml`, `${from}/katzenpost.toml`],
    });
    expect(await readdir(site.path)).not.toContain('new');
    expect(await notes({ source: join(site.path, 'elsewhere.toml') })).toHaveLength(3);
    await writeFile(join(from, 'katzenpost.toml'), '[Proxy]\n');
    expect(await failure()).toMatchObject({ kind: 'config-problems' });
  });
});

/** One more beside the fixture's, with its keys. */
const addAccount = async (user: string): Promise<void> => {
  const file = join(from, 'mailproxy.toml');
  const text = await readFile(file, 'utf8');
  const table = /\[\[Account\]\][^[]*/.exec(text)?.[0] ?? '';
  await writeFile(file, `${text}\n${table.replace(/User *= *".*"/, `User = "${user}"`)}`);
  await cp(join(from, ACCOUNT), join(from, `${user}@provider.example`), { recursive: true });
};

const recipientPem = (): Promise<string> =>
  readFile(join(from, 'recipients', 'Bob@Provider.Example.pem'), 'utf8');
