import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAddressFor } from '../../src/pki/endpoint.js';

describe('addresses of a descriptor', () => {
  it.each([
    ['tcp4', '127.0.0.1:30001'],
    ['tcp4', '[::ffff:1.2.3.4]:1'],
    ['tcp4', '255.255.255.255:65535'],
    ['tcp6', '[::1]:80'],
    ['tcp6', '[2001:db8::7:1]:80'],
    ['tcp', 'mix.example.org:3219'],
    ['tcp', 'MIX.Example.org:3219'],
    ['tcp', '10.0.0.1:80'],
    ['tcp', '[::1]:80'],
    ['tcp', 'bücher.example:80'],
    ['onion', 'whatever it says'],
  ])('%s takes %s', (transport, address) => {
    expect(isAddressFor(transport, address)).toBe(true);
  });

  it.each([
    ['tcp4', 'example.org:80'],
    ['tcp4', '[::1]:80'],
    ['tcp4', '1.2.3:80'],
    ['tcp4', '1.2.3.256:80'],
    ['tcp4', '01.2.3.4:80'],
    ['tcp4', '1.2.3.4.:80'],
    ['tcp4', '1.2.3.4'],
    ['tcp4', '1.2.3.4:0'],
    ['tcp4', '1.2.3.4:65536'],
    ['tcp4', '1.2.3.4:080'],
    ['tcp4', ':80'],
    ['tcp6', '::1:80'],
    ['tcp6', '[fe80::1%eth0]:80'],
    ['tcp6', '[1.2.3.4]:80'],
    ['tcp6', '[::ffff:1.2.3.4]:80'],
    ['tcp6', '[:::1]:80'],
    ['tcp', 'under_score.example:80'],
    ['tcp', '-a.example:80'],
    ['tcp', 'a b:80'],
    ['tcp', 'a/b:80'],
    ['tcp', '.:80'],
    ['tcp', 'ab--c.example:80'],
    ['tcp', 'example.org'],
  ])('%s refuses %s', (transport, address) => {
    expect(isAddressFor(transport, address)).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.constantFrom('tcp4', 'tcp6', 'tcp'), fc.string(), (transport, address) => {
        isAddressFor(transport, address);
        isAddressFor(transport, `[${address}]:80`);
      }),
    );
  });
});
