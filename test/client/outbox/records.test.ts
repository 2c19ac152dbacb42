/** The record of a mail to be sent, as former versions wrote it and with a path. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatAll } from '../../../src/bytes/writer.js';
import { utf8 } from '../../../src/bytes/text.js';
import {
  decodeMessageRecord,
  encodeOutboxRecord,
  type OutboxRecord,
} from '../../../src/client/outbox/records.js';
import { pattern, repeated } from '../../support/bytes.js';

const RECIPIENT = 'bob@p2.test';

describe('the record of a mail to be sent', () => {
  it('is read as former versions wrote it, and written so where no path is', () => {
    const numbers = [
      [0, 0, 0, 0, 0, 0, 0, 7],
      [1],
      [0, 0, 0, 0, 0, 0, 1, 0],
      [0, 0, 0, 0, 0, 0, 2, 0],
      [0, 3],
    ];
    const former = concatAll([
      ...numbers.map((bytes) => Uint8Array.from(bytes)),
      repeated(5, 16),
      repeated(6, 32),
      utf8(RECIPIENT),
    ]);
    const { record } = decodeMessageRecord(former)._unsafeUnwrap();
    expect(record).toEqual({
      ...{ sequence: 7, reliable: true, acceptedAt: 256, bounceAt: 512, total: 3 },
      ...{ bodyId: repeated(5, 16), holdsBody: false, recipientKey: repeated(6, 32) },
      ...{ recipient: RECIPIENT, path: undefined },
    });
    expect(encodeOutboxRecord(record)).toEqual(former);
  });

  it('keeps a path beside all else', () => {
    const body = pattern(40);
    fc.assert(
      fc.property(
        fc.constantFrom(undefined, 'mix1,?,*', 'mélange,~2'),
        fc.boolean(),
        fc.boolean(),
        (path, isWaiting, holdsBody) => {
          const record: OutboxRecord = {
            ...{ sequence: 1, reliable: false, acceptedAt: 2, bounceAt: 3, total: 1 },
            ...{ bodyId: pattern(16), holdsBody, recipient: RECIPIENT, path },
            recipientKey: isWaiting ? undefined : repeated(9, 32),
          };
          const read = decodeMessageRecord(
            encodeOutboxRecord(record, holdsBody ? body : undefined),
          );
          expect(read._unsafeUnwrap()).toEqual({ record, body: holdsBody ? body : undefined });
        },
      ),
    );
  });
});
