import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAddresses } from '../../src/mail/address-list.js';

/** Whether all characters of `part` stand in `whole`, in their order. */
const isWithin = (part: string, whole: string): boolean => {
  let at = 0;
  for (const char of whole) if (part.startsWith(char, at)) at += char.length;
  return at === part.length;
};

describe('a list of addresses', () => {
  it('is cut at its commas, and nowhere else', () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['a@x', ['a@x']],
      ['a@x, B <b@y>,c@z', ['a@x', 'B <b@y>', 'c@z']],
      ['"Last, First" <a@x>, b@y', ['"Last, First" <a@x>', 'b@y']],
      ['"quote \\" , end" <a@x>, b@y', ['"quote \\" , end" <a@x>', 'b@y']],
      ['a@x (one, two (three, four)), b@y', ['a@x (one, two (three, four))', 'b@y']],
      ['friends: a@x, b@y; c@z', ['a@x', 'b@y', 'c@z']],
      ['undisclosed-recipients:;', []],
      ['<@relay,@other:a@x>, b@y', ['<a@x>', 'b@y']],
      [' , ,a@x,, ', ['a@x']],
      ['', []],
      ['(un\\)closed, b@y', ['(un\\)closed, b@y']],
    ];
    for (const [value, addresses] of cases) expect(splitAddresses(value), value).toEqual(addresses);
  });

  it('never throws, and invents nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('a@,;:<>"()\\ é')) }),
        (value) => {
          for (const address of splitAddresses(value)) expect(isWithin(address, value)).toBe(true);
        },
      ),
    );
  });
});
