/**
 * Writes test/sanitise/corpus: the same four mails as sixteen mail programs write them.
 *
 * Run by hand, never by tests, where mutt, neomutt, s-nail, swaks, python3 and gpg are installed:
 * node scripts/sanitise-corpus.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { HAND } from './sanitise-corpus-hand.mjs';

const OUT = new URL('../test/sanitise/corpus/', import.meta.url).pathname;
const HERE = mkdtempSync(join(tmpdir(), 'corpus-'));
const GNUPGHOME = join(HERE, 'gnupg');
mkdirSync(GNUPGHOME, { mode: 0o700 });
const ENV = {
  ...process.env,
  GNUPGHOME,
  TERM: 'xterm',
  HOSTNAME: 'leaky-host',
  USER: 'leaky-user',
  HOME: HERE,
  TZ: 'Asia/Tokyo',
  LC_ALL: 'C.UTF-8',
};
const ME = 'alice@p1.test';
const YOU = 'bob@p2.test';

const OPTIONS = { env: ENV, cwd: HERE, maxBuffer: 1e8, stdio: ['pipe', 'pipe', 'ignore'] };

/** Runs a program on a host of another name. */
const run = (program, args, input) =>
  execFileSync(
    'unshare',
    ['--uts', 'sh', '-c', 'hostname leaky-host && exec "$@"', 'sh', program, ...args],
    { ...OPTIONS, input },
  );

run('gpg', ['--batch', '--passphrase', '', '--quick-gen-key', ME, 'ed25519', 'sign', 'never']);
writeFileSync(join(OUT, 'alice.asc'), run('gpg', ['--armor', '--no-emit-version', '--export', ME]));

/** A clean picture of one pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
  'base64',
);
const FILE = 'Übersicht.png';
writeFileSync(join(HERE, FILE), PNG);

const SUBJECT = 'Grüße aus dem Süden';
const NEW = [
  'Hallo Bob,',
  '',
  'der Entwurf ist fertig; 20 € fehlen noch.',
  'From here on nothing has changed.',
  '.',
  '  schöne Grüße',
  'Alice',
  '',
].join('\n');
const REPLY = [
  'Einverstanden.',
  '',
  'Bob:',
  '> Hallo Alice,',
  '>',
  '> bis Montag, schönen Gruß.',
  '',
].join('\n');
const PARENT = '<5f1d7c84a2b90e3366c1f0d29ab8e471@anonymous.invalid>';

export const KINDS = {
  new: { subject: SUBJECT, text: NEW, files: [] },
  reply: { subject: `Re: ${SUBJECT}`, text: REPLY, files: [], parent: PARENT },
  attachment: { subject: SUBJECT, text: NEW, files: [{ name: FILE, content: PNG }] },
  signed: { subject: SUBJECT, text: NEW, files: [], signed: true },
};

/** A detached signature over an entity, as the program would have it made. */
const sign = (entity) =>
  run('gpg', ['--batch', '--armor', '--detach-sign', '--digest-algo', 'SHA256', '-u', ME], entity)
    .toString()
    .replace(/\n/g, '\r\n');

const crlf = (text) => Buffer.from(text.toString('utf8').replace(/\r?\n/g, '\r\n'));

/** A mail program that hands its mail to a sendmail: what it hands over. */
const caught = (program, args, input) => {
  const out = join(HERE, 'out');
  rmSync(out, { force: true });
  writeFileSync(join(HERE, 'sendmail'), `#!/bin/sh\ncat > ${out}\n`, { mode: 0o755 });
  run(program, args, input);
  return readFileSync(out);
};

const muttLike = (program) => (kind) => {
  // They sign only where somebody sits at them.
  if (kind.signed === true) return undefined;
  const set = [
    `sendmail=${join(HERE, 'sendmail')}`,
    `from="Alice Example <${ME}>"`,
    'copy=no',
    'use_from=yes',
    'charset=utf-8',
  ];
  const rc = join(HERE, 'muttrc');
  const own =
    kind.parent === undefined
      ? []
      : [`my_hdr In-Reply-To: ${kind.parent}`, `my_hdr References: ${kind.parent}`];
  writeFileSync(rc, [...set.map((each) => `set ${each}`), ...own, ''].join('\n'));
  const files = kind.files.flatMap(({ name }) => ['-a', join(HERE, name)]);
  const to = kind.files.length > 0 ? ['--', YOU] : [YOU];
  return caught(program, ['-F', rc, '-s', kind.subject, ...files, ...to], kind.text);
};

const snail = (kind) => {
  if (kind.signed === true) return undefined;
  const set = [
    ...['-:/', '-Sv15-compat', `-Smta=${join(HERE, 'sendmail')}`, `-Sfrom=Alice Example <${ME}>`],
    ...['-Sttycharset=utf-8', '-Ssendcharsets=utf-8', '-Smime-encoding=quoted-printable'],
  ];
  const own =
    kind.parent === undefined ? '' : `In-Reply-To: ${kind.parent}\nReferences: ${kind.parent}\n`;
  const files = kind.files.flatMap(({ name }) => ['-a', `${join(HERE, name)}`]);
  const input = `To: ${YOU}\nSubject: ${kind.subject}\n${own}\n${kind.text}`;
  return caught('s-nail', [...set, ...files, '-t'], input);
};

