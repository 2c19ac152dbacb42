/**
 * Mails that did not come in blocks: reports made here, and mails from elsewhere that were received
 * before.
 * @module
 */
import { concat, Writer } from '../../bytes/writer.js';
import type { Primitives } from '../../crypto/primitives.js';
import { readHead } from '../../mail/header.js';
import { changesOnly, type Step } from '../step.js';
import { endsLine, messageIdIn } from './delivery.js';
import type { HeldMail, Mails } from './mails.js';
import { putPart } from './reassembly.js';
import { MAIL_ID_LENGTH } from './records.js';

/** They are cut into parts of this length. */
const PART_LENGTH = 64 * 1024;

export interface WholeMail {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly senderKey?: Uint8Array | undefined;
}

/** The id of a mail from elsewhere: the same for the same bytes and number. */
export const restoredId = ({ hash }: Primitives, bytes: Uint8Array, copy: number): Uint8Array => {
  const named = concat(new Writer(4).u32(copy).done(), hash.sha512_256(bytes));
  return hash.sha512_256(named).slice(0, MAIL_ID_LENGTH);
};

/** Its own Message-ID; `undefined` where it has none. */
export const messageIdOf = (bytes: Uint8Array): string | undefined =>
  readHead(bytes).map(messageIdIn).unwrapOr(undefined);

/** Takes a whole mail in, behind all others. */
export const addWhole = (
  mails: Mails,
  { id, bytes, senderKey }: WholeMail,
  receivedAt: number,
): { readonly mail: HeldMail; readonly steps: readonly Step[] } => {
  const parts = cut(bytes);
  const added = mails.add(id, {
    receivedAt,
    senderKey,
    prefix: new Uint8Array(),
    parts: parts.length,
    size: bytes.length,
    openEnd: !endsLine(bytes),
  });
  const puts = parts.map((payload, index) => putPart(id, { index, payload }));
  return { mail: added.mail, steps: [added, changesOnly(puts)] };
};

const cut = (bytes: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / PART_LENGTH) }, (_, index) =>
    bytes.subarray(index * PART_LENGTH, (index + 1) * PART_LENGTH),
  );
