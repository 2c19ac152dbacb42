/**
 * Services: what a provider answers by itself, each a recipient like a user.
 *
 * Source: server kaetzchen; replies are `01 00`, the answer, and zeros up to a whole payload.
 * @module
 */
import { ok } from 'neverthrow';
import { fromUtf8, toBase64, utf8 } from '../../src/bytes/text.js';
import { unpadded, Writer } from '../../src/bytes/writer.js';
import type { SphinxGeometry } from '../../src/sphinx/geometry.js';
import type { Users } from './contracts.js';

export interface Service {
  /** Name in the descriptor. */
  readonly capability: string;
  /** Recipient of its requests, 1 to 64 bytes, lower case. */
  readonly endpoint: string;
  /**
   * Answers one request (its zero padding included); only asked when a reply can be sent.
   *
   * @returns `undefined` when there is no answer now
   */
  answer(request: Uint8Array): Uint8Array | Promise<Uint8Array | undefined>;
}

/** Sends back nothing: a loop's packet returns to its maker, a drop's ends here. */
export const loopService: Service = {
  capability: 'loop',
  endpoint: '+loop',
  answer: () => new Uint8Array(0),
};

const STATUS = { ok: 0, syntax: 1, noSuchUser: 2 } as const;

/** Versions that a query may name; numbers may be written as texts. */
const VERSIONS: readonly unknown[] = [undefined, null, 0, '0'];

const isQuery = (value: unknown): value is { User?: unknown; Version?: unknown } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((name) => name === 'User' || name === 'Version');

/** The user whom a query to the key server asks for; `undefined` for anything but a query. */
export const queriedUser = (request: Uint8Array): string | undefined => {
  let query: unknown;
  try {
    query = JSON.parse(fromUtf8(unpadded(request)));
  } catch {
    return undefined;
  }
  if (!isQuery(query) || !VERSIONS.includes(query.Version)) return undefined;
  const { User: user = '' } = query;
  return typeof user === 'string' ? user : undefined;
};

/** Tells users' identity keys; an unknown user and one without a key look the same. */
export const keyService = (users: Pick<Users, 'find'>): Service => ({
  capability: 'keyserver',
  endpoint: '+keyserver',
  answer: async (request) => {
    const user = queriedUser(request);
    const found = user === undefined ? ok(undefined) : await users.find(user);
    if (found.isErr()) return undefined;
    const key = found.value?.identityKey;
    const failure = user === undefined ? STATUS.syntax : STATUS.noSuchUser;
    return utf8(
      JSON.stringify({
        PublicKey: key ? toBase64(key) : '',
        StatusCode: key ? STATUS.ok : failure,
        User: user ?? '',
        Version: 0,
      }),
    );
  },
});

const REPLY_MARK = 1;

/** A reply's whole payload; `undefined` when the answer does not fit. */
export const encodeReply = (
  { payloadLength, plaintextHeaderLength }: SphinxGeometry,
  answer: Uint8Array,
): Uint8Array | undefined =>
  answer.length > payloadLength - plaintextHeaderLength
    ? undefined
    : new Writer(payloadLength)
        .u8(REPLY_MARK)
        .u8(0)
        .padded(answer, payloadLength - plaintextHeaderLength)
        .done();
