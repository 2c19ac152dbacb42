import { describe, expect, it } from 'vitest';
import { addressBook } from '../../../servers/node/describe.js';
import { Resources } from '../../../servers/node/resources.js';

describe('the addresses of a descriptor', () => {
  it('are the bound ones by their kind', () => {
    expect(addressBook(undefined, ['10.0.0.1:1', '[::1]:2', '10.0.0.2:3'])._unsafeUnwrap()).toEqual(
      new Map([
        ['tcp4', ['10.0.0.1:1', '10.0.0.2:3']],
        ['tcp6', ['[::1]:2']],
      ]),
    );
  });

  it('are the given ones, whatever is bound', () => {
    const given = new Map([['tcp4', ['192.0.2.1:1']]]);
    expect(addressBook(given, ['0.0.0.0:1'])._unsafeUnwrap()).toBe(given);
  });

  it('must be given where a wildcard is bound', () => {
    for (const bound of ['0.0.0.0:1', '[::]:1']) {
      expect(addressBook(undefined, [bound])._unsafeUnwrapErr()).toMatchObject({
        kind: 'bad-option',
        option: 'advertise',
      });
    }
  });
});

describe('resources', () => {
  it('close once, in the reverse order, after the signal', async () => {
    const resources = new Resources();
    const events: string[] = [];
    resources.signal.addEventListener('abort', () => void events.push('signal'));
    resources.add(() => void events.push('first'));
    resources.add(async () => {
      await new Promise(setImmediate);
      events.push('second');
    });
    await Promise.all([resources.close(), resources.close()]);
    expect(events).toEqual(['signal', 'second', 'first']);
  });
});
