/**
 * Mail programs that cannot be run here, by their public habits: how they spell header fields,
 * encode text and names, draw boundaries and wrap signatures.
 */
const ME = 'alice@p1.test';
const b64 = (bytes, width = 76) =>
  Buffer.from(bytes)
    .toString('base64')
    .replace(new RegExp(`.{${width}}`, 'g'), '$&\n');

const qp = (text, lower = false) =>
  text
    .split('\n')
    .map((line) => {
      const units = [...Buffer.from(line)].map((byte, at, all) => {
        const blank = (byte === 32 || byte === 9) && at === all.length - 1;
        if (byte >= 32 && byte < 127 && byte !== 61 && !blank) return String.fromCharCode(byte);
        const hex = byte.toString(16).padStart(2, '0');
        return `=${lower ? hex : hex.toUpperCase()}`;
      });
      let row = '';
      const rows = [];
      for (const unit of units) {
        if (row.length + unit.length > 72) {
          rows.push(`${row}=`);
          row = '';
        }
        row += unit;
      }
      return [...rows, row].join('\n');
    })
    .join('\n');

const latin9 = (text) =>
  Buffer.from([...text].map((char) => (char === '€' ? 0xa4 : char.codePointAt(0))));
const latinQp = (text) =>
  [...latin9(text)]
    .map((byte) =>
      byte === 10 || (byte >= 32 && byte < 127 && byte !== 61)
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

const wordB = (text, charset = 'UTF-8') =>
  `=?${charset}?B?${Buffer.from(text).toString('base64')}?=`;
const wordQ = (text, charset = 'utf-8') =>
  `=?${charset}?Q?${[...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      if (char === ' ') return '_';
      return /[A-Za-z0-9:]/.test(char) ? char : `=${byte.toString(16).toUpperCase()}`;
    })
    .join('')}?=`;
const wordsQ = (text) =>
  text
    .split(' ')
    .map((word) => (/^[\x20-\x7e]+$/.test(word) ? word : wordQ(word)))
    .join(' ');
const pct = (text) => encodeURIComponent(text).replace(/'/g, '%27');

/** In the words of a program's user interface. */
const subjectOf = (kind, reply) =>
  kind.parent === undefined ? kind.subject : kind.subject.replace(/^Re:/, reply);

const mixed = (boundary, preamble, parts) =>
  `${preamble}--${boundary}\n${parts.join(`\n--${boundary}\n`)}\n--${boundary}--\n`;

/**
 * A mail of a program.
 *
 * @param style - `head(kind)`: lines; `text(kind)`: fields and body of its text; `file(file)`: those
 * of a file; `boundary`, `preamble`, `signature`: the rest
 */
const program = (style) => (kind, sign) => {
  const head = style.head(kind).join('\n');
  const thread = kind.parent === undefined ? '' : style.thread(kind.parent);
  const text = style.text(kind);
  if (kind.signed === true) {
    const entity = (style.signedEntity?.(text) ?? text).replace(/\n/g, '\r\n');
    const signature = `${style.signature ?? 'Content-Type: application/pgp-signature; name="signature.asc"\nContent-Description: OpenPGP digital signature'}\n\n${sign(entity)}`;
    return `${head}\n${thread}${style.signedType ?? `Content-Type: multipart/signed; micalg="pgp-sha256"; protocol="application/pgp-signature"; boundary="${style.boundary}"`}\n${style.version}\n\n${mixed(style.boundary, style.preamble ?? '', [entity, signature])}`;
  }
  if (kind.files.length === 0) return `${head}\n${thread}${style.version}\n${text}`;
  const parts = [text, ...kind.files.map(style.file), ...(style.extra ?? [])];
  return `${head}\n${thread}${style.version}\nContent-Type: multipart/mixed;\n boundary="${style.boundary}"\n${style.top ?? ''}\n${mixed(style.boundary, style.preamble ?? '', parts)}`;
};

const both = (parent) => `In-Reply-To: ${parent}\nReferences: ${parent}\n`;

export const HAND = {
  thunderbird: program({
    version: 'MIME-Version: 1.0',
    thread: (parent) => `References: ${parent}\nIn-Reply-To: ${parent}\n`,
    head: (kind) => [
      'Message-ID: <b1a7f7a2-6a0c-4c2e-9b7d-2f1f0b6c9d11@p1.test>',
      'Date: Fri, 20 Nov 2026 22:26:14 +0900',
      'User-Agent: Mozilla Thunderbird',
      `Subject: ${subjectOf(kind, 'Re:')
        .split(' ')
        .map((w) => (/[^\x20-\x7e]/.test(w) ? wordQ(w, 'UTF-8') : w))
        .join(' ')}`,
      'Content-Language: de-DE',
      'To: Bob Builder <bob@p2.test>',
      `From: Alice Example <${ME}>`,
      'X-Mozilla-Draft-Info: internal/draft; vcard=0; receipt=0; DSN=0; uuencode=0; attachmentreminder=0',
    ],
    text: (kind) =>
      `Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 8bit\n\n${kind.text.replace(/^ /gm, '  ').replace(/^From /gm, ' From ')}`,
    file: ({ name, content }) =>
      `Content-Type: image/png; name="${wordB(name)}"\nContent-Disposition: attachment; filename*=UTF-8''${pct(name)}\nContent-Transfer-Encoding: base64\n\n${b64(content, 72)}`,
    boundary: '------------0kJ0yN3p8x9vN2c0aB1dE4fG',
    preamble: 'This is a multi-part message in MIME format.\n',
    signedEntity: (text) =>
      `Content-Type: multipart/mixed; boundary="------------Xy7aZ0pQ2m";\n protected-headers="v1"\nFrom: Alice Example <${ME}>\nTo: Bob Builder <bob@p2.test>\nMessage-ID: <b1a7f7a2-6a0c-4c2e-9b7d-2f1f0b6c9d11@p1.test>\n\n--------------Xy7aZ0pQ2m\n${text}\n--------------Xy7aZ0pQ2m--\n`,
    signature:
      'Content-Type: application/pgp-signature; name="OpenPGP_signature.asc"\nContent-Description: OpenPGP digital signature\nContent-Disposition: attachment; filename="OpenPGP_signature.asc"',
  }),
  kmail: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      `From: Alice Example <${ME}>`,
      'To: Bob Builder <bob@p2.test>',
      `Subject: ${wordB(subjectOf(kind, 'Re:'))}`,
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      'Message-ID: <4715862.LvFx2qVVIh@leaky-host>',
      'Organization: Example & Sons',
      'X-KMail-Identity: 1208112342',
    ],
    text: (kind) =>
      `Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset="utf-8"\n\n${qp(kind.text)}`,
    file: ({ name, content }) =>
      `Content-Disposition: attachment; filename*0*=UTF-8''${pct(name).slice(0, 9)}; filename*1*=${pct(name).slice(9)}\nContent-Transfer-Encoding: base64\nContent-Type: image/png; name="${name}"\n\n${b64(content)}`,
    boundary: 'nextPart3054261.e9J7NaK4W3',
    preamble: 'This is a multi-part message in MIME format.\n\n',
    signature:
      'Content-Type: application/pgp-signature; name="signature.asc"\nContent-Description: This is a digitally signed message part.\nContent-Transfer-Encoding: 7Bit',
  }),
  evolution: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      'Message-ID: <f3c2b1a0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4.camel@p1.test>',
      `Subject: ${wordQ(subjectOf(kind, 'AW:'))}`,
      `From: Alice Example <${ME}>`,
      'To: Bob <bob@p2.test>',
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      'Organization: Example',
      'User-Agent: Evolution 3.46.4-2 ',
      'X-Evolution-Identity: 7a6f0d',
    ],
    text: (kind) =>
      `Content-Type: text/plain; charset="ISO-8859-15"\nContent-Transfer-Encoding: quoted-printable\n\n${latinQp(kind.text)}`,
    file: ({ name, content }) =>
      `Content-Type: image/png; name="${wordQ(name, 'UTF-8')}"\nContent-Disposition: attachment; filename*=UTF-8''${pct(name)}\nContent-Transfer-Encoding: base64\n\n${b64(content)}`,
    boundary: '=-/8s0r7G2e5KJ+o2cH9sB',
  }),
  claws: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      `From: Alice Example <${ME}>`,
      'To: "Bob (work)" <bob@p2.test>',
      `Subject: ${wordB(subjectOf(kind, 'Re:'))}`,
      'Message-ID: <20261120142614.5c1d2f3e@leaky-host>',
      'X-Mailer: Claws Mail 4.1.1 (GTK 3.24.38; x86_64-pc-linux-gnu)',
    ],
    text: (kind) =>
      `Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n${kind.text.replace(/^>$/gm, '> ')}`,
    file: ({ name, content }) =>
      `Content-Type: image/png\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="${wordB(name)}"\n\n${b64(content)}`,
    boundary: 'MP_/Zp8wG1vP=ZrR1lDxS7oKcQe',
    signature:
      'Content-Type: application/pgp-signature\nContent-Description: OpenPGP digital signature',
  }),
  outlook: program({
    version: 'MIME-Version: 1.0',
    thread: (parent) =>
      `References: ${parent}\nIn-Reply-To: ${parent}\nThread-Index: AQGk3n2b7Q==\n`,
    head: (kind) => [
      `From: "Alice Example" <${ME}>`,
      'To: "\'Bob Builder\'" <bob@p2.test>',
      `Subject: ${wordQ(subjectOf(kind, 'AW:'), 'iso-8859-1')
        .replace(/=C3=BC/g, '=FC')
        .replace(/=C3=9F/g, '=DF')}`,
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      'Message-ID: <000001da1bcd$5a3f2c10$0ebd8430$@p1.test>',
      'X-Mailer: Microsoft Outlook 16.0',
      'Thread-Topic: =?iso-8859-1?Q?Gr=FC=DFe?=',
      'Content-Language: de',
      'X-MS-Has-Attach: ',
      'Importance: Normal',
    ],
    text: (kind) =>
      `Content-Type: text/plain;\n\tcharset="utf-8"\nContent-Transfer-Encoding: base64\n\n${b64(kind.text.replace(/\n/g, '\r\n'))}\n`,
    file: ({ name, content }) =>
      `Content-Type: image/png;\n\tname="${wordQ(name)}"\nContent-Description: ${wordQ(name)}\nContent-Disposition: attachment;\n\tfilename="${wordQ(name)}"; size=69;\n\tcreation-date="Fri, 20 Nov 2026 13:20:00 GMT";\n\tmodification-date="Fri, 20 Nov 2026 13:20:00 GMT"\nContent-Transfer-Encoding: base64\n\n${b64(content)}\n`,
    boundary: '----=_NextPart_000_0001_01DA1BCD.5A3F2C10',
    preamble: 'This is a multipart message in MIME format.\n\n',
  }),
  applemail: program({
    version: 'Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.200.91.1.1\\))',
    thread: both,
    head: (kind) => [
      `From: Alice Example <${ME}>`,
      `Subject: ${wordsQ(subjectOf(kind, 'Re:'))}`,
      'Message-Id: <6D2B9C1F-7E1A-4C39-9C6E-0D7A2F1B5E44@p1.test>',
      'Date: Fri, 20 Nov 2026 22:26:14 +0900',
      'To: Bob Builder <bob@p2.test>',
      'X-Mailer: Apple Mail (2.3774.200.91.1.1)',
    ],
    text: (kind) =>
      `Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain;\n\tcharset=utf-8\n\n${qp(`${kind.text}\n`)}`,
    file: ({ name, content }) =>
      `Content-Disposition: inline;\n\tfilename*=utf-8''${pct(name.normalize('NFC'))}\nContent-Type: image/png;\n\tx-unix-mode=0644;\n\tname="${wordQ(name)}"\nContent-Transfer-Encoding: base64\n\n${b64(content)}`,
    extra: ['Content-Transfer-Encoding: 7bit\nContent-Type: text/plain;\n\tcharset=us-ascii\n\n\n'],
    boundary: 'Apple-Mail=_8A3C2E70-5B52-4D1E-8C6F-3E7A7E2A1B9D',
  }),
  gmail: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      'Received: by mail-ej1-f41.example with SMTP id a640c23a62f3a-9fa1; Fri, 20 Nov 2026 05:26:14 -0800 (PST)',
      'X-Gm-Message-State: AOJu0Yx',
      `From: Alice Example <${ME}>`,
      'Date: Fri, 20 Nov 2026 14:26:01 +0100',
      'Message-ID: <CAKx3vO=7gq1S2tW9y@mail.example>',
      `Subject: ${wordB(subjectOf(kind, 'Re:'))}`,
      'To: Bob Builder <bob@p2.test>',
    ],
    text: (kind) =>
      `Content-Type: text/plain; charset="UTF-8"\nContent-Transfer-Encoding: base64\n\n${b64(kind.text.replace(/\n/g, '\r\n'))}\n`,
    file: ({ name, content }) =>
      `Content-Type: image/png; name="${wordB(name)}"\nContent-Disposition: attachment; filename="${wordB(name)}"\nContent-Transfer-Encoding: base64\nContent-ID: <f_lp7xq0>\nX-Attachment-Id: f_lp7xq0\n\n${b64(content)}`,
    boundary: '000000000000a1b2c3060a9d8e7f',
  }),
  k9: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      `From: Alice Example <${ME}>`,
      'To: bob@p2.test',
      `Subject: ${wordQ(subjectOf(kind, '回复：'), 'UTF-8')}`,
      'User-Agent: K-9 Mail for Android',
      'Message-ID: <7F2C9B1E-4D3A-4E8F-A1B2-C3D4E5F60718@p1.test>',
      'Autocrypt: addr=alice@p1.test; keydata=\n mDMEZVtqxhYJKwYBBAHaRw8BAQdA',
    ],
    text: (kind) =>
      `Content-Type: text/plain;\n charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${qp(kind.text)}`,
    file: ({ name, content }) =>
      `Content-Type: image/png;\n name="${wordQ(name, 'UTF-8')}"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment;\n filename*=UTF-8''${pct(name)};\n size=69\n\n${b64(content)}`,
    boundary: '----K6V7Q0Y2ZB1S5C8H9D3F4G',
    top: 'Content-Transfer-Encoding: 7bit\n',
  }),
  aerc: program({
    version: 'Mime-Version: 1.0',
    thread: both,
    head: (kind) => [
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      'Message-Id: <CV5J0Z2QW0T7.1RB3E6F0J2P4A@leaky-host>',
      `Subject: ${wordQ(subjectOf(kind, 'Re:'))}`,
      `From: "Alice Example" <${ME}>`,
      'To: "Bob" <bob@p2.test>',
      'X-Mailer: aerc 0.14.0',
    ],
    text: (kind) =>
      `Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=UTF-8\n\n${qp(kind.text)}`,
    file: ({ name, content }) =>
      `Content-Transfer-Encoding: base64\nContent-Type: image/png; name="${wordQ(name)}"\nContent-Disposition: attachment; filename="${wordQ(name)}"\n\n${b64(content)}`,
    boundary: '3f1c2d4e5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b',
  }),
  alot: program({
    version: 'MIME-Version: 1.0',
    thread: both,
    head: (kind) => [
      `Subject: ${wordB(subjectOf(kind, 'Sv:'), 'utf-8')}`,
      `From: Alice Example <${ME}>`,
      'To: "Builder, Bob" <bob@p2.test>',
      'Date: Fri, 20 Nov 2026 14:26:14 +0100',
      'Message-ID: <169900.3452.1@leaky-host>',
      'User-Agent: alot/0.10',
    ],
    text: (kind) =>
      `Content-Type: text/plain; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: quoted-printable\n\n${qp(kind.text)}`.replace(
        /^(.*)\nMIME-Version: 1.0/,
        kind.files.length > 0 || kind.signed === true ? '$&' : '$1',
      ),
    file: ({ name, content }) =>
      `Content-Type: image/png\nMIME-Version: 1.0\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename="${wordB(name, 'utf-8')}"\n\n${b64(content)}`,
    boundary: '===============3735928559123456789==',
  }),
};
