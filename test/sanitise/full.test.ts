/** Mode full: the body's normal form, HS-9 to HS-15 and HS-20. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, toBase64, toHex, utf8 } from '../../src/bytes/text.js';
import { concat } from '../../src/bytes/writer.js';
import { type Entity, fileNameOf, readEntity } from '../../src/mail/entity.js';
import { splitMail } from '../../src/mail/header.js';
import { decodeTransfer } from '../../src/mail/transfer-decode.js';
import { sanitise } from '../../src/sanitise/sanitise.js';
import { clean, cleanText, corpusOf, FULL, KINDS, makerOf, shapeOf } from './support.js';

const textOf = (head: string, body: string): string => cleanText(`${head}\n\n${body}`);
const PLAIN = 'Content-Type: text/plain; charset=utf-8';

const multi = (subtype: string, parts: readonly string[], parameters = ''): string =>
  `Content-Type: multipart/${subtype}; boundary=b${parameters}\n\npreamble\n` +
  `${parts.map((part) => `--b\n${part}\n`).join('')}--b--\nepilogue\n`;
const html = (text: string): string => `Content-Type: text/html\n\n${text}`;
const file = (head: string, content: string): string => `${head}\n\n${content}`;

const contentOf = ({ body, encoding }: Entity): string => fromUtf8(decodeTransfer(body, encoding)!);

describe('text', () => {
  it.each([
    ['quoted-printable', 'h=C3=A4=\nh\n'],
    ['base64', toBase64(utf8('häh\r\n\r\n\r\n'))],
    ['8bit', 'häh'],
    ['8bit', 'häh\r\n\r\n \r\n'],
  ])('is the same out of %s', (encoding, body) => {
    const text = textOf(`${PLAIN}\nContent-Transfer-Encoding: ${encoding}`, body);
    expect(text).toMatch(/Content-Transfer-Encoding: 8bit\r\n\r\nhäh\r\n$/);
  });

  it('is joined where flowed text was cut, and keeps its quotations', () => {
    const flowed = `${PLAIN}; format=flowed`;
    const body = 'one \ntwo \n\n stuffed\n> a \n> b\n>> c\n-- \nme';
    expect(textOf(flowed, body)).toContain(
      '\r\n\r\none two \r\nstuffed\r\n> a b\r\n>> c\r\n-- \r\nme\r\n',
    );
    expect(textOf(`${flowed}; delsp=yes`, 'on \ne \n  two')).toContain('\r\n\r\none two\r\n');
    expect(textOf(flowed, body)).not.toContain('flowed');
  });

  it('goes as quoted-printable where lines are long, and never as base64', () => {
    const text = textOf(PLAIN, 'ü'.repeat(2000));
    expect(text).toContain('Content-Transfer-Encoding: quoted-printable');
    expect(text.endsWith('\r\n')).toBe(true);
    for (const line of text.split('\r\n')) expect(line.length).toBeLessThan(77);
  });

  it('keeps spaces, tabs, dots and From', () => {
    const body = ' a \n\tb\n.\n..\nFrom c\n> \n';
    expect(textOf(PLAIN, body)).toMatch(/\r\n\r\n a \r\n\tb\r\n\.\r\n\.\.\r\nFrom c\r\n>\r\n$/);
  });

  it('stays in a charset that nobody knows', () => {
    const { leaks, mail } = clean(
      concat(utf8('Content-Type: text/plain; charset=X-Odd\n\n'), Uint8Array.of(0xff, 0x0a)),
    );
    expect(leaks).toEqual([{ kind: 'charset', part: '', charset: 'X-Odd'.toLowerCase() }]);
    expect([...splitMail(mail).body]).toEqual([0xff, 0x0a]);
    expect(fromUtf8(mail)).toContain('Content-Type: text/plain; charset=x-odd\r\n');
  });

  it('is not taken for ASCII where its charset has a name that is none', () => {
    const { mail } = clean('Content-Type: text/plain; charset="odd: name"\n\ntext\n');
    expect(fromUtf8(mail)).toContain('Content-Type: text/plain; charset=unknown-8bit\r\n');
    expect(clean(mail).mail).toEqual(mail);
  });
});

describe('structure', () => {
  const png = 'Content-Type: image/png; name="a.png"\nContent-Transfer-Encoding: base64';

  it('has our boundaries, no preamble and no needless level', () => {
    const inner = multi('mixed', [`${PLAIN}\n\ntext`, `${PLAIN}\n\n\n`])
      .replaceAll('--b', '--inner')
      .replace('=b', '=inner');
    const one = cleanText(multi('mixed', [inner, file(png, 'AAAA')]));
    const two = cleanText(multi('mixed', [`${PLAIN}\n\ntext\n`, file(png, 'AAAA')]));
    expect(one).toBe(two);
    expect(one).not.toMatch(/preamble|epilogue| name="a/);
    expect(one).toMatch(/boundary="=_[0-9a-f]{32}"/);
    expect(cleanText(multi('mixed', [`${PLAIN}\n\ntext`]))).toBe(textOf(PLAIN, 'text'));
  });

  it('wraps a file that is the whole mail', () => {
    const { parts, type } = readEntity(clean(file(png, 'AAAA')).mail)._unsafeUnwrap();
    expect(type.value).toBe('multipart/mixed');
    expect(parts.map(({ encoding }) => encoding)).toEqual(['base64']);
  });

  it('keeps files to the byte, and of their fields the name without its folders', () => {
    const disposition =
      'Content-Disposition: attachment; size=3; filename="C:\\\\Users\\\\me\\\\a\\"b.bin"; creation-date="x"';
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    const part = `Content-Type: application/x-odd; x-mac-type=1\n${disposition}\nContent-Transfer-Encoding: base64\nContent-Description: x`;
    const { mail, leaks } = clean(multi('mixed', [`${PLAIN}\n\nx`, file(part, toBase64(bytes))]));
    const sent = readEntity(mail)._unsafeUnwrap().parts[1]!;
    expect(toHex(decodeTransfer(sent.body, 'base64')!)).toBe(toHex(bytes));
    expect(fileNameOf(sent)).toBe('a"b.bin');
    expect(fromUtf8(mail)).not.toMatch(/x-mac|creation|size=|Description|Users/);
    expect(leaks).toEqual([]);
  });

  it('renames the files that HTML speaks of, and only those', () => {
    const image = (id: string) => file(`${png}\nContent-ID: <${id}>`, 'AAAA');
    const text = html('<img src="cid:part1%2E2@leaky"><img src=\'CID:x\'>');
    const { mail, leaks } = clean(
      multi('related', [text, image('part1.2@leaky'), image('unused@leaky')], '; type=x'),
    );
    const sent = fromUtf8(mail);
    expect(sent).not.toContain('leaky');
    const [, id = ''] = /Content-ID: <(.*)>/.exec(sent) ?? [];
    expect(sent).toContain(`<img src="cid:${id}">`);
    expect(sent).toContain('multipart/related;\r\n type="text/html";');
    expect(sent.match(/Content-ID/g)).toHaveLength(1);
    expect(leaks).toEqual([]);
  });

  it('leaves a mail within the mail as it is, and says so', () => {
    const inner = 'Content-Type: message/rfc822\n\nX-Mailer: other\n\nbody';
    const { mail, leaks } = clean(multi('mixed', [`${PLAIN}\n\nx`, inner]));
    expect(fromUtf8(mail)).toContain('X-Mailer: other\r\n\r\nbody');
    expect(leaks).toEqual([{ kind: 'attached-mail', part: '2' }]);
  });

  it('refuses what would break, or sends it with its header cleaned', () => {
    const odd = `X-Mailer: m\n${PLAIN}\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n`;
    expect(sanitise(utf8(odd), FULL, makerOf())._unsafeUnwrapErr()).toEqual({
      kind: 'unsanitisable',
      part: '',
      problem: 'transfer-encoding',
    });
    const sent = clean(odd, { ...FULL, unsanitisable: 'send' });
    expect(fromUtf8(sent.mail)).toMatch(/encoding: x-uuencode\r\n\r\nbegin 644 a\n$/i);
    expect(fromUtf8(sent.mail)).not.toContain('X-Mailer');
    expect(sent.leaks[0]).toMatchObject({ kind: 'body-untouched', problem: 'transfer-encoding' });
    const part = multi('mixed', [
      `${PLAIN}\n\nx`,
      `${PLAIN}\nContent-Transfer-Encoding: base64\n\n*`,
    ]);
    expect(sanitise(utf8(part), FULL, makerOf())._unsafeUnwrapErr()).toMatchObject({ part: '2' });
  });

  it('can take out what cameras write', () => {
    const start = Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, 8, 0x45, 0x78, 0x69, 0x66, 0, 0);
    const jpeg = concat(start, Uint8Array.of(0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9));
    const mail = file(png.replace('png', 'jpeg'), toBase64(jpeg));
    expect(clean(mail).leaks).toEqual([{ kind: 'file-metadata', part: '1', format: 'jpeg' }]);
    const stripped = clean(mail, { ...FULL, images: 'strip' });
    expect(stripped.leaks).toEqual([]);
    const [part] = readEntity(stripped.mail)._unsafeUnwrap().parts;
    expect(toHex(decodeTransfer(part!.body, 'base64')!)).toBe('ffd8ffda0002010203ffd9');
  });
});

describe('signed and encrypted', () => {
  const armour = (name: string, body: string) =>
    `-----BEGIN PGP ${name}-----\r\nVersion: GnuPG v2\r\nComment: leaky\r\nCharset: utf-8\r\n\r\n${body}\r\n-----END PGP ${name}-----\r\n`;

  it('keeps a clear signature to the byte but for the names in its armour', () => {
    const text = 'Häl \r\n- -----BEGIN PGP MESSAGE-----\r\nVersion: mine\r\n\r\n\r\n';
    const signed = `-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n${text}`;
    const body = `${signed}${armour('SIGNATURE', 'AAAA\r\n=AAAA')}`;
    const { mail, leaks } = clean(`${PLAIN}; format=flowed\n\n${body}`);
    const sent = fromUtf8(splitMail(mail).body);
    expect(sent).toBe(body.replace('Version: GnuPG v2\r\nComment: leaky\r\n', ''));
    expect(fromUtf8(mail)).toContain('charset=utf-8; format=flowed\r\n');
    expect(leaks).toEqual([]);
    const quoted = clean(`${PLAIN}\nContent-Transfer-Encoding: base64\n\n${toBase64(utf8(body))}`);
    const again = decodeTransfer(splitMail(quoted.mail).body, 'quoted-printable')!;
    expect(fromUtf8(again)).toBe(sent);
  });

  it.each([
    [
      'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x',
      'pre\n--x\n\n1\n--x--\npost\n',
    ],
    ['multipart/signed; micalg=pgp-sha1; boundary="x y"', '--x y\nno header\n--x y--'],
    ['multipart/signed; boundary=none', 'odd \r\n\n\rx'],
  ])('keeps %s to the byte', (type, body) => {
    const { mail } = clean(`User-Agent: x\nContent-Type: ${type}\n\n${body}`);
    expect(fromUtf8(splitMail(mail).body)).toBe(body);
    const nested = clean(multi('mixed', [`${PLAIN}\n\nx`, `Content-Type: ${type}\n\n${body}`]));
    expect(fromUtf8(nested.mail)).toContain(`\r\n\r\n${body}\r\n--=_`);
  });

  it('keeps S/MIME to the byte, under one name', () => {
    const head =
      'Content-Type: application/x-pkcs7-mime; smime-type=enveloped-data; name="leaky.p7m"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=leaky.p7m';
    const { mail } = clean(`${head}\n\nMIAG\nCSqG\n`);
    expect(fromUtf8(splitMail(mail).body)).toBe('MIAG\nCSqG\n');
    expect(fromUtf8(mail)).not.toContain('leaky');
    expect(fromUtf8(mail)).toContain('smime-type="enveloped-data";\r\n name="smime.p7m"\r\n');
  });

  it('says what it could not take out', () => {
    const signature = armour('SIGNATURE', 'AAAA');
    const { leaks } = clean(
      multi('signed', [
        `${PLAIN}\nX-Program: p\n\nx`,
        `Content-Type: application/pgp-signature\n\n${signature}`,
      ]),
    );
    expect(leaks.map(({ kind }) => kind)).toEqual(['boundary', 'part-header', 'armour', 'armour']);
  });
});

describe('any mail', () => {
  const seeds = KINDS.flatMap((kind) => [...corpusOf(kind).values()]);
  const mutated = fc
    .tuple(
      fc.nat(seeds.length - 1),
      fc.array(fc.tuple(fc.nat(4000), fc.uint8Array({ maxLength: 6 }), fc.nat(40)), {
        maxLength: 5,
      }),
    )
    .map(([at, changes]) =>
      changes.reduce(
        (mail, [place, insert, gone]) =>
          concat(mail.subarray(0, place), insert, mail.subarray(place + gone)),
        seeds[at]!,
      ),
    );
  /** Beside what other letters and long lines need: tokens, fields and boundaries of our own. */
  const FIXED_GROWTH = 2000;

  it('throws nothing, comes out of itself again, and grows no more than encodings need', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 400 })), (mail) => {
        for (const unsanitisable of ['refuse', 'send'] as const) {
          const policy = { ...FULL, unsanitisable };
          const once = sanitise(mail, policy, makerOf());
          if (once.isErr()) continue;
          const twice = sanitise(once.value.mail, policy, makerOf());
          expect(shapeOf(twice._unsafeUnwrap().mail)).toBe(shapeOf(once.value.mail));
          expect(toHex(twice._unsafeUnwrap().mail)).toBe(toHex(once.value.mail));
          expect(once.value.mail.length).toBeLessThan(4 * mail.length + FIXED_GROWTH);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('keeps what it says', () => {
    const { parts } = readEntity(corpusOf('attachment').get('mutt')!)._unsafeUnwrap();
    const sent = readEntity(clean(corpusOf('attachment').get('mutt')!).mail)._unsafeUnwrap().parts;
    expect(sent.map(contentOf)[1]).toBe(parts.map(contentOf)[1]);
  });
});
