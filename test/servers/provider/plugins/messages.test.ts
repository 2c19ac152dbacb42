import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/bytes/text.js';
import { encodeCbor } from '../../../../src/pki/cbor.js';
import {
  decodePluginAnswer,
  decodePluginParameters,
  encodePluginRequest,
} from '../../../../servers/provider/plugins/messages.js';
import { hex } from '../../../support/bytes.js';

const PAYLOAD = '675061796c6f6164';

describe('what a plug-in is asked', () => {
  it('has the bytes of the reference', () => {
    const request = { id: 5, payload: utf8('hi'), hasSurb: true };
    const expected = hex(
      `a3 62 4944 05 ${PAYLOAD} 42 6869 67 48617353555242 f5`.replaceAll(' ', ''),
    );
    expect(encodePluginRequest(request)).toEqual(expected);
    const silent = encodePluginRequest({ ...request, hasSurb: false });
    expect(silent).toEqual(Uint8Array.of(...expected.slice(0, -1), 0xf4));
  });
});

describe('what a plug-in answers', () => {
  it.each([
    ['bytes', `a1 ${PAYLOAD} 43 616263`, utf8('abc')],
    ['nothing', `a1 ${PAYLOAD} 40`, new Uint8Array(0)],
    ['null, which Go writes for nothing', `a1 ${PAYLOAD} f6`, new Uint8Array(0)],
    [
      'lengths that are longer than need be',
      `b80178 07 ${PAYLOAD.slice(2)} 5803 616263`,
      utf8('abc'),
    ],
    ['a map without a length', `bf ${PAYLOAD} 43 616263 ff`, utf8('abc')],
    ['more than is asked', `a2 ${PAYLOAD} 4161 6158 05`, utf8('a')],
    ['a text', `a1 ${PAYLOAD} 6161`, undefined],
    ['no map', '4161', undefined],
    ['something behind', `a1 ${PAYLOAD} 4161 00`, undefined],
    ['half of it', `a1 ${PAYLOAD} 4361`, undefined],
    ['two payloads', `a2 ${PAYLOAD} 4161 ${PAYLOAD} 4161`, undefined],
    ['no bytes at all', '', undefined],
  ])('may be %s', (_, bytes, expected) => {
    expect(decodePluginAnswer(hex(bytes.replaceAll(' ', '')))).toEqual(expected);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const answer = decodePluginAnswer(bytes);
        expect(answer === undefined || answer instanceof Uint8Array).toBe(true);
      }),
    );
  });
});

describe('what a plug-in publishes', () => {
  it('is texts, but not where it is reached', () => {
    const said = encodeCbor(
      new Map([
        ['price', 'none'],
        ['endpoint', '+elsewhere'],
      ]),
    );
    expect(decodePluginParameters(said)).toEqual(new Map([['price', 'none']]));
    expect(decodePluginParameters(encodeCbor(new Map()))).toEqual(new Map());
    expect(decodePluginParameters(encodeCbor(new Map([['price', 5]])))).toBeUndefined();
    expect(decodePluginParameters(encodeCbor(new Map([['', 'x']])))).toBeUndefined();
    expect(decodePluginParameters(utf8('what?'))).toBeUndefined();
  });
});
