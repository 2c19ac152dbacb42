import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAuthenticate, encodeAuthenticate } from '../../src/wire/authenticate.js';
import { hex, repeated, toHex } from '../support/bytes.js';
import { referenceVectors } from '../support/vectors.js';

interface AuthenticateVectors {
  readonly initiator: { readonly additional_data: string };
  readonly responder: { readonly additional_data: string };
  readonly initiator_auth_plaintext: string;
  readonly responder_auth_plaintext: string;
}

const vectors = referenceVectors<AuthenticateVectors>('wire_handshake_v1.json');
const time = Number.parseInt(vectors.responder_auth_plaintext.slice(-8), 16);

describe('authenticate messages', () => {
  it.each([
    [vectors.initiator.additional_data, 0, vectors.initiator_auth_plaintext],
    [vectors.responder.additional_data, time, vectors.responder_auth_plaintext],
  ])('equal the reference: %s', (ad, unixTime, plaintext) => {
    const message = { ad: hex(ad), unixTime };
    expect(toHex(encodeAuthenticate(message))).toBe(plaintext);
    expect(decodeAuthenticate(hex(plaintext))._unsafeUnwrap()).toEqual(message);
  });

  it('carry 0 to 255 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), fc.nat(0xffff_ffff), (ad, unixTime) => {
        const wire = encodeAuthenticate({ ad, unixTime });
        expect(wire).toHaveLength(260);
        expect(decodeAuthenticate(wire)._unsafeUnwrap()).toEqual({ ad, unixTime });
      }),
    );
    expect(() => encodeAuthenticate({ ad: repeated(1, 256), unixTime: 0 })).toThrow(RangeError);
  });

  it('may be padded with anything', () => {
    const wire = repeated(0xff, 260);
    wire[0] = 3;
    const read = decodeAuthenticate(wire)._unsafeUnwrap();
    expect(read).toEqual({ ad: repeated(0xff, 3), unixTime: 0xffff_ffff });
  });

  it('of another size are refused', () => {
    expect(decodeAuthenticate(new Uint8Array(259)).isErr()).toBe(true);
    expect(decodeAuthenticate(new Uint8Array(261)).isErr()).toBe(true);
  });
});
