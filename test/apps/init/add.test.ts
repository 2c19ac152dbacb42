/** One more account in a configuration that is there. */
import { appendFileSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDaemonConfig } from '../../../apps/daemon/config.js';
import { addAccount, type AddWish } from '../../../apps/init/add.js';
import { decodePem, PEM_KEYS } from '../../../src/bytes/pem.js';
import { toBase64 } from '../../../src/bytes/text.js';
import { init, openTown, type Town } from './town.js';

let town: Town;
beforeAll(async () => {
  town = await openTown((isSo, options) => vi.waitUntil(isSo, options));
});
afterAll(() => town.close());

/** A configuration with one account, and a remark of its owner. */
const settled = async (user: string): Promise<string> => {
  const directory = await town.directory();
  const outcome = await init(town, directory, { provider: 'p1.test', user });
  if (outcome.kind === 'failed') throw new Error(JSON.stringify(outcome.error));
  await appendFile(outcome.made.configFile, '\n# mine, all of it\n[Debug]\nReceiveTimeout = 7');
  return outcome.made.configFile;
};

const add = (configFile: string, wish: AddWish) =>
  addAccount({ io: town.io, tell: () => undefined }, configFile, wish);

const accountsIn = async (configFile: string) =>
  readDaemonConfig(await readFile(configFile, 'utf8'), configFile)
    ._unsafeUnwrap()
    .client.accounts.map(({ user, provider, network }) => `${user}@${provider} ${network}`);

const registered = async (provider: string, user: string) =>
  (await town.network.provider(provider).users.find(user))._unsafeUnwrap();

describe('postern account create', () => {
  it('makes, registers and configures one more account, and changes nothing else', async () => {
    const file = await settled('first');
    const before = await readFile(file, 'utf8');
    const made = (
      await add(file, { address: 'Second@P2.test', maildir: '/second' })
    )._unsafeUnwrap();
    expect(made).toMatchObject({ account: 'second@p2.test', configFile: file });
    expect(made.registration.kind).toBe('registered');
    const { linkKey, identityKey } = made;
    expect(await registered('p2.test', 'second')).toEqual({ linkKey, identityKey });
    const after = await readFile(file, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(await accountsIn(file)).toEqual(['first@p1.test home', 'second@p2.test home']);
    expect(readDaemonConfig(after, file)._unsafeUnwrap().folders[1]).toEqual({
      maildir: '/second',
    });
  });

  it('changes nothing when it is there', async () => {
    const file = await settled('third');
    const first = (await add(file, { address: 'fourth@p1.test' }))._unsafeUnwrap();
    const before = await readFile(file, 'utf8');
    const again = (await add(file, { address: 'FOURTH@p1.test' }))._unsafeUnwrap();
    expect(again).toEqual({ ...first, registration: { kind: 'known' } });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('goes on with the same keys where the registration failed', async () => {
    const file = await settled('fifth');
    const before = await readFile(file, 'utf8');
    const nobody = { address: 'sixth@p2.test', registration: 'http://127.0.0.1:1' };
    expect((await add(file, nobody))._unsafeUnwrapErr().kind).toBe('http');
    expect(await readFile(file, 'utf8')).toBe(before);
    const path = file.replace('config.toml', 'data/sixth@p2.test/link.public.pem');
    const key = decodePem(PEM_KEYS.x25519Public, await readFile(path))._unsafeUnwrap();
    expect((await add(file, { address: 'sixth@p2.test' }))._unsafeUnwrap().linkKey).toEqual(key);
  });

  it('keeps what a person writes while it registers', async () => {
    const file = await settled('seventh');
    let told = 0;
    const tell = (): void => {
      told += 1;
      appendFileSync(file, '\nPollingInterval = 3\n');
    };
    const made = await addAccount({ io: town.io, tell }, file, { address: 'eighth@p1.test' });
    expect(made.isOk()).toBe(true);
    expect(told).toBe(1);
    expect(await readFile(file, 'utf8')).toContain('PollingInterval = 3');
    expect(await accountsIn(file)).toEqual(['seventh@p1.test home', 'eighth@p1.test home']);
  });

  it('says which network, where there are several', async () => {
    const file = await settled('ninth');
    const { authority } = town.network.config;
    const key = toBase64(authority.publicKey);
    const other = `\n[NonvotingAuthority.away]\nAddress = "127.0.0.1:1"\nPublicKey = "${key}"\n`;
    await appendFile(file, other);
    const address = 'tenth@p1.test';
    const refused = (await add(file, { address }))._unsafeUnwrapErr();
    expect(refused).toEqual({
      ...{ kind: 'usage', option: '--network', problem: 'must be one of home, away' },
    });
    expect((await add(file, { address, network: 'hom' }))._unsafeUnwrapErr()).toMatchObject({
      problem: 'must be one of home, away; did you mean home?',
    });
    expect((await add(file, { address, network: 'home' })).isOk()).toBe(true);
    expect(await accountsIn(file)).toEqual(['ninth@p1.test home', 'tenth@p1.test home']);
  });

  it('refuses what would make no configuration', async () => {
    const file = await settled('eleventh');
    const before = await readFile(file, 'utf8');
    const refusals = [
      [{ address: 'nobody' }, 'usage'],
      [{ address: 'a b@p1.test' }, 'usage'],
      [{ address: 'zed@p1.test', providerKey: 'short' }, 'usage'],
    ] as const;
    for (const [wish, kind] of refusals) {
      expect((await add(file, wish))._unsafeUnwrapErr().kind, wish.address).toBe(kind);
    }
    expect(await readFile(file, 'utf8')).toBe(before);
    const nowhere = file.replace('config.toml', 'none.toml');
    expect((await add(nowhere, { address: 'zed@p1.test' }))._unsafeUnwrapErr()).toEqual({
      ...{ kind: 'config-file', path: nowhere },
      reason: 'there is none; postern init makes the first account',
    });
    await writeFile(nowhere, 'nonsense');
    expect((await add(nowhere, { address: 'zed@p1.test' }))._unsafeUnwrapErr().kind).toBe(
      'config-problems',
    );
  });
});
