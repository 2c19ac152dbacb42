/** Sixteen mail programs, one shape. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toHex } from '../../src/bytes/text.js';
import { splitMail } from '../../src/mail/header.js';
import { readEntity } from '../../src/mail/entity.js';
import { program } from '../bridges/programs.js';
import {
  ALICE,
  clean,
  cleanText,
  corpusOf,
  corpusPath,
  FULL,
  HEADERS,
  KINDS,
  shapeOf,
} from './support.js';

const LEAKS =
  /leaky|0900|0100|mutt|mailer|user-agent|thunderbird|outlook|apple|_nmp|mime_bound|next|x-/i;

describe.each(['new', 'reply', 'attachment'] as const)('the corpus: %s', (kind) => {
  const mails = corpusOf(kind);

  it('has one shape, whatever program wrote it', () => {
    expect(mails.size).toBeGreaterThanOrEqual(14);
    for (const [name, mail] of mails) {
      expect.soft(cleanText(mail), name).toBe(cleanText(mails.get('kmail')!));
    }
  });

  it('tells nothing, and comes out of itself again', () => {
    for (const [name, mail] of mails) {
      const { mail: once, leaks } = clean(mail);
      expect.soft(leaks, name).toEqual([]);
      expect.soft(fromUtf8(splitMail(once).head), name).not.toMatch(LEAKS);
      expect.soft(toHex(clean(once).mail), name).toBe(toHex(once));
    }
  });

  it('keeps its body in mode headers', () => {
    for (const [name, mail] of mails) {
      const { body } = splitMail(clean(mail, HEADERS).mail);
      expect.soft(toHex(body), name).toBe(toHex(splitMail(mail).body));
    }
  });
});

describe('the corpus: signed', () => {
  const mails = corpusOf('signed');

  it('has one header, and the body to the byte', () => {
    for (const policy of [FULL, HEADERS]) {
      const heads = new Set<string>();
      for (const [name, mail] of mails) {
        const once = clean(mail, policy).mail;
        const { head, body } = splitMail(once);
        expect.soft(toHex(body), name).toBe(toHex(splitMail(mail).body));
        // The boundary stands in the signed body; whether that has wide letters shows too.
        const shape = shapeOf(head).replace(/boundary="[^"]*"/, 'boundary="B"');
        heads.add(shape.replace('Content-Transfer-Encoding: 8bit\r\n', ''));
        expect.soft(toHex(clean(once, policy).mail), name).toBe(toHex(once));
      }
      expect([...heads]).toHaveLength(1);
    }
  });

  it.skipIf(program('gpg') === undefined)('verifies, before and after', () => {
    const home = mkdtempSync(join(tmpdir(), 'postern-gpg-'));
    const env = { ...process.env, GNUPGHOME: home };
    const gpg = (...args: string[]): void =>
      void execFileSync('gpg', ['--batch', '--quiet', ...args], { env, stdio: 'ignore' });
    try {
      gpg('--import', corpusPath('alice.asc'));
      for (const mail of [...mails.values()].flatMap((each) => [each, clean(each).mail])) {
        const [signed, signature] = readEntity(mail)._unsafeUnwrap().parts;
        const headLength = signed!.lines.reduce((sum, { raw }) => sum + raw.length, 0) + 2;
        const start = signed!.bodyStart - headLength;
        const end = signed!.bodyStart + signed!.body.length;
        writeFileSync(join(home, 'part'), mail.subarray(start, end));
        writeFileSync(join(home, 'sig'), signature!.body);
        gpg('--verify', join(home, 'sig'), join(home, 'part'));
      }
    } finally {
      execFileSync('gpgconf', ['--kill', 'all'], { env });
      rmSync(home, { recursive: true });
    }
  });
});

describe('a mail without its dress', () => {
  it('is addressed by the account alone', () => {
    for (const kind of KINDS) {
      for (const mail of corpusOf(kind).values()) {
        const text = cleanText(mail);
        expect(text).toMatch(`From: Alice Example <${ALICE}>\r\nTo: bob@p2.test\r\nSubject: `);
      }
    }
  });
});
