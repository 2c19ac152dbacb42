/** `postern explain` and `postern filter` as people run them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { corpusPath, shapeOf } from '../../sanitise/support.js';
import { run } from './run.js';

const corpus = (name: string): string => readFileSync(corpusPath(name), 'utf8');
const SEEDED = ['--seed', '1'];

describe('filter', () => {
  it('makes one shape of what programs write, and of its own output the same again', async () => {
    const programs = ['thunderbird', 'kmail', 'claws', 'outlook', 'applemail', 'gmail'];
    const shapes = new Set<string>();
    for (const program of programs) {
      const { code, out } = await run(['filter', ...SEEDED], {
        input: corpus(`${program}.new.eml`),
      });
      expect(code).toBe(0);
      shapes.add(shapeOf(out.join('')));
      const again = await run(['filter', ...SEEDED], { input: out.join('') });
      expect(again.out).toEqual(out);
    }
    expect(shapes.size).toBe(1);
  });

  it('takes its policy from the command line', async () => {
    const input = 'From: Alice <alice@leaky.test>\nReply-To: a@p1.test\nUser-Agent: x\n\nhi\n';
    const flags = ['--from', 'alice@p1.test', '--name', 'A. Nonymous', '--keep', 'Reply-To'];
    const { out } = await run(['filter', ...SEEDED, ...flags, '--date-step', '1d'], { input });
    expect(out.join('')).toBe(
      'From: "A. Nonymous" <alice@p1.test>\r\n' +
        'Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n' +
        /Message-ID: .*\r\n/.exec(out.join(''))![0] +
        'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Transfer-Encoding: 7bit\r\nReply-To: a@p1.test\r\n\r\nhi\r\n',
    );
  });

  it('refuses what it would break, and what is no mail', async () => {
    const input = 'Content-Type: multipart/mixed\n\nx';
    const refused = await run(['filter'], { input });
    expect(refused).toMatchObject({ code: 1, out: [] });
    expect(refused.err.join()).toBe(
      'postern: the mail cannot be sanitised without breaking it: nothing tells its parts apart',
    );
    expect((await run(['filter', '--send-anyway'], { input })).code).toBe(0);
    expect((await run(['filter'], { input: '' })).code).toBe(1);
    expect((await run(['filter', '--mode', 'off'], { input })).code).toBe(2);
  });
});

describe('explain', () => {
  it('shows before, after and each leak that is gone', async () => {
    const { code, out } = await run(['explain', ...SEEDED], { input: corpus('outlook.new.eml') });
    expect(code).toBe(0);
    const text = out.join('\n');
    expect(text).toMatch(/^before:\n {2}From: "Alice Example"/);
    expect(text).toContain('\nafter:\n  From: Alice Example <alice@p1.test>\n  To: bob@p2.test\n');
    expect(text).toContain('\ntaken out:\n');
    expect(text).toContain('  the header X-Mailer: Microsoft Outlook 16.0\n');
    expect(text).toContain('  to shows your address book: "\'Bob Builder\'" <bob@p2.test>\n');
    expect(text).not.toContain('still told:');
  });

  it('exits 3 where something stays, and says it as JSON', async () => {
    const input = [
      'Content-Type: text/html\n',
      'On Fri, 20 Nov 2026 22:26:14 +0900, Bob wrote:<br>',
      '<img src="http://tracker.test/1.gif"> /home/alice/x',
      'Sent from my iPhone',
    ].join('\n');
    const { code, out, err } = await run(['explain', '--json'], { input });
    expect(code).toBe(3);
    const { left } = JSON.parse(out[0]!) as { left: { kind: string }[] };
    const kinds = ['path', 'device-line', 'remote-content'];
    expect(left.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
    expect(err.join()).toMatch(/^postern: \d leaks could not be removed$/);
  });

  it('shows nothing that moves the cursor', async () => {
    const input = 'Subject: a\u001b[2Jb\nX-A: \u0007\n\nx';
    const { out } = await run(['explain'], { input });
    expect(out.join('\n')).not.toMatch(/[\u0007\u001b]/);
  });
});
