import { describe, expect, it } from 'vitest';
import { changesBetween, safeKey, settingsOf } from '../../../apps/config/settings.js';
import { daemonSchema } from '../../../apps/daemon/schema.js';
import { repeated } from '../../support/bytes.js';

const BEFORE = {
  Proxy: { DataDir: '/d', Off: undefined },
  Account: [{ User: 'a' }],
  Key: repeated(1, 32),
};

describe('settings', () => {
  it('are spelled as people write them', () => {
    expect([...settingsOf(BEFORE)].map(([key, { value }]) => [key, value])).toEqual([
      ['Proxy.DataDir', '"/d"'],
      ['Account[0].User', '"a"'],
      ['Key', '"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="'],
    ]);
  });

  it('that came, went or changed are differences', () => {
    const after = { Proxy: { New: 1 }, Account: [{ User: 'b' }], Key: repeated(1, 32) };
    const changes = changesBetween(settingsOf(BEFORE), settingsOf(after));
    expect(changes.map(({ path }) => path.join('.')).sort()).toEqual([
      'Account.0.User',
      'Proxy.DataDir',
      'Proxy.New',
    ]);
    expect(changesBetween(settingsOf(BEFORE), settingsOf(BEFORE))).toEqual([]);
  });

  it('are told without the names that people chose', () => {
    const safe = (...path: (string | number)[]): string => safeKey(daemonSchema, path);
    expect(safe('Proxy', 'SMTPAddress')).toBe('Proxy.SMTPAddress');
    expect(safe('Account', 2, 'User')).toBe('Account[2].User');
    expect(safe('NonvotingAuthority', 'canary', 'PublicKey')).toBe(
      'NonvotingAuthority.*.PublicKey',
    );
    expect(safe('Recipients', 'canary@p2.test')).toBe('Recipients.*');
    expect(safe('Proxy', 'canary')).toBe('Proxy.*');
  });
});
