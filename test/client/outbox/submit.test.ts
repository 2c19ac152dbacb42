import { err, ok } from 'neverthrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../src/bytes/text.js';
import { concat } from '../../../src/bytes/writer.js';
import { prepareMail, type SubmitDeps } from '../../../src/client/outbox/submit.js';
import type { SendOptions } from '../../../src/client/types.js';
import { manualClock, seededRandom } from '../../../src/io/memory.js';
import { normaliseAddress } from '../../../src/mail/address.js';
import { NO_THREADS } from '../../../src/sanitise/policy.js';
import { smallGeometry } from '../../../src/sphinx/geometry.js';

const known = new Set(['bob@p2.test', 'carol@p1.test']);

const deps: SubmitDeps = {
  account: 'alice@p1.test',
  clock: manualClock(),
  random: seededRandom('submit'),
  geometry: smallGeometry(1000),
  limit: 20_000,
  sanitise: 'off',
  keyDiscovery: false,
  isProvider: () => true,
  threads: NO_THREADS,
  recipients: {
    get: (text) =>
      normaliseAddress(text).match(
        ({ address }) =>
          known.has(address)
            ? ok({ address, key: new Uint8Array(32), trust: { kind: 'given' } })
            : err({ kind: 'unknown-recipient', recipient: address }),
        () => err({ kind: 'bad-address', address: text }),
      ),
  },
};

const prepare = (options: Partial<SendOptions>) =>
  prepareMail(deps, { to: 'bob@p2.test', mail: utf8('Subject: x\r\n\r\nbody'), ...options });

const bytesOf = (options: Partial<SendOptions>): string =>
  fromUtf8(concat(...prepare(options)._unsafeUnwrap().payloads));

const refusal = (options: Partial<SendOptions>) => prepare(options)._unsafeUnwrapErr();

describe('a submitted mail', () => {
  it('goes to each recipient once, or to nobody', () => {
    const to = ['Bob <BOB@P2.test>', 'carol@p1.test', 'bob@p2.test'];
    const { recipients } = prepare({ to })._unsafeUnwrap();
    expect(recipients.map(({ address }) => address)).toEqual(['bob@p2.test', 'carol@p1.test']);
    expect(refusal({ to: ['bob@p2.test', 'eve@p1.test'] })).toEqual({
      kind: 'unknown-recipient',
      recipient: 'eve@p1.test',
    });
    expect(refusal({ to: 'no address' })).toEqual({ kind: 'bad-address', address: 'no address' });
    expect(refusal({ to: [] }).kind).toBe('bad-address');
  });

  it('keeps its body to the byte, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (body) => {
        const mail = concat(utf8('Subject: x\r\n\r\n'), body);
        const sent = concat(...prepare({ mail })._unsafeUnwrap().payloads);
        expect(sent.subarray(sent.length - body.length)).toEqual(body);
      }),
    );
  });

  it('gets a Date and a Message-ID where it has none, and only there', () => {
    const completed = bytesOf({});
    expect(completed).toMatch(/^Date: .*\r\nMessage-ID: <.*>\r\nSubject: x\r\n\r\nbody$/);
    expect(bytesOf({ mail: utf8(completed) })).toBe(completed);
  });

  it('loses its Bcc', () => {
    const mail = utf8('To: bob@p2.test\r\nbcc : eve@p1.test,\r\n dave@p1.test\r\nDate: x\r\n\r\n');
    expect(bytesOf({ mail })).not.toMatch(/bcc|eve|dave/i);
  });

  it('gets the end of its header where that is missing', () => {
    for (const mail of ['Subject: x', 'Subject: x\r\n', 'Subject: x\r\n\r\n']) {
      expect(bytesOf({ mail: utf8(mail) })).toMatch(/\r\nSubject: x\r\n\r\n$/);
    }
  });

  it('may not use names of the network', () => {
    for (const header of ['X-Katzenpost-Sender', 'x-katzenpost-sender', 'X-KATZENPOST-Other']) {
      const mail = utf8(`Subject: x\r\n${header} : eve\r\n\r\n`);
      expect(refusal({ mail })).toEqual({ kind: 'forbidden-header', header });
    }
  });

  it('says by its header whether it wants acknowledgements, unless the caller does', () => {
    const mail = (value: string) => utf8(`X-Katzenpost-Unreliable: ${value}\r\n\r\n`);
    expect(prepare({})._unsafeUnwrap().reliable).toBe(true);
    expect(prepare({ mail: mail('TRUE') })._unsafeUnwrap().reliable).toBe(false);
    expect(prepare({ mail: mail('false') })._unsafeUnwrap().reliable).toBe(true);
    expect(prepare({ reliability: 'none' })._unsafeUnwrap().reliable).toBe(false);
    expect(
      prepare({ mail: mail('true'), reliability: 'acknowledged' })._unsafeUnwrap().reliable,
    ).toBe(true);
    expect(refusal({ mail: mail('maybe') }).kind).toBe('forbidden-header');
  });

  it('leaves in the normal form that the account wants', () => {
    const mail = utf8(
      'From: root@leaky\nX-Katzenpost-Unreliable: true\nX-Mailer: m\n' +
        'Content-Type: text/plain; format=flowed\n\none \ntwo\n',
    );
    const sent = (changes: Partial<SubmitDeps>): string => {
      const prepared = prepareMail({ ...deps, ...changes }, { to: 'bob@p2.test', mail });
      return fromUtf8(concat(...prepared._unsafeUnwrap().payloads));
    };
    expect(sent({ sanitise: 'off' })).toContain('X-Mailer');
    expect(sent({ sanitise: 'headers' })).toMatch(/^From: alice@p1\.test\r\n[^]*one \ntwo\n$/);
    expect(sent({ sanitise: 'full' })).toMatch(/X-Katzenpost-Unreliable: true\r\n\r\none two\r\n$/);
    const broken = utf8('Content-Type: multipart/mixed\n\nx');
    const full = (unsanitisable: 'refuse' | 'send') =>
      prepareMail(
        { ...deps, sanitise: 'full', sanitising: { unsanitisable } },
        { to: 'bob@p2.test', mail: broken },
      );
    expect(full('refuse')._unsafeUnwrapErr()).toMatchObject({
      kind: 'unsanitisable',
      problem: 'no-boundary',
    });
    expect(full('send').isOk()).toBe(true);
  });

  it('must be a mail, and not too large', () => {
    for (const mail of ['', ' x: y\r\n\r\n', 'no colon\r\n\r\n']) {
      expect(refusal({ mail: utf8(mail) }).kind).toBe('bad-mail');
    }
    const mail = concat(utf8('Subject: x\r\n\r\n'), new Uint8Array(20_000));
    expect(refusal({ mail })).toMatchObject({ kind: 'mail-too-large', limit: 20_000 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        prepare({ mail: bytes });
      }),
    );
  });

  it('may be a draft', () => {
    const mail = bytesOf({ mail: { subject: 'Grüße', text: 'hello' } });
    expect(mail).toMatch(/^From: alice@p1\.test\r\nTo: bob@p2\.test\r\nSubject: =\?/);
    expect(mail).toContain('hello');
  });

  it('is cut into full blocks', () => {
    const mail = concat(utf8('Subject: x\r\n\r\n'), new Uint8Array(5000));
    const { payloads } = prepare({ mail })._unsafeUnwrap();
    expect(new Set(payloads.slice(0, -1).map(({ length }) => length)).size).toBe(1);
  });
});