const swaks = (kind) => {
  if (kind.signed === true) return undefined;
  const own =
    kind.parent === undefined
      ? []
      : [
          '--add-header',
          `In-Reply-To: ${kind.parent}`,
          '--add-header',
          `References: ${kind.parent}`,
        ];
  const files = kind.files.flatMap(({ name }) => [
    ...['--attach-type', 'image/png', '--attach-name', name, '--attach', `@${join(HERE, name)}`],
  ]);
  const body =
    kind.files.length > 0
      ? ['--attach-type', 'text/plain; charset=utf-8', '--attach-body', kind.text]
      : ['--body', kind.text];
  const type =
    kind.files.length > 0
      ? []
      : [
          '--add-header',
          'MIME-Version: 1.0',
          '--add-header',
          'Content-Type: text/plain; charset=utf-8',
          '--add-header',
          'Content-Transfer-Encoding: 8bit',
        ];
  const args = [
    ...['--dump-mail', '--from', ME, '--to', YOU, '--server', '127.0.0.1'],
    ...['--h-From', `"Alice Example" <${ME}>`, '--h-Subject', encoded(kind.subject)],
    ...type,
    ...own,
    ...body,
    ...files,
  ];
  // It shows the mail with the dots that SMTP wants.
  return Buffer.from(run('swaks', args).toString().replace(/^\./gm, ''));
};

const encoded = (text) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

const PYTHON = `
import sys, json, base64
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from email import policy
kind = json.load(sys.stdin)
m = EmailMessage()
m['Subject'] = kind['subject']
m['From'] = 'Alice Example <alice@p1.test>'
m['To'] = 'bob@p2.test'
m['Date'] = formatdate(localtime=True)
m['Message-ID'] = make_msgid()
if 'parent' in kind:
    m['In-Reply-To'] = kind['parent']
    m['References'] = kind['parent']
m.set_content(kind['text'])
for f in kind['files']:
    m.add_attachment(base64.b64decode(f['base64']), maintype='image', subtype='png', filename=f['name'])
sys.stdout.buffer.write(m.as_bytes(policy=policy.SMTP))
`;

const python = (kind) => {
  if (kind.signed === true) return undefined;
  const files = kind.files.map(({ name, content }) => ({
    name,
    base64: content.toString('base64'),
  }));
  return run('python3', ['-c', PYTHON], JSON.stringify({ ...kind, files }));
};

const nodemail = async (kind) => {
  if (kind.signed === true) return undefined;
  const transport = nodemailer.createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
  });
  const { message } = await transport.sendMail({
    from: `Alice Example <${ME}>`,
    to: YOU,
    subject: kind.subject,
    text: kind.text,
    ...(kind.parent === undefined ? {} : { inReplyTo: kind.parent, references: kind.parent }),
    attachments: kind.files.map(({ name, content }) => ({ filename: name, content })),
  });
  return message;
};

const REAL = {
  mutt: muttLike('mutt'),
  neomutt: muttLike('neomutt'),
  's-nail': snail,
  swaks,
  python,
  nodemailer: nodemail,
};

/** Programs that sign nothing by themselves: what they make goes through gpg, in a script's way. */
const scripted = (name) => {
  const entity = crlf(
    `Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n${Buffer.from(
      NEW,
    )
      .toString('base64')
      .replace(/.{76}/g, '$&\n')}`,
  );
  const boundary = `${name}-1234567890`;
  return Buffer.concat([
    crlf(
      `From: Alice Example <${ME}>\nTo: ${YOU}\nSubject: ${encoded(SUBJECT)}\nX-Mailer: ${name}\n` +
        `MIME-Version: 1.0\nContent-Type: multipart/signed; boundary=${boundary};\n` +
        ` micalg=PGP-SHA256; protocol=application/pgp-signature\n\n--${boundary}\n`,
    ),
    entity,
    crlf(`\n--${boundary}\nContent-Type: application/pgp-signature; name="signature.asc"\n\n`),
    Buffer.from(sign(entity)),
    crlf(`\n--${boundary}--\n`),
  ]);
};

for (const [kindName, kind] of Object.entries(KINDS)) {
  for (const [program, write] of Object.entries(REAL)) {
    const mail = (await write(kind)) ?? scripted(program);
    writeFileSync(join(OUT, `${program}.${kindName}.eml`), mail);
  }
  for (const [program, write] of Object.entries(HAND)) {
    writeFileSync(join(OUT, `${program}.${kindName}.eml`), crlf(write(kind, sign)));
  }
}
rmSync(HERE, { recursive: true, force: true });
