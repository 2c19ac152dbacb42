import { describe, expect, it } from 'vitest';
import {
  referenceName,
  registerPlaces,
  registerWish,
  withReferenceFlags,
} from '../../../apps/cli/reference-flags.js';

describe('the flags of the reference’s daemon', () => {
  it.each([
    ['daemon -f k.toml', 'daemon -f k.toml'],
    ['daemon -f=k.toml -g', 'daemon -f k.toml -g'],
    ['daemon -g=true', 'daemon -g'],
    ['daemon -g=false', 'daemon'],
    ['daemon -r -account zed -onion', 'daemon -r --account zed --onion'],
    ['daemon -r -account=zed -onion=false', 'daemon -r --account zed'],
    ['daemon -authorityKey=abc= -dataDir /d', 'daemon --authorityKey abc= --dataDir /d'],
    ['daemon --account zed --unsafe-debug', 'daemon --account zed --unsafe-debug'],
    // What stands behind a flag is its value.
    ['daemon -account -g', 'daemon --account -g'],
    ['daemon -bogus', 'daemon -bogus'],
    // Other commands have flags of their own.
    ['send -account zed', 'send -account zed'],
  ])('%s', (written, understood) => {
    expect(withReferenceFlags(written.split(' ')).join(' ')).toBe(understood);
  });

  it('make the wish that they stand for', () => {
    const flags = {
      account: 'zed',
      authority: 'a:1',
      registrationAddr: 'r:2',
      onionAuthority: 'x.onion:3',
    };
    expect(registerWish(flags)).toMatchObject({
      user: 'zed',
      authority: 'a:1',
      registration: 'r:2',
      insecureKeyDiscovery: true,
    });
    expect(
      registerWish({ ...flags, onion: true, onionRegistrationAddr: 'y.onion:4' }),
    ).toMatchObject({
      authority: 'x.onion:3',
      registration: 'y.onion:4',
      registrationWithoutHttps: true,
      tor: '127.0.0.1:9150',
      onion: true,
    });
    const unix = { onion: true, torSocksNet: 'unix', torSocksAddr: '/run/tor' };
    expect(registerWish(unix)).toMatchObject({ tor: 'unix:/run/tor' });
  });

  it('put files where the reference does', () => {
    expect(registerPlaces('/home', 'd')).toEqual({
      dataDir: '/home/d',
      configFile: '/home/d/mailproxy.toml',
    });
    expect(registerPlaces('/home', undefined).dataDir).toMatch(/\/\.mailproxy$/);
    expect([referenceName('--authority-key'), referenceName('--x')]).toEqual([
      '-authorityKey',
      '--x',
    ]);
  });
});
