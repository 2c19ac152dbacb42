import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventLine } from '../../../apps/cli/commands/watch.js';
import { nodeClock } from '../../../src/io/node.js';
import { makeSite, type Site } from '../daemon/setup.js';
import { run, type Transcript } from './run.js';

let site: Site;
let file: string;
beforeEach(async () => {
  site = await makeSite();
  file = join(site.directory, 'c.toml');
  await writeFile(file, site.text());
});
afterEach(() => site.dispose());

const queue = (...words: string[]) => run(['queue', ...words, '-f', file]);
const send = async (): Promise<string> => {
  const { out } = await run(['send', '-f', file, 'bob@p2.test', '--text', 'x']);
  return out[0]?.split(' ')[0] ?? '';
};

describe('postern queue', () => {
  const both: [string, () => Promise<unknown>][] = [
    ['with a daemon', () => site.start()],
    ['without one', () => Promise.resolve()],
  ];

  it.each(both)('lists what waits, and cancels it, %s', async (_, start) => {
    await start();
    expect(await queue()).toEqual({ code: 0, out: [], err: [] });
    const [first, second] = [await send(), await send()];
    const { out } = await queue('list');
    expect(out).toHaveLength(2);
    expect(out.join('\n')).toMatch(
      new RegExp(`${first} alice@p1.test -> bob@p2.test queued 0/1 blocks until 20\\d\\d-`),
    );
    expect(await queue('cancel', first)).toEqual({
      code: 0,
      out: [`${first} cancelled`],
      err: [],
    });
    const left = JSON.parse((await queue('list', '--json')).out.join('')) as unknown;
    expect(left).toMatchObject([{ messageId: second, state: 'queued', acknowledged: 0 }]);
  });

  it.each(both)('cancels nothing where one id is unknown, %s', async (_, start) => {
    await start();
    const id = await send();
    expect(await queue('cancel', id, 'ab')).toMatchObject({
      code: 1,
      err: ['postern: nothing with the id ab is queued'],
    });
    expect((await queue()).out).toHaveLength(1);
  });

  it('has an account to choose', async () => {
    await send();
    expect((await queue('--account', 'alice@p1.test')).out).toHaveLength(1);
  });
});

/** Watches, and says when: from then on nothing is missed. */
const watch = (...words: string[]): Promise<{ ended: Promise<Transcript> }> =>
  new Promise((resolve) => {
    const ended = run(['watch', '-f', file, ...words], {
      onTell: (line) => {
        if (line === 'watching') resolve({ ended });
      },
    });
  });

describe('postern watch', () => {
  it('shows events until the daemon ends', async () => {
    const daemon = await site.start();
    const plain = await watch();
    const json = await watch('--json');
    const other = await watch('--account', 'eve@p1.test');
    const id = await send();
    await nodeClock().sleep(200);
    await daemon.close();
    const line = new RegExp(
      `^\\d\\d:\\d\\d:\\d\\d alice@p1.test queued recipient=bob@p2.test messageId=${id}$`,
    );
    expect((await plain.ended).out).toContainEqual(expect.stringMatching(line));
    const events = (await json.ended).out.map((each) => JSON.parse(each) as unknown);
    expect(events).toContainEqual({
      kind: 'queued',
      account: 'alice@p1.test',
      sent: { recipient: 'bob@p2.test', messageId: id },
    });
    expect(await other.ended).toEqual({
      code: 0,
      out: [],
      err: ['watching', 'the daemon has ended'],
    });
  });

  it('needs a daemon', async () => {
    const { code, err } = await run(['watch', '-f', file]);
    expect(err).toEqual([`postern: no daemon answers on ${site.config().socket}`]);
    expect(code).toBe(1);
  });

  it('writes facts within facts beside them', () => {
    const event = { kind: 'failed', account: 'a@b', deep: { one: 1, two: { three: null } } };
    const line = eventLine(event, new Date(2026, 0, 2, 3, 4, 5));
    expect(line).toBe('03:04:05 a@b failed one=1 three=null');
  });
});
