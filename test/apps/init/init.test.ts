import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, errAsync } from 'neverthrow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { decodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { toBase64, toHex } from '../../../src/bytes/text.js';
import type { Io } from '../../../src/io/contracts.js';
import { repeated } from '../../support/bytes.js';
import { answering, init, openTown, type Outcome, type Town } from './town.js';

let town: Town;
beforeAll(async () => {
  town = await openTown((isSo, options) => vi.waitUntil(isSo, options));
});
afterAll(() => town.close());

const P1 = { provider: 'p1.test' };

const made = (outcome: Outcome) => {
  if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.error));
  return outcome.made;
};
const failure = (outcome: Outcome) => {
  if (outcome.kind === 'done') throw new Error('it did not fail');
  return outcome.error;
};

const publicKeyIn = async (directory: string, account: string, name: string) =>
  decodePem(
    PEM_KEYS.x25519Public,
    await readFile(join(directory, 'data', account, `${name}.public.pem`)),
  )._unsafeUnwrap();

const configIn = async (directory: string) =>
  readDaemonConfig(
    await readFile(join(directory, 'config.toml'), 'utf8'),
    'config.toml',
  )._unsafeUnwrap();

describe('postern init', () => {
  it('makes, registers and configures an account in one go', async () => {
    const directory = await town.directory();
    const outcome = await init(town, directory, { ...P1, user: 'Zed' });
    const { account, identityKey, linkKey, registration } = made(outcome);
    expect(account).toBe('zed@p1.test');
    expect(registration.kind).toBe('registered');
    expect((await town.network.provider('p1.test').users.find('zed'))._unsafeUnwrap()).toEqual({
      linkKey,
      identityKey,
    });
    expect(await publicKeyIn(directory, account, 'identity')).toEqual(identityKey);
    const config = await configIn(directory);
    expect(config.client.accounts).toMatchObject([{ user: 'zed', provider: 'p1.test' }]);
    expect(config.client.networks['home']?.authority).toEqual(town.network.config.authority);
    expect((await readdir(directory)).sort()).toEqual(['config.toml', 'data']);
    for (const name of await readdir(directory, { recursive: true })) {
      expect((await stat(join(directory, name))).mode & 0o077, name).toBe(0);
    }
  });

  it('changes nothing when everything is there', async () => {
    const directory = await town.directory();
    const first = made(await init(town, directory, { ...P1, user: 'again' }));
    const before = await readFile(first.configFile, 'utf8');
    // The configuration says all that flags and environment said.
    const second = made(await init(town, directory, {}, { env: {} }));
    expect(second).toEqual({ ...first, registration: { kind: 'known' } });
    expect(await readFile(first.configFile, 'utf8')).toBe(before);
    expect(failure(await init(town, directory, { user: 'other' }))).toEqual({
      kind: 'other-account',
      path: first.configFile,
      account: 'again@p1.test',
    });
  });

  it('asks for what was not told, until it is answered well', async () => {
    const directory = await town.directory();
    const { AUTH_ADDR: address = '', AUTH_KEY: key = '' } = town.env;
    const prompter = answering(
      'p_1',
      'p1.test',
      'as ked',
      'asked',
      'x',
      address,
      '0',
      key,
      '',
      true,
    );
    const outcome = await init(town, directory, {}, { env: {}, prompter });
    expect(made(outcome).account).toBe('asked@p1.test');
    expect(prompter.asked).toHaveLength(10);
    const { client } = await configIn(directory);
    expect(client.accounts).toMatchObject([{ keyDiscovery: true }]);
  });

  it('goes on from what an earlier run was told', async () => {
    const directory = await town.directory();
    // Nobody answers at the registration, which ends the first run.
    const wish = { ...P1, user: 'patient', registration: 'http://127.0.0.1:1', maildir: '/m' };
    expect(failure(await init(town, directory, wish))).toMatchObject({ kind: 'http' });
    expect((await readdir(directory)).sort()).toEqual(['config.toml.unfinished', 'data']);
    const identity = await publicKeyIn(directory, 'patient@p1.test', 'identity');
    const second = failure(await init(town, directory, {}, { env: {} }));
    expect(second).toMatchObject({ kind: 'http', url: 'http://127.0.0.1:1/registration' });
    const advertised = { registration: await registrationPage() };
    const third = made(await init(town, directory, advertised, { env: {} }));
    expect(third.identityKey).toEqual(identity);
    expect((await configIn(directory)).folders).toEqual([{ maildir: '/m' }]);
  });

  it('does not believe a damaged note of an earlier run', async () => {
    const directory = await town.directory();
    await writeFile(join(directory, 'config.toml.unfinished'), '{"user": 7', { mode: 0o600 });
    expect(failure(await init(town, directory, {}, { env: {} }))).toMatchObject({ kind: 'usage' });
  });

  it('is none the worse for an answer that got lost', async () => {
    const directory = await town.directory();
    const http = town.io.http!;
    const deaf: Io = {
      ...town.io,
      http: {
        ...http,
        post: (...question) =>
          http
            .post(...question)
            .andThen(() => err({ kind: 'http' as const, url: '', reason: 'ended' as const })),
      },
    };
    const wish = { ...P1, user: 'unheard' };
    expect(failure(await init(town, directory, wish, { io: deaf }))).toMatchObject({
      kind: 'http',
    });
    expect(made(await init(town, directory, {})).registration).toEqual({ kind: 'known' });
  });

  // A note, four key files, the configuration.
  it.each([0, 1, 2, 3, 4, 5])('goes on after a disk that took %d files', async (works) => {
    const directory = await town.directory();
    const wish = { ...P1, user: `stubborn${works}` };
    const error = failure(await init(town, directory, wish, { io: failingAfter(works) }));
    expect(['files', 'key-file']).toContain(error.kind);
    expect(await readdir(directory)).not.toContain('config.toml');
    const path = join(directory, 'data', `stubborn${works}@p1.test`, 'identity.private.pem');
    const kept = await readFile(path, 'utf8').catch(() => undefined);
    // What an unfinished run was told need not be told again once it could be noted.
    made(await init(town, directory, works === 0 ? wish : {}, works === 0 ? {} : { env: {} }));
    if (kept !== undefined) expect(await readFile(path, 'utf8')).toBe(kept);
    expect((await readdir(directory)).sort()).toEqual(['config.toml', 'data']);
  });

  it('tells that a name is taken, and takes another', async () => {
    const directory = await town.directory();
    const theirs = { linkKey: repeated(9, 32), identityKey: repeated(9, 32) };
    (await town.network.provider('p1.test').users.add('taken', theirs))._unsafeUnwrap();
    const outcome = await init(town, directory, { ...P1, user: 'taken' });
    expect(failure(outcome)).toMatchObject({ kind: 'registration-refused', status: 500 });
    expect(outcome.told.join('\n')).toMatch(
      /ADD_USER taken \S+=\n\s+SET_USER_IDENTITY taken \S+=$/,
    );
    expect((await town.network.provider('p1.test').users.find('taken'))._unsafeUnwrap()).toEqual(
      theirs,
    );
    const second = made(await init(town, directory, { user: 'free' }));
    expect(second.account).toBe('free@p1.test');
  });

  it.each([
    [{}, '--provider'],
    [P1, '--user'],
    [{ ...P1, user: 'a b' }, '--user'],
    [{ ...P1, user: 'z', authority: 'nowhere' }, '--authority'],
    [{ ...P1, user: 'z', authority: 'h:1' }, '--authority-key'],
    [{ ...P1, user: 'z', authority: 'h:1', authorityKey: 'x' }, '--authority-key'],
    [{ ...P1, user: 'z', smtp: '0.0.0.0:25' }, '--smtp'],
    [{ ...P1, user: 'z', registration: 'a b' }, '--registration'],
    [{ ...P1, user: 'z', tor: '127.0.0.1:1', socks5: '127.0.0.1:1' }, '--socks5'],
    [{ ...P1, user: 'z', socks5: 'proxy' }, '--socks5'],
  ])('refuses %j, naming %s', async (wish, option) => {
    const directory = await town.directory();
    // Only what is tested may be missing.
    const env = 'authority' in wish ? {} : town.env;
    const error = failure(await init(town, directory, wish, { env }));
    expect(error).toMatchObject({ kind: 'usage', option });
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    [{ ...P1, user: 'lost', provider: 'p9.test' }, 'provider-not-listed'],
    [{ ...P1, user: 'pinned', providerKey: toHex(repeated(3, 32)) }, 'provider-key-differs'],
    [{ ...P1, user: 'astray', authority: '127.0.0.1:1' }, 'no-directory'],
    [{ ...P1, user: 'mislead', authorityKey: toBase64(repeated(3, 32)) }, 'no-directory'],
  ])('ends where the provider cannot be found: %j', async (wish, kind) => {
    const directory = await town.directory();
    const { AUTH_ADDR: authority = '', AUTH_KEY: authorityKey = '' } = town.env;
    const error = failure(await init(town, directory, { authority, authorityKey, ...wish }));
    expect(error.kind).toBe(kind);
    expect(await readdir(directory)).not.toContain('config.toml');
  });

  it('ends when the person gives up, and begins there again', async () => {
    const directory = await town.directory();
    const givenUp = await init(town, directory, P1, { prompter: answering(undefined) });
    expect(failure(givenUp)).toEqual({ kind: 'aborted' });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('where a provider takes nobody by itself', () => {
  it('the operator’s commands are given, and a second run finds them done', async () => {
    const closed = await openTown((isSo, options) => vi.waitUntil(isSo, options), {
      takesNewcomers: false,
    });
    try {
      const directory = await closed.directory();
      const first = made(await init(closed, directory, { ...P1, user: 'guest' }));
      const { linkKey, identityKey } = first;
      expect(first.registration).toEqual({
        kind: 'by-hand',
        commands: [
          `ADD_USER guest ${toBase64(linkKey)}`,
          `SET_USER_IDENTITY guest ${toBase64(identityKey)}`,
        ],
      });
      const again = made(await init(closed, directory, {}));
      expect(again.registration).toEqual(first.registration);
      const { users } = closed.network.provider('p1.test');
      (await users.add('guest', { linkKey, identityKey }))._unsafeUnwrap();
      expect(made(await init(closed, directory, {})).registration).toEqual({ kind: 'known' });
    } finally {
      await closed.close();
    }
  });
});

/** The page that the provider advertises, out of what an unhindered run said. */
const registrationPage = async (): Promise<string> => {
  const outcome = await init(town, await town.directory(), { ...P1, user: 'scout' });
  const { registration } = made(outcome);
  return registration.kind === 'registered' ? registration.url : '';
};

/** A disk that takes so many files, and then none. */
const failingAfter = (works: number): Io => {
  let left = works;
  return {
    ...town.io,
    files: {
      ...town.io.files,
      write: (path, bytes) =>
        left-- > 0
          ? town.io.files.write(path, bytes)
          : errAsync({ kind: 'files', path, reason: 'full' }),
    },
  };
};
