import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withInherited } from '../../../apps/daemon/inherit.js';
import { credentialFile, passedSockets } from '../../../apps/systemd/inherited.js';
import { makeSite } from '../daemon/setup.js';

const PID = 77;
const passed = (env: Record<string, string>): object =>
  Object.fromEntries(passedSockets({ LISTEN_PID: `${PID}`, ...env }, PID));

describe('sockets that were passed', () => {
  it('are known by their names', () => {
    expect(passed({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'pop3:smtp' })).toEqual({
      pop3: 'fd:3',
      smtp: 'fd:4',
    });
  });

  it.each([
    ['of another process', { LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'smtp' }],
    ['beyond their number', { LISTEN_FDS: '0', LISTEN_FDNAMES: 'smtp' }],
    ['of no number', { LISTEN_FDS: 'x', LISTEN_FDNAMES: 'smtp' }],
    ['of none', {}],
  ])('are not those %s', (_, env) => {
    expect(passed(env)).toEqual({});
  });

  it('of one name are one', () => {
    expect(passed({ LISTEN_FDS: '2', LISTEN_FDNAMES: 'smtp:smtp' })).toEqual({ smtp: 'fd:3' });
  });

  it('take the place of addresses, and turn nothing on', async () => {
    const site = await makeSite();
    const env = {
      LISTEN_PID: `${process.pid}`,
      LISTEN_FDS: '3',
      LISTEN_FDNAMES: 'smtp:pop3:lmtp',
    };
    const { smtp, pop3, lmtp } = withInherited(site.config(), env);
    expect([smtp, pop3, lmtp]).toEqual(['fd:3', 'fd:4', undefined]);
    const handedIn = site.config('LMTPAddress = "127.0.0.1:2424"');
    expect(withInherited(handedIn, env).lmtp).toBe('fd:5');
    const quiet = withInherited(site.config('NoLaunchListeners = true'), env);
    expect([quiet.smtp, quiet.pop3]).toEqual([undefined, undefined]);
    await site.dispose();
  });
});

describe('a credential', () => {
  it('is a file in the directory of credentials, where there is one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'credentials-'));
    await writeFile(join(folder, 'storage.key'), new Uint8Array(32));
    const env = { CREDENTIALS_DIRECTORY: folder };
    expect(credentialFile(env, 'storage.key')).toBe(join(folder, 'storage.key'));
    expect(credentialFile(env, 'other')).toBeUndefined();
    expect(credentialFile({}, 'storage.key')).toBeUndefined();
    await rm(folder, { recursive: true });
  });

  it('opens the stores instead of the key file, which is not made', async () => {
    const site = await makeSite();
    const credential = join(site.directory, 'credential');
    await writeFile(credential, new Uint8Array(32).fill(3), { mode: 0o440 });
    const config = { ...site.config(), storageCredential: credential };
    await (await site.start(config)).close();
    // The key file would be another key.
    await writeFile(config.storageKeyFile, new Uint8Array(32).fill(4), { mode: 0o600 });
    expect(await site.refusal(site.config())).toMatchObject({ kind: 'store-key' });
    await site.start(config);
    await site.dispose();
  });
});
