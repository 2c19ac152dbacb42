import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { talkTo } from '../socket.js';
import { ALICE, BOB, loggedIn, startSmtp, type Setup } from './setup.js';

let setup: Setup;
beforeAll(async () => {
  setup = await startSmtp({ maxClients: 1000 });
});
afterAll(() => setup.bridge.close());

const verb = fc.constantFrom(
  ...[
    'EHLO x',
    'HELO',
    'AUTH',
    'AUTH LOGIN',
    'AUTH PLAIN AAAA',
    `MAIL FROM:<${ALICE}>`,
    'MAIL FROM:',
  ],
  ...[
    `RCPT TO:<${BOB}>`,
    'RCPT',
    'DATA',
    '.',
    'RSET',
    'VRFY',
    'HELP',
    'BDAT 1',
    'XCLIENT ADDR=1',
    '',
  ],
);
const line = fc.oneof(verb, fc.string({ unit: 'binary', maxLength: 300 }));

describe('the SMTP bridge with hostile peers', () => {
  it('answers the next one, whatever the last one said', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.boolean(), async (lines, hello) => {
        const talk = hello
          ? await loggedIn(setup.bridge.address)
          : await talkTo(setup.bridge.address);
        for (const each of lines) talk.say(each);
        talk.socket.end();
        await talk.ended();
        expect(talk.heard()).not.toMatch(/^(?!\d{3}[ -]).+$/m);
      }),
      { numRuns: 25 },
    );
    const next = await loggedIn(setup.bridge.address);
    expect(await next.ask('NOOP')).toMatch(/^250/);
    next.socket.destroy();
  });

  it('gives up on a line without an end, and on garbage without an end', async () => {
    const endless = await loggedIn(setup.bridge.address);
    endless.say('x'.repeat(20_000));
    expect(await endless.expect(/421 .*\r\n/)).toMatch(/too long/);
    const garbage = await loggedIn(setup.bridge.address);
    for (let i = 0; i < 1000; i++) garbage.say(`garbage ${i}`);
    expect(await garbage.expect(/421 .*\r\n/)).toMatch(/too many/);
    endless.socket.destroy();
    garbage.socket.destroy();
  });

  it('keeps nothing of a mail that never ends', async () => {
    const { bridge, client } = await startSmtp({ maxMailLength: 100_000 });
    const talk = await loggedIn(bridge.address);
    await talk.ask(`MAIL FROM:<${ALICE}>`);
    await talk.ask(`RCPT TO:<${BOB}>`);
    await talk.ask('DATA');
    const piece = `${'x'.repeat(998)}\r\n`.repeat(64);
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) {
      if (!talk.socket.write(piece)) await new Promise((go) => talk.socket.once('drain', go));
    }
    const after = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    expect(after - before).toBeLessThan(48 * 1024 * 1024);
    talk.say('.');
    expect(await talk.expect(/552 .*\r\n/)).toMatch(/^552 5\.3\.4/);
    expect(client.sent).toEqual([]);
    talk.socket.destroy();
    await bridge.close();
  });
});
