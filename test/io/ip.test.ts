import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/text.js';
import { ipBytes } from '../../src/io/ip.js';

const hexOf = (host: string): string | undefined => {
  const bytes = ipBytes(host);
  return bytes === undefined ? undefined : toHex(bytes);
};

describe('IP literals as bytes', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:db8::a:1', '20010db80000000000000000000a0001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ])('reads %s', (host, bytes) => {
    expect(hexOf(host)).toBe(bytes);
  });

  it.each([
    ...[
      '',
      'localhost',
      '127.1',
      '1.2.3',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4.5',
      '1.2.3.',
      ' 1.2.3.4',
    ],
    ...[
      ':',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '12345::',
      'g::',
      'fe80::1%eth0',
    ],
    ...['1:2:3:4:5:6:7:8::', '::1.2.3', '1.2.3.4::', '1:2:3:4:5:6:7:1.2.3.4', ':1', '1:', '::1:'],
  ])('has none for "%s"', (host) => {
    expect(hexOf(host)).toBeUndefined();
  });

  it('reads what a URL takes for IPv6, to the same bytes', () => {
    fc.assert(
      fc.property(fc.ipV6(), (host) => {
        const canonical = new URL(`http://[${host}]/`).hostname.slice(1, -1);
        expect(hexOf(host)).toBe(hexOf(canonical));
        expect(hexOf(host)).toHaveLength(32);
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = ipBytes(text);
        expect([undefined, 4, 16]).toContain(bytes?.length);
      }),
    );
  });
});
