import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress, parseDescriptor } from '../../src/io/address.js';

describe('a network address', () => {
  it.each([
    ['127.0.0.1:25', { kind: 'tcp', host: '127.0.0.1', port: 25 }],
    ['mix1.example.org:0', { kind: 'tcp', host: 'mix1.example.org', port: 0 }],
    ['[::1]:65535', { kind: 'tcp', host: '::1', port: 65_535 }],
    ['[fe80::1%eth0]:1', { kind: 'tcp', host: 'fe80::1%eth0', port: 1 }],
    ['unix:/run/postern/sock', { kind: 'unix', path: '/run/postern/sock' }],
  ])('%s is read and written', (text, address) => {
    const parsed = parseAddress(text);
    expect(parsed).toEqual(address);
    expect(parsed && formatAddress(parsed)).toBe(text);
  });

  it.each([
    '',
    'host',
    'host:',
    ':25',
    'host:65536',
    'host:-1',
    '::1:25',
    '[::1]',
    '[host]:25',
    'a b:25',
    'unix:',
    'unix:relative',
    'unix:/a\0b',
    'host:1:2',
    'host:25 ',
    'fd:3',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBe(undefined);
  });

  it('can be a socket that is open already, for listening only', () => {
    expect(parseDescriptor('fd:3')).toBe(3);
    for (const text of ['fd:', 'fd:x', 'fd:-1', 'fd:3 ', 'fd:123456', 'unix:/fd:3']) {
      expect(parseDescriptor(text)).toBeUndefined();
    }
  });

  it('never throws, and what is read is written the same', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseAddress(text);
        if (parsed !== undefined) expect(parseAddress(formatAddress(parsed))).toEqual(parsed);
      }),
    );
  });
});
