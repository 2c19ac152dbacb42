import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toBase64, toHex } from '../../../src/bytes/text.js';
import { fingerprintOf } from '../../../src/index.js';
import { repeated } from '../../support/bytes.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run } from './run.js';

let site: Site;
let file: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  await writeFile(file, site.text());
});
afterEach(() => site.dispose());

const [BOB, DAN] = [repeated(9, 32), repeated(5, 32)];
const contacts = (verb: string, ...words: readonly string[]) =>
  run(['contacts', verb, '-f', file, ...words]);

const both = [
  ['with a daemon', () => site.start()],
  ['without one', () => Promise.resolve()],
] as const;

describe.each(both)('postern recipients, %s', (_, start) => {
  it('sets, lists, shows, verifies and removes', async () => {
    await start();
    expect(await contacts('set', 'DAN@p2.test', toHex(DAN))).toEqual({
      code: 0,
      out: ['the key of DAN@p2.test is set'],
      err: [],
    });
    const bob = `bob@p2.test given ${toBase64(BOB)}`;
    const list = [bob, `dan@p2.test given ${toBase64(DAN)}`];
    expect((await run(['recipients', '-f', file])).out).toEqual(list);
    const { words, digits } = fingerprintOf(DAN);
    expect((await contacts('show', 'dan@p2.test')).out).toEqual([
      'address: dan@p2.test',
      `key:     ${toBase64(DAN)}`,
      'trust:   given',
      `words:   ${words.join(' ')}`,
      `digits:  ${digits}`,
    ]);
    expect(await contacts('verify', 'dan@p2.test', ...words.toReversed())).toEqual({
      code: 1,
      out: [],
      err: ['postern: this is not the fingerprint of the key of dan@p2.test: nothing has changed'],
    });
    expect((await contacts('verify', 'dan@p2.test', ...digits.split(' '))).code).toBe(0);
    const shown = await contacts('list', '--json');
    expect(JSON.parse(shown.out.join(''))).toMatchObject([
      { address: 'bob@p2.test', trust: 'given' },
      { address: 'dan@p2.test', trust: 'verified', seen: null, digits },
    ]);
    expect((await contacts('remove', 'dan@p2.test')).code).toBe(0);
    expect((await contacts('list')).out).toEqual([bob]);
  });

  it('says what is wrong', async () => {
    await start();
    const problems = [
      [['set', 'dan@p2.test', 'short'], /^postern: this is no key/],
      [['set', 'dan@p2.test', toHex(new Uint8Array(32))], /^postern: this is no key/],
      [['set', 'no address', toHex(DAN)], /^postern: this is no usable address: no address/],
      [['show', 'eve@p2.test'], /^postern: no key is known for eve@p2\.test/],
      [['remove', 'eve@p2.test'], /^postern: no key is known for eve@p2\.test/],
      [['verify', 'eve@p2.test', 'acorn'], /^postern: no key is known for eve@p2\.test/],
    ] as const;
    for (const [[verb, ...words], sentence] of problems) {
      const { code, err } = await contacts(verb, ...words);
      expect({ code, err }).toEqual({ code: 1, err: [expect.stringMatching(sentence)] });
    }
  });
});

describe('postern recipients lookup', () => {
  it('needs a daemon', async () => {
    const { code, err } = await contacts('lookup', '--wait', 'bob@p2.test');
    expect(code).toBe(1);
    expect(err).toEqual([expect.stringMatching(/^postern: no daemon answers on /)]);
  });

  it('says that the network is away, or begins and gives a tag', async () => {
    await site.start();
    expect(await contacts('lookup', '--wait', 'bob@p2.test')).toEqual({
      code: 1,
      out: [],
      err: ['postern: the key of bob@p2.test was not found: the mix network is not reachable yet'],
    });
    const { code, out } = await contacts('lookup', 'bob@p2.test');
    expect(code).toBe(0);
    expect(out).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });
});

describe('InsecureKeyDiscovery', () => {
  const send = (to: string) => run(['send', '-f', file, '--subject', 'S', '--text', 'T', to]);

  it('lets mail to an unknown address wait, which is refused otherwise', async () => {
    expect(await send('eve@p2.test')).toMatchObject({
      code: 1,
      err: ['postern: no key is known for eve@p2.test'],
    });
    const setting = 'Authority = "home"\n  InsecureKeyDiscovery = true';
    await writeFile(file, site.text().replace('Authority = "home"', setting));
    expect((await send('eve@p2.test')).code).toBe(0);
    expect((await send('bob@p2.test')).code).toBe(0);
    const queue = await run(['queue', 'list', '-f', file, '--json']);
    expect(JSON.parse(queue.out.join(''))).toMatchObject([
      { recipient: 'eve@p2.test', state: 'awaiting-key' },
      { recipient: 'bob@p2.test', state: 'queued' },
    ]);
  });
});
