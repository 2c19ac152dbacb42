/**
 * Sealed submissions: a mail that only whoever can open the stores can read.
 *
 * Layout: one Noise N message (80 bytes) to the store's key, whose payload is a key of 32 bytes; then
 * ChaCha20-Poly1305 under that key over the record, padded as records of the store are. Nobody is
 * authenticated: whoever may write into the directory is the account's owner.
 * @module
 */
import { err, ok, type Result } from 'neverthrow';
import { parse, type ParseError, type Reader } from '../../bytes/reader.js';
import { fromUtf8, utf8 } from '../../bytes/text.js';
import { concat, Writer } from '../../bytes/writer.js';
import { N, type NoiseError, startHandshake } from '../../crypto/noise.js';
import type { Primitives } from '../../crypto/primitives.js';
import type { Random } from '../../io/contracts.js';
import { stepFor } from '../../store/sealed.js';

const PROTOCOL_NAME = 'Noise_N_25519_ChaChaPoly_SHA256';
const PROLOGUE = utf8('postern submission 1');
const KEY_LENGTH = 32;
const TAG_LENGTH = 16;
/** Ephemeral key, sealed file key. */
const HEAD_LENGTH = 32 + KEY_LENGTH + TAG_LENGTH;
/** The key is used once. */
const NONCE = new Uint8Array(12);
const NOTHING = new Uint8Array();

export interface SealDeps {
  readonly primitives: Primitives;
  readonly random: Random;
}

/** A mail with its envelope. */
export interface Submission {
  readonly account: string;
  readonly to: readonly string[];
  /** RFC 5322 bytes with CRLF line ends. */
  readonly mail: Uint8Array;
}

export type OpenSubmissionError = NoiseError | ParseError | { readonly kind: 'broken' };

/** The X25519 secret of a submit box (32 bytes), which follows from what opens the stores. */
export const boxSecretOf = (primitives: Primitives, storageKey: Uint8Array): Uint8Array =>
  primitives.hkdfExpand(storageKey, utf8('postern submit box'), KEY_LENGTH);

/** @param boxKey - X25519, 32 bytes; a low-order point throws */
export const sealSubmission = (
  { primitives, random }: SealDeps,
  submission: Submission,
  boxKey: Uint8Array,
): Uint8Array => {
  const handshake = startHandshake({
    primitives,
    random,
    pattern: N,
    protocolName: PROTOCOL_NAME,
    prologue: PROLOGUE,
    initiator: true,
    remoteStatic: boxKey,
  });
  const key = random(KEY_LENGTH);
  const head = handshake.write(key.slice());
  handshake.wipe();
  return concat(head, primitives.aead.seal(key, NONCE, NOTHING, encode(submission)));
};

/** Any bytes may come in. @errors `noise`, `broken`: not for us, or changed; others: no submission */
export const openSubmission = (
  { primitives, random }: SealDeps,
  sealed: Uint8Array,
  secret: Uint8Array,
): Result<Submission, OpenSubmissionError> => {
  const handshake = startHandshake({
    primitives,
    random,
    pattern: N,
    protocolName: PROTOCOL_NAME,
    prologue: PROLOGUE,
    initiator: false,
    static: secret,
  });
  const key = handshake.read(sealed.subarray(0, HEAD_LENGTH));
  handshake.wipe();
  return key
    .mapErr((error): OpenSubmissionError => error)
    .andThen((found) => openRecord(primitives, found, sealed.subarray(HEAD_LENGTH)))
    .andThen((record) => parse(record, decode));
};

const openRecord = (
  { aead }: Primitives,
  key: Uint8Array,
  sealed: Uint8Array,
): Result<Uint8Array, OpenSubmissionError> => {
  const isPossible = key.length === KEY_LENGTH && sealed.length >= TAG_LENGTH;
  const record = isPossible ? aead.open(key, NONCE, NOTHING, sealed) : undefined;
  return record === undefined ? err({ kind: 'broken' }) : ok(record);
};

const encode = ({ account, to, mail }: Submission): Uint8Array => {
  const [owner, recipients] = [utf8(account), to.map(utf8)];
  const names = recipients.reduce((sum, each) => sum + 2 + each.length, 0);
  const length = 2 + owner.length + 2 + names + 4 + mail.length;
  const overhead = HEAD_LENGTH + TAG_LENGTH;
  const writer = new Writer(stepFor(length + overhead) - overhead);
  writer.u16(owner.length).bytes(owner).u16(recipients.length);
  for (const each of recipients) writer.u16(each.length).bytes(each);
  writer.u32(mail.length).bytes(mail);
  return writer.zeros(writer.remaining).done();
};

const decode = (from: Reader): Submission => {
  const account = text(from, 'account');
  const count = from.u16('recipients');
  const to = Array.from({ length: count }, () => text(from, 'recipient'));
  const mail = from.take(from.u32('mail_length'), 'mail').slice();
  from.zeros(from.remaining, 'padding');
  return { account, to, mail };
};

const text = (from: Reader, field: string): string =>
  fromUtf8(from.take(from.u16(`${field}_length`), field));
