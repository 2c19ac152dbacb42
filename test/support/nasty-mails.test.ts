import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { program } from '../bridges/programs.js';
import { withDirectory } from './directory.js';
import { bodyHash, nastyMails, SIGNED_FIXTURES } from './nasty-mails.js';

const mailOf = (name: string): Uint8Array => {
  const found = nastyMails.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no mail ${name}`);
  return found.mail;
};

const fixture = (name: string): string => fileURLToPath(new URL(name, SIGNED_FIXTURES));

/** The signed part, between the first two boundaries, and the armoured signature. */
const partsOf = (mail: Uint8Array): readonly string[] =>
  Buffer.from(mail).toString('latin1').split('\r\n--=-pgp').slice(1, 3);

describe('the nasty mails', () => {
  it('are thirty or more, of all forms, each with its own body or name', () => {
    expect(nastyMails.length).toBeGreaterThanOrEqual(30);
    expect(new Set(nastyMails.map(({ name }) => name)).size).toBe(nastyMails.length);
    expect(new Set(nastyMails.map(({ form }) => form))).toEqual(new Set(['lines', 'open', 'bare']));
    expect(new Set(nastyMails.map(({ mail }) => bodyHash(mail))).size).toBeGreaterThan(27);
  });

  it.runIf(program('openssl'))('hold an S/MIME signature that verifies', () =>
    withDirectory(async (directory) => {
      writeFileSync(`${directory}/mail`, mailOf('S/MIME signed'));
      const verify = ['smime', '-verify', '-CAfile', fixture('smime.pem'), '-out', '/dev/null'];
      execFileSync('openssl', [...verify, '-in', `${directory}/mail`], { stdio: 'pipe' });
    }),
  );

  it.runIf(program('gpg'))('hold a PGP/MIME signature that verifies', () =>
    withDirectory(async (directory) => {
      const [part = '', signature = ''] = partsOf(mailOf('PGP/MIME signed'));
      writeFileSync(`${directory}/part`, part.slice(2), 'latin1');
      writeFileSync(`${directory}/part.asc`, signature.slice(signature.indexOf('-----')));
      const gpg = (...parameters: readonly string[]): unknown =>
        execFileSync('gpg', ['--homedir', directory, '--batch', ...parameters], { stdio: 'pipe' });
      gpg('--no-autostart', '--import', fixture('pgp.asc'));
      gpg('--no-autostart', '--verify', `${directory}/part.asc`, `${directory}/part`);
    }),
  );
});
